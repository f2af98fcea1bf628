"""How reviewers do: how many pairs, how fast, how often they skip or take back, and how far they agree."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

from guanxi.parties.merge import Connection
from guanxi.parties.review.agreement import Agreement, cohen, pooled

TARGET_SECONDS: Final = 20
DAYS: Final = 90
MOST_SHOWN: Final = 50
_ANSWERS: Final = ("same", "different")
_REVIEWERS: Final = """
SELECT by, count(*) FILTER (WHERE live AND answer <> 'skip'), count(*) FILTER (WHERE live AND answer = 'same'),
    count(*) FILTER (WHERE live AND answer = 'skip'), count(*) FILTER (WHERE NOT live),
    coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds)
        FILTER (WHERE live AND answer <> 'skip' AND milliseconds > 0), 0) / 1000, max(at)
FROM (SELECT *, taken_back_at IS NULL AS live FROM parties_reviewanswer WHERE at > %s) AS answers
GROUP BY by ORDER BY 2 DESC LIMIT %s
"""
_TWICE: Final = """
SELECT first.by, second.by, first.answer, second.answer, count(*)
FROM parties_reviewanswer second JOIN parties_reviewanswer first ON first.id = second.second_of_id
WHERE second.at > %s AND second.taken_back_at IS NULL AND first.taken_back_at IS NULL
    AND first.answer <> 'skip' AND second.answer <> 'skip'
GROUP BY 1, 2, 3, 4
"""
_MINE: Final = """
SELECT count(*), coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY milliseconds)
    FILTER (WHERE milliseconds > 0), 0) / 1000
FROM parties_reviewanswer WHERE by = %s AND at > %s AND taken_back_at IS NULL AND answer <> 'skip'
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Reviewer:
    """One person's answers; `seconds` is the median time for a pair."""

    name: str
    answered: int
    same: int
    skipped: int
    taken_back: int
    seconds: float
    last_at: dt.datetime
    agreement: Agreement

    @property
    def same_share(self) -> float:
        """How often they said "same"."""
        return self.same / self.answered if self.answered else 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Couple:
    """Two reviewers who judged the same pairs."""

    one: str
    other: str
    agreement: Agreement


@dataclasses.dataclass(frozen=True, slots=True)
class Today:
    """What somebody has done today."""

    answered: int
    seconds: float


def reviewers(connection: Connection, at: dt.datetime) -> list[Reviewer]:
    """Those who have answered of late, the busiest first; each with the agreement with all colleagues."""
    since = at - dt.timedelta(days=DAYS)
    couples = agreements(connection, at)
    found = connection.execute(_REVIEWERS, [since, MOST_SHOWN]).fetchall()
    return [
        Reviewer(name, answered, same, skipped, taken_back, seconds, last_at, _with_all(couples, name))
        for name, answered, same, skipped, taken_back, seconds, last_at in found
    ]


def agreements(connection: Connection, at: dt.datetime) -> list[Couple]:
    """Kappa of each two reviewers, whoever of them was first."""
    tables: dict[tuple[str, str], list[list[int]]] = {}
    for first, second, said, again, number in connection.execute(_TWICE, [at - dt.timedelta(days=DAYS)]):
        couple = (min(first, second), max(first, second))
        row, column = (said, again) if couple[0] == first else (again, said)
        table = tables.setdefault(couple, [[0, 0], [0, 0]])
        table[_ANSWERS.index(row)][_ANSWERS.index(column)] += number
    found = [Couple(*couple, cohen(table)) for couple, table in tables.items()]
    return sorted(found, key=lambda couple: -couple.agreement.pairs)


def overall(couples: list[Couple]) -> Agreement:
    """All reviewers together."""
    return pooled(couple.agreement for couple in couples)


def _with_all(couples: list[Couple], name: str) -> Agreement:
    return pooled(each.agreement for each in couples if name in {each.one, each.other})


def today(connection: Connection, *, by: str, at: dt.datetime, since: dt.datetime) -> Today:
    """How many pairs `by` has decided since the morning, and how long one takes."""
    row = connection.execute(_MINE, [by, min(since, at)]).fetchone()
    return Today(int(row[0]), float(row[1])) if row else Today(0, 0.0)
