"""What a column may mean, from its heading and from its values, and why one thinks so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

import msgspec

from guanxi.parties.intake.meanings import KEY, Meaning, meaning_of_heading
from guanxi.parties.normalisation.calendar_dates import read_date
from guanxi.parties.normalisation.characters import folded, has_chinese
from guanxi.parties.normalisation.company_names import looks_like_company
from guanxi.parties.normalisation.doubts import says_nothing
from guanxi.parties.normalisation.email_addresses import read_emails
from guanxi.parties.normalisation.identity_documents import read_document
from guanxi.parties.normalisation.phone_numbers import read_phones
from guanxi.parties.normalisation.record import RawDocument
from guanxi.parties.normalisation.surnames import FREQUENT, HUNDRED

_LOOKED_AT: Final = 400  # values of a column; more would tell no more
_CHECKED_KINDS: Final = frozenset(  # whose numbers carry a check character, or a form that nothing else has
    [
        "resident_id",
        "foreigner_permit",
        "hong_kong_id",
        "taiwan_id",
        "social_credit_code",
        "organisation_code",
        "business_licence",
        "lei",
    ]
)
_GENDERS: Final = frozenset(("m", "f", "male", "female", "男", "女", "男性", "女性"))
_PLACE: Final = re.compile(r"[省市区县區縣镇鎮乡鄉路街道巷弄号號室栋幢座村]")
_STREET: Final = re.compile(
    r"\b(street|st|road|rd|avenue|ave|lane|drive|place|close|court|crescent|ulice|nám)\b\.?", re.IGNORECASE
)
_SURNAMES: Final = FREQUENT | frozenset(HUNDRED)
_RESIDENT_FORM: Final = re.compile(r"\d{17}[\dXx]")
_CREDIT_FORM: Final = re.compile(r"[0-9A-HJ-NP-RT-UW-Y]{18}")

CERTAIN: Final = 0.9
_LEAST: Final = 0.4
_EXACT, _LIKE, _CONTENT, _AGAINST = 0.6, 0.4, 0.7, 0.35


class Traits(msgspec.Struct, frozen=True):
    """What the values of a column are: its type, and the share (0 to 1) that could be each meaning.

    `documents` are the kinds of documents seen, `wrong_check` the share that has the form of a document and a wrong
    check character, `nothing` the share of placeholders.
    """

    type: str = "empty"
    shares: dict[str, float] = {}
    documents: dict[str, float] = {}
    wrong_check: float = 0.0
    nothing: float = 0.0
    date_orders: tuple[str, ...] = ()


class Suspicion(msgspec.Struct, frozen=True):
    """What a column may mean and how sure that is; `because` of its `heading`, its `heading_like`, its `values`."""

    means: str = ""
    score: float = 0.0
    because: tuple[str, ...] = ()
    share: float = 0.0


def traits_of(counted: Mapping[str, int]) -> Traits:
    """The traits of a column, by its different values."""
    if not counted:
        return Traits()
    looked_at = list(islice(counted, _LOOKED_AT))
    values = [folded(each) for each in looked_at]
    said = [each for each in values if each and not says_nothing(each)]
    if not said:
        return Traits(type="text", nothing=1.0)
    total = len(said)
    shares = {str(meaning): sum(map(test, said)) / total for meaning, test in _TESTS.items()}
    documents = _documents(said)
    shares[Meaning.DOCUMENT] = sum(share for kind, share in documents.items() if kind in _CHECKED_KINDS)
    if len(counted) > max(6, len(values) // 3):
        shares[Meaning.GENDER] = 0.0
    return Traits(
        type=_type(said, shares),
        shares={meaning: round(share, 3) for meaning, share in shares.items() if share},
        documents=documents,
        wrong_check=sum(map(_has_wrong_check, said)) / total,
        nothing=1 - total / len(values),
        date_orders=_date_orders(said) if shares[Meaning.BIRTH_DATE] > 0.5 else (),
    )


def suspect(heading: str, traits: Traits, *, unique: bool) -> Suspicion:
    """The likeliest meaning of a column, if any is likely."""
    told, exact = meaning_of_heading(heading)
    if told == KEY:
        likely = _by_values(traits)
        by_content = traits.shares.get(Meaning.DOCUMENT, 0) > CERTAIN
        return likely if by_content else Suspicion(KEY if unique else "", 0.9 if unique else 0, ("heading",))
    if traits.type == "empty":
        return Suspicion()
    candidates = [_scored(meaning, traits, told, exact=exact) for meaning in {*traits.shares, told} if meaning]
    best = max(candidates, key=lambda each: (each.score, each.means), default=Suspicion())
    return best if best.score >= _LEAST else Suspicion()


def _by_values(traits: Traits) -> Suspicion:
    candidates = [_scored(meaning, traits) for meaning in traits.shares]
    return max(candidates, key=lambda each: each.score, default=Suspicion())


def _scored(meaning: str, traits: Traits, told: str = "", *, exact: bool = False) -> Suspicion:
    share, because = traits.shares.get(meaning, 0.0), []
    score = 0.0
    if meaning == told:
        because.append("heading" if exact else "heading_like")
        score = _EXACT if exact else _LIKE
    if meaning in _TELLING and share > 0.3:
        because.append("values")
        score += _CONTENT * share
    elif meaning in _TELLING and meaning in _MUST_FIT and share < 0.05:
        score -= _AGAINST
    return Suspicion(meaning, round(min(score, 1.0), 3), tuple(because), share)


def _is_phone(text: str) -> bool:
    digits = sum(map(str.isdecimal, text))
    return 7 <= digits <= 15 and digits > len(text) / 2 and bool(read_phones(text, "CN").numbers)


def _is_email(text: str) -> bool:
    return "@" in text and bool(read_emails(text).addresses)


def _is_date(text: str) -> bool:
    if text.isdecimal() and len(text) != 8:
        return False
    return any(read_date(text, order).iso for order in ("ymd", "dmy", "mdy"))


def _is_person(text: str) -> bool:
    return has_chinese(text) and 2 <= len(text) <= 4 and (text[0] in _SURNAMES or text[:2] in _SURNAMES)


def _is_name(text: str) -> bool:
    return (_is_person(text) or looks_like_company(text)) and not _is_address(text)


def _is_address(text: str) -> bool:
    if has_chinese(text):
        return len(text) > 5 and len(_PLACE.findall(text)) > 1 and not looks_like_company(text)
    return bool(_STREET.search(text)) and len(text) > 7


def _is_gender(text: str) -> bool:
    return text.lower() in _GENDERS


_TESTS: Final[Mapping[str, Callable[[str], bool]]] = {
    Meaning.PHONE: _is_phone,
    Meaning.EMAIL: _is_email,
    Meaning.BIRTH_DATE: _is_date,
    Meaning.NAME: _is_name,
    Meaning.ADDRESS: _is_address,
    Meaning.GENDER: _is_gender,
}
_TELLING: Final = frozenset({*_TESTS, Meaning.DOCUMENT})
_MUST_FIT: Final = frozenset({Meaning.PHONE, Meaning.EMAIL, Meaning.GENDER})


def _documents(values: list[str]) -> dict[str, float]:
    """The kinds of documents among the values, with their shares."""
    found: dict[str, int] = {}
    for value in values:
        if len(value) < 7 or has_chinese(value) or not any(map(str.isdecimal, value)):
            continue
        read = (
            read_document(RawDocument(value)).identifiers
            or read_document(RawDocument(value), organisation=True).identifiers
        )
        for identifier in read[:1]:
            kind = identifier.partition(":")[0]
            found[kind] = found.get(kind, 0) + 1
    return {kind: round(times / len(values), 3) for kind, times in found.items()}


def _has_wrong_check(text: str) -> bool:
    form = _RESIDENT_FORM.fullmatch(text) or (_CREDIT_FORM.fullmatch(text) and not text.isdecimal())
    if not form:
        return False
    return not (
        read_document(RawDocument(text)).identifiers or read_document(RawDocument(text), organisation=True).identifiers
    )


def _type(values: list[str], shares: Mapping[str, float]) -> str:
    if shares[Meaning.BIRTH_DATE] > CERTAIN:
        return "date"
    if all(map(_is_whole, values)):
        return "whole number"
    if all(_is_number(each) for each in values):
        return "number"
    return "text"


def _is_whole(text: str) -> bool:
    return text.lstrip("-").isdecimal()


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def _date_orders(values: list[str]) -> tuple[str, ...]:
    """In which orders of day and month every value is a date, of those that are dates at all."""
    dates = [each for each in values if _is_date(each)]
    fits = [order for order in ("ymd", "dmy", "mdy") if all(read_date(each, order).iso for each in dates)]
    return tuple(fits)
