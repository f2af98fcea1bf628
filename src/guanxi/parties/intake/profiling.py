"""A first look at a table: of each column its type, how far it is filled, its values, and what it may mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

import msgspec

from guanxi.parties.intake.suspecting import Suspicion, Traits, suspect, traits_of
from guanxi.parties.intake.tables import Row, Table, Unreadable

SAMPLE: Final = 20_000
_TOP: Final = 5
_UNREADABLE_SHOWN: Final = 20


class ColumnProfile(msgspec.Struct, frozen=True, kw_only=True):
    """One column as it was seen. `most` are the values that occur most often, with how often."""

    name: str
    type: str
    filled: int
    distinct: int
    shortest: int
    longest: int
    examples: tuple[str, ...]
    most: tuple[tuple[str, int], ...]
    traits: Traits
    suspicion: Suspicion


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A table as far as it was looked at; `whole` when that was all of it."""

    rows: int
    whole: bool
    columns: tuple[ColumnProfile, ...]
    found: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    unreadable: tuple[tuple[int, str, str], ...] = ()
    unreadable_rows: int = 0

    def column(self, name: str) -> ColumnProfile | None:
        """The column of that name."""
        return next((each for each in self.columns if each.name == name), None)


def profile_table(table: Table, most: int = SAMPLE) -> tuple[Profile, list[Row]]:
    """What the first `most` rows show, and these rows."""
    rows: list[Row] = []
    unreadable: list[Unreadable] = []
    for each in islice(table.rows, most):
        if isinstance(each, Row):
            rows.append(each)
        else:
            unreadable.append(each)
    whole = next(iter(table.rows), None) is None
    columns = zip(*(row.cells for row in rows), strict=True) if rows else ((),) * len(table.columns)
    profiled = tuple(_column(name, values) for name, values in zip(table.columns, columns, strict=True))
    profile = Profile(
        rows=len(rows) + len(unreadable),
        whole=whole,
        columns=profiled,
        found=table.found,
        notes=tuple(table.notes),
        unreadable=tuple((each.number, each.reason, each.text) for each in unreadable[:_UNREADABLE_SHOWN]),
        unreadable_rows=len(unreadable),
    )
    return profile, rows


def _column(name: str, values: Sequence[str]) -> ColumnProfile:
    counted = Counter(values)
    empty = counted.pop("", 0)
    filled = len(values) - empty
    traits = traits_of(counted)
    return ColumnProfile(
        name=name,
        type=traits.type,
        filled=filled,
        distinct=len(counted),
        shortest=min(map(len, counted), default=0),
        longest=max(map(len, counted), default=0),
        examples=tuple(each[:60] for each in _different(counted)),
        most=tuple((value[:60], times) for value, times in counted.most_common(_TOP) if times > 1),
        traits=traits,
        suspicion=suspect(name, traits, unique=filled == len(values) == len(counted) > 1),
    )


def _different(values: Iterable[str]) -> Iterable[str]:
    return islice(values, _TOP)
