"""One party, field by field. Whatever a field holds, nothing is raised: what cannot be understood becomes a doubt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final, NamedTuple

from guanxi.parties.normalisation.calendar_dates import NO_DATE, read_date
from guanxi.parties.normalisation.characters import folded, has_chinese
from guanxi.parties.normalisation.chinese_addresses import Address
from guanxi.parties.normalisation.chinese_names import ChineseName, parse_chinese_name, parse_parts
from guanxi.parties.normalisation.company_names import CompanyName, looks_like_company, parse_company_name
from guanxi.parties.normalisation.divisions import province_name
from guanxi.parties.normalisation.doubts import is_one_character, says_nothing
from guanxi.parties.normalisation.email_addresses import read_emails
from guanxi.parties.normalisation.identity_documents import Document, read_document
from guanxi.parties.normalisation.latin_names import LatinName, parse_latin_name, parse_latin_parts
from guanxi.parties.normalisation.phone_numbers import read_phones
from guanxi.parties.normalisation.postal_addresses import read_address
from guanxi.parties.normalisation.record import FEMALE, MALE, ORGANISATION, PERSON, NormalisedParty, RawParty
from guanxi.parties.normalisation.romanisations import name_keys, surname_keys

_GENDERS: Final = {
    "m": MALE, "male": MALE, "man": MALE, "男": MALE, "男性": MALE, "1": MALE, "muz": MALE, "muž": MALE,
    "f": FEMALE, "female": FEMALE, "woman": FEMALE, "女": FEMALE, "女性": FEMALE, "2": FEMALE, "žena": FEMALE,
    "zena": FEMALE,
}  # fmt: skip
_UNSAID: Final = frozenset(("", "0", "9", "u", "x", "other", "未说明"))  # 0 and 9 are unknown and unsaid in GB/T 2261.1


_ORGANISATIONS: Final = frozenset(
    ("organisation", "organization", "company", "corporate", "企业", "公司", "机构", "对公", "单位")
)
_SHORTEST_COMPANY: Final = 4


class _Common(NamedTuple):
    """What people and organisations have alike."""

    documents: tuple[Document, ...]
    identifiers: tuple[str, ...]
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    email_keys: tuple[str, ...]
    address: Address


class _Name(NamedTuple):
    """A person's name: in Chinese characters if the source has them, in Latin letters too if it has those."""

    chinese: ChineseName | None
    latin: LatinName | None


def normalise(raw: RawParty) -> NormalisedParty:
    """`raw` in the form in which parties are compared."""
    doubts: list[str] = []
    organisation = _is_organisation(raw)
    common = _common(raw, doubts, organisation=organisation)
    return _organisation(raw, common, doubts) if organisation else _person(raw, common, doubts)


def _is_organisation(raw: RawParty) -> bool:
    if raw.kind:
        return raw.kind.lower() in _ORGANISATIONS
    if len(raw.name) < _SHORTEST_COMPANY or raw.surname or raw.given_name:
        return False
    return looks_like_company(raw.name)


def _common(raw: RawParty, doubts: list[str], *, organisation: bool) -> _Common:
    documents = tuple(read_document(each, organisation=organisation) for each in raw.documents)
    phones = [read_phones(each, raw.country) for each in raw.phones]
    emails = [read_emails(each) for each in raw.emails]
    address = read_address(raw)
    for field, found in (("documents", documents), ("phones", phones), ("emails", emails), ("address", (address,))):
        for each in found:
            if each.doubts:
                _note(doubts, field, each.doubts)
    return _Common(
        documents,
        _once([each.identifiers for each in documents]),
        _once([each.numbers for each in phones]),
        _once([each.addresses for each in emails]),
        _once([each.keys for each in emails]),
        address,
    )


