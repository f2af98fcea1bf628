"""What a source record says of its party, field by field, in the form in which a golden record has it."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Iterator
from typing import Final

import msgspec

from guanxi.kernel.names import is_chinese
from guanxi.parties.normalisation.record import ORGANISATION, NormalisedParty, RawParty
from guanxi.parties.search_tokens import simplified

# What resolution calls a document, as the parties room has always called it.
_KINDS: Final = {"social_credit_code": "unified_social_credit_code"}
_DOUBT_FIELD: Final = {"phone": "phones", "email": "emails", "identifier": "documents", "latin_name": "name"}
_SPACES: Final = re.compile(r"\s+")
_ENOUGH_WORDS: Final = 4  # road, number, building, room
_IN_DOUBT: Final = 0.5


class Told(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A current source record: who says it, as of when, as written and as normalised."""

    record: int
    source: str
    raw: RawParty
    normalised: NormalisedParty
    told_at: dt.datetime | None = None
    trust: float = 0.5
    version: uuid.UUID | None = None  # of the record, as it stands at present


class Statement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One source says that a field has a value.

    Two statements agree if they share one of `keys`; a name in characters and one in letters, if they share one of
    `sounds`. `record` is 0 where no source record says it. `place` is where the value stood among its like.
    """

    field: str
    value: str
    keys: tuple[str, ...]
    source: str
    record: int = 0
    told_at: dt.datetime | None = None
    trust: float = 0.5
    completeness: float = 1.0
    sounds: tuple[str, ...] = ()
    script: str = ""
    place: int = 0

    def agrees(self, other: Statement) -> bool:
        """Whether both say the same, however they write it."""
        if self.script != other.script:
            return not set(self.sounds).isdisjoint(other.sounds)
        return not set(self.keys).isdisjoint(other.keys)


def statements_of(told: Told) -> list[Statement]:
    """Everything that a record says; what it leaves empty, or what was a placeholder, it does not say."""
    doubted = {doubt.partition(":")[0] for doubt in told.normalised.doubts}
    return [_weighed(statement, told, doubted) for statement in _said(told)]


def _weighed(statement: Statement, told: Told, doubted: set[str]) -> Statement:
    family = statement.field.partition(".")[0]
    in_doubt = _DOUBT_FIELD.get(family, family) in doubted
    return msgspec.structs.replace(
        statement,
        source=told.source,
        record=told.record,
        told_at=told.told_at,
        trust=told.trust,
        completeness=round(statement.completeness * (_IN_DOUBT if in_doubt else 1), 3),
    )


def _said(told: Told) -> Iterator[Statement]:
    raw, party = told.raw, told.normalised
    if party.name:
        yield _name(raw, party)
    if party.latin_name:
        keys = party.name_keys or (party.latin_name.upper(),)
        yield Statement(field="latin_name", value=party.latin_name, keys=keys, source="")
    if party.birth_date:
        yield Statement(field="birth_date", value=party.birth_date, keys=(party.birth_date,), source="")
    if party.gender:
        yield Statement(field="gender", value=party.gender, keys=(party.gender,), source="")
    for place, phone in enumerate(party.phones):
        yield Statement(field="phone", value=phone, keys=(phone,), source="", place=place)
    for place, email in enumerate(party.emails):
        keys = (party.email_keys[place],) if len(party.email_keys) == len(party.emails) else (email,)
        yield Statement(field="email", value=email, keys=keys, source="", place=place)
    if party.address_words or party.division:
        yield _address(raw, party)
    for place, identifier in enumerate(party.identifiers):
        kind, _, value = identifier.partition(":")
        field = f"identifier.{_KINDS.get(kind, kind)}"
        yield Statement(field=field, value=value, keys=(value,), source="", place=place)


def _name(raw: RawParty, party: NormalisedParty) -> Statement:
    """The name as the party writes it: traditional characters stay, marks stay, titles go."""
    written = clean(raw.name or f"{raw.surname} {raw.given_name}")
    if party.kind == ORGANISATION:
        full = 1.0 if party.legal_form else 0.7
        return Statement(field="name", value=written, keys=(party.name,), source="", completeness=full)
    if any(map(is_chinese, party.name)):
        joined = written.replace(" ", "")
        value = joined if simplified(joined) == party.name else party.name
        full = 1.0 if len(party.name) > 1 else 0.3
        return Statement(
            field="name",
            value=value,
            keys=(party.name,),
            sounds=party.name_keys,
            script="han",
            source="",
            completeness=full,
        )
    keys = party.name_keys or (party.name,)
    return Statement(
        field="name",
        value=party.latin_name or written,
        keys=keys,
        sounds=keys,
        script="latin",
        source="",
        completeness=_fullness(party.name),
    )


def _fullness(name: str) -> float:
    """Of a name in letters: several words, of which none is an initial, are most."""
    words = name.split()
    if len(words) < 2:
        return 0.4
    return 0.6 if any(len(word.strip(".")) == 1 for word in words) else 0.8


def _address(raw: RawParty, party: NormalisedParty) -> Statement:
    depth = sum(party.division[at : at + 2] not in {"", "00"} for at in (0, 2, 4)) / 3
    words = min(len(party.address_words), _ENOUGH_WORDS) / _ENOUGH_WORDS
    full = 0.4 * (depth or (0.7 if party.region else 0)) + 0.5 * words + 0.1 * bool(party.postcode)
    key = "|".join((party.division or party.region, *party.address_words))
    return Statement(field="address", value=written_address(raw), keys=(key,), source="", completeness=full)


def written_address(raw: RawParty) -> str:
    """The address in one line; what it says already is not said twice."""
    address = clean(raw.address)
    parts = [clean(part) for part in (raw.province, raw.city, raw.district)]
    above = [part for part in dict.fromkeys(parts) if part and part not in address]
    if any(map(is_chinese, address)) or any(is_chinese(part[0]) for part in above):
        return "".join((*above, address))
    return ", ".join(filter(None, (address, *reversed(above), clean(raw.postcode))))


def clean(text: str) -> str:
    """`text` in compatibility-composed form, each run of white space one space."""
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip()
