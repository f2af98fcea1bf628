"""Two records side by side, field by field: what both say, what one says alone, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from guanxi.parties.review.differences import Pieces, differences, whole
from guanxi.parties.survivorship.rules import FIELDS
from guanxi.parties.survivorship.statements import Statement


class Standing(StrEnum):
    """How two values of a field stand to each other."""

    SAME = "same"
    WRITTEN = "written"  # the same once normalised, written in another way
    DIFFERS = "differs"
    ALONE = "alone"  # one side says nothing


class Line(NamedTuple):
    """A value of each side beside each other; a side that has none is empty."""

    field: str
    standing: Standing
    left: Pieces
    right: Pieces


_ORDER: Final = {field: number for number, field in enumerate(FIELDS)}


def compare(left: Sequence[Statement], right: Sequence[Statement]) -> list[Line]:
    """The lines of a table of two records, in the order in which people look at them."""
    fields = sorted({statement.field for statement in (*left, *right)}, key=_place)
    return [
        line
        for field in fields
        for line in _lines(field, [s for s in left if s.field == field], [s for s in right if s.field == field])
    ]


def _place(field: str) -> tuple[int, str]:
    return _ORDER.get(field.partition(".")[0], len(_ORDER)), field


def _lines(field: str, left: list[Statement], right: list[Statement]) -> list[Line]:
    """Values that agree first, then those that are most alike, then what is left over."""
    lines: list[Line] = []
    ahead = sorted(((_distance(one, other), a, b) for a, one in enumerate(left) for b, other in enumerate(right)))
    met: tuple[set[int], set[int]] = (set(), set())
    for _, a, b in ahead:
        if a not in met[0] and b not in met[1]:
            met[0].add(a)
            met[1].add(b)
            lines.append(_line(field, left[a], right[b]))
    alone = Standing.ALONE
    lines += [Line(field, alone, whole(s.value, same=True), ()) for a, s in enumerate(left) if a not in met[0]]
    lines += [Line(field, alone, (), whole(s.value, same=True)) for b, s in enumerate(right) if b not in met[1]]
    return lines


def _distance(one: Statement, other: Statement) -> float:
    return -1.0 if one.agrees(other) else Levenshtein.normalized_distance(one.value, other.value)


def _line(field: str, one: Statement, other: Statement) -> Line:
    left, right = differences(one.value, other.value)
    if one.value == other.value:
        return Line(field, Standing.SAME, left, right)
    return Line(field, Standing.WRITTEN if one.agrees(other) else Standing.DIFFERS, left, right)