def _once(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """All of `lists` in order, each once."""
    if len(lists) == 1:
        return lists[0]
    return tuple(dict.fromkeys(chain.from_iterable(lists))) if lists else ()


def _note(doubts: list[str], field: str, reasons: Iterable[str]) -> None:
    doubts.extend(f"{field}: {why}" for why in reasons)


def _organisation(raw: RawParty, common: _Common, doubts: list[str]) -> NormalisedParty:
    company = CompanyName()
    if _says_something(raw.name, "name", doubts):
        company = parse_company_name(raw.name)
        _note(doubts, "name", company.doubts)
    latin = parse_company_name(raw.latin_name).name if raw.latin_name else ""
    founded = read_date(raw.birth_date, raw.date_order)
    _note(doubts, "birth_date", founded.doubts)
    return NormalisedParty(
        kind=ORGANISATION,
        name=company.name,
        latin_name=latin,
        name_pinyin=company.pinyin,
        former_names=tuple(parse_company_name(each).name for each in raw.former_names),
        birth_date=founded.iso,
        identifiers=common.identifiers,
        phones=common.phones,
        emails=common.emails,
        email_keys=common.email_keys,
        division=common.address.division,
        region=common.address.region or province_name(company.division),
        address_words=common.address.words,
        postcode=common.address.postcode,
        company_core=company.core,
        legal_form=company.legal_form,
        company_branch=company.branch,
        doubts=tuple(doubts),
    )


def _person(raw: RawParty, common: _Common, doubts: list[str]) -> NormalisedParty:
    chinese, latin = _names(raw, doubts)
    main = chinese or latin
    gender = _gender(raw, main, common, doubts)
    birth_date = _birth_date(raw, common, doubts)
    former = main.former_names if main else ()
    if raw.former_names:
        former = _once((former, tuple(filter(None, map(_plain_name, raw.former_names)))))
    return NormalisedParty(
        kind=PERSON,
        name=main.name if main else "",
        surname=main.surname if main else "",
        given_name=main.given_name if main else "",
        name_pinyin=main.surname_pinyin + main.given_pinyin if main else "",
        surname_pinyin=main.surname_pinyin if main else "",
        given_pinyin=main.given_pinyin if main else "",
        former_names=former,
        latin_name=latin.written if latin else "",
        name_keys=_name_keys(chinese, latin),
        surname_keys=_surname_keys(chinese, latin),
        gender=gender,
        birth_date=birth_date,
        identifiers=common.identifiers,
        phones=common.phones,
        emails=common.emails,
        email_keys=common.email_keys,
        division=common.address.division,
        region=common.address.region,
        address_words=common.address.words,
        postcode=common.address.postcode,
        doubts=tuple(doubts),
    )


def _names(raw: RawParty, doubts: list[str]) -> _Name:
    """The name from the whole or from its parts; the Latin one from its own field or from beside the characters."""
    written = raw.name or f"{raw.surname} {raw.given_name}".strip()
    if not _says_something(written, "name", doubts):
        return _Name(None, _latin_beside(raw.latin_name))
    if not has_chinese(written):
        latin = _latin(raw)
        _note(doubts, "name", latin.doubts)
        return _Name(_chinese_beside(raw.latin_name), latin)
    chinese = _chinese(raw)
    _note(doubts, "name", chinese.doubts)
    return _Name(chinese, _latin_beside(raw.latin_name or chinese.latin))


def _chinese(raw: RawParty) -> ChineseName:
    if raw.surname and raw.given_name and has_chinese(raw.surname) and has_chinese(raw.given_name):
        return parse_parts(raw.surname, raw.given_name)
    return parse_chinese_name(raw.name or raw.surname + raw.given_name)


def _latin(raw: RawParty) -> LatinName:
    if raw.surname and raw.given_name:
        return parse_latin_parts(raw.surname, raw.given_name)
    return parse_latin_name(raw.name or raw.surname or raw.given_name)


def _latin_beside(text: str) -> LatinName | None:
    found = parse_latin_name(text) if text and not says_nothing(folded(text)) and not has_chinese(text) else None
    return found if found and found.name else None


def _chinese_beside(text: str) -> ChineseName | None:
    """Characters in the field for Latin letters: the columns were mistaken for each other."""
    return parse_chinese_name(text) if text and has_chinese(text) else None


def _plain_name(text: str) -> str:
    return parse_chinese_name(text).name if has_chinese(text) else parse_latin_name(text).name


def _says_something(text: str, field: str, doubts: list[str]) -> bool:
    plain = folded(text)
    if not plain:
        return False
    if says_nothing(plain) or (len(plain) > 3 and is_one_character(plain)):
        doubts.append(f"{field}: a placeholder")
        return False
    return True


def _name_keys(chinese: ChineseName | None, latin: LatinName | None) -> tuple[str, ...]:
    own = name_keys(chinese.surname, chinese.given_name) if chinese and chinese.given_name else ()
    return _once((own, latin.name_keys)) if latin else own


def _surname_keys(chinese: ChineseName | None, latin: LatinName | None) -> tuple[str, ...]:
    if chinese:
        return surname_keys(chinese.surname)
    return latin.surname_keys if latin else ()


def _gender(raw: RawParty, name: ChineseName | LatinName | None, common: _Common, doubts: list[str]) -> str:
    """What the source says; else what the document or the salutation tells."""
    said = raw.gender if raw.gender in _GENDERS else raw.gender.strip().lower()
    told = next((each.gender for each in common.documents if each.gender), "")
    gender = _GENDERS.get(said) or _GENDERS.get(said[:1] if said.isascii() else said, "")
    if not gender and said not in _UNSAID and not says_nothing(said):
        doubts.append("gender: not understood")
    if gender and told and gender != told:
        doubts.append("gender: the document's number says otherwise")
    return gender or told or (name.gender if name else "")


def _birth_date(raw: RawParty, common: _Common, doubts: list[str]) -> str:
    """What the source says; the document's number decides between day and month, and where nothing is said."""
    told = next((each.birth_date for each in common.documents if each.birth_date), "")
    said = read_date(raw.birth_date, raw.date_order) if raw.birth_date else NO_DATE
    if told and not said.iso and told in {read_date(raw.birth_date, order).iso for order in ("dmy", "mdy")}:
        return told
    if said.doubts:
        _note(doubts, "birth_date", said.doubts)
    if said.iso and told and said.iso != told:
        doubts.append("birth_date: the document's number says otherwise")
    return said.iso or told
