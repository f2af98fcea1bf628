"""How good a record is, in four of the dimensions that data quality is measured in.

The dimensions are those of DAMA UK, *The six primary dimensions for data quality assessment* (2013); ISO 8000-8:2015
calls validity syntactic and agreement semantic quality. Accuracy and uniqueness are left out: the one cannot be seen
from data, the other is what resolution does. Timeliness declines exponentially, as B. Heinrich, M. Kaiser and M. Klier,
*How to measure data quality? A metric-based approach* (ICIS 2007), derive for values that have a constant chance of
becoming untrue in any year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import msgspec

from guanxi.parties.normalisation.record import ORGANISATION, NormalisedParty, RawParty
from guanxi.parties.survivorship.choose import Choice

HALF_LIFE_DAYS: Final = 730  # after which half of what was told of people, telephones and addresses is taken for stale
DIMENSIONS: Final = ("completeness", "validity", "agreement", "timeliness")
_OF_PEOPLE: Final = ("name", "birth_date", "gender", "identifiers", "phones", "emails", "address_words")
_OF_ORGANISATIONS: Final = ("name", "legal_form", "identifiers", "phones", "emails", "address_words")
_WRITTEN: Final = ("name", "birth_date", "gender", "documents", "phones", "emails", "address")


class RecordScore(msgspec.Struct, frozen=True, kw_only=True):
    """A record's quality, each dimension 0 to 1. Agreement is None where no other source says anything."""

    completeness: float
    validity: float
    agreement: float | None = None


def score(raw: RawParty, party: NormalisedParty, agreement: float | None = None) -> RecordScore:
    """The quality of a record as it was written and as it was understood."""
    return RecordScore(completeness=completeness(party), validity=validity(raw, party), agreement=agreement)


def completeness(party: NormalisedParty) -> float:
    """Of the fields that a party of its kind should have, the share in which the record says something usable."""
    wanted = _OF_ORGANISATIONS if party.kind == ORGANISATION else _OF_PEOPLE
    return sum(bool(getattr(party, field)) for field in wanted) / len(wanted)


def validity(raw: RawParty, party: NormalisedParty) -> float:
    """Of the fields in which something is written, the share that normalisation has no doubt of; 1 if all is empty."""
    doubted = {doubt.partition(":")[0] for doubt in party.doubts}
    written = {field for field in _WRITTEN if getattr(raw, field)} | doubted
    return 1 - len(doubted) / len(written) if written else 1.0


def agreements(choices: Iterable[Choice]) -> dict[int, float]:
    """By record: of the fields in which another source speaks too, the share where it says what was chosen."""
    shared: dict[int, int] = {}
    agreed: dict[int, int] = {}
    for choice in choices:
        if len({each.statement.source for each in choice.ranking}) < 2:
            continue
        said = {each.statement.record for each in choice.ranking}
        right = {each.statement.record for each in choice.ranking if each.agrees}
        for record in said:
            shared[record] = shared.get(record, 0) + 1
            agreed[record] = agreed.get(record, 0) + (record in right)
    return {record: agreed[record] / number for record, number in shared.items()}


def timeliness(told_at: dt.datetime | None, at: dt.datetime) -> float | None:
    """How likely what was told is still so: 1 today, a half after the half-life; None when the day is not known."""
    if told_at is None:
        return None
    days = max(0.0, (at - told_at).total_seconds() / 86_400)
    return float(0.5 ** (days / HALF_LIFE_DAYS))


def overall(dimensions: Iterable[float | None]) -> float | None:
    """The mean of the dimensions that are known."""
    known = [each for each in dimensions if each is not None]
    return sum(known) / len(known) if known else None
