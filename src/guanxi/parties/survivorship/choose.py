"""Choosing one value of a field among what the sources say, with the whole ranking and what decided each place.

Statements are ranked lexicographically by the criteria of the field's rule. What is left equal goes by the place a
value had in its record and by the number of the record, so that the same statements in any order give the same choice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from guanxi.parties.survivorship.rules import Criterion, Rule
from guanxi.parties.survivorship.statements import Statement

PINNED: Final = "pin"
ALONE: Final = "alone"  # nobody else says anything
AGREED: Final = "agreed"  # several say it, nobody says otherwise
ORDER: Final = "order"  # equal by every criterion: the older record


class Ranked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A statement in its place: what it measured, whether it says what was chosen, what it lost by."""

    statement: Statement
    measures: dict[str, float]
    agrees: bool
    lost_by: str = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A field's value, the statement it is from (None: a pin that no source says), why, and everybody's word."""

    field: str
    value: str
    because: str
    said_by: Statement | None
    ranking: tuple[Ranked, ...]

    @property
    def dissenting(self) -> tuple[str, ...]:
        """The sources of which no statement agrees with what was chosen, the best placed first."""
        agreeing = {each.statement.source for each in self.ranking if each.agrees}
        others = (each.statement.source for each in self.ranking if each.statement.source not in agreeing)
        return tuple(dict.fromkeys(others))

    @property
    def values(self) -> tuple[Statement, ...]:
        """The chosen statement and the best of each other value, best first."""
        kept: list[Statement] = [self.said_by] if self.said_by else []
        for each in self.ranking:
            if not any(each.statement.agrees(other) for other in kept) and not (each.agrees and not self.said_by):
                kept.append(each.statement)
        return tuple(kept)


def choose(field: str, statements: Sequence[Statement], rule: Rule, pin: str | None = None) -> Choice | None:
    """The value of `field`, or None where nothing is said and nothing pinned."""
    speakers = _Speakers(statements)
    measured = [(each, _measures(each, speakers, rule)) for each in statements]
    ordered = sorted(measured, key=lambda each: _sort_key(each[0], each[1], rule))
    if pin is not None:
        return _pinned(field, pin, ordered, rule)
    if not ordered:
        return None
    best = ordered[0][0]
    ranking = _ranking(ordered, rule, lambda each: each.agrees(best))
    return Choice(field=field, value=best.value, because=_because(ranking), said_by=best, ranking=ranking)


def _pinned(field: str, value: str, ordered: Sequence[tuple[Statement, dict[str, float]]], rule: Rule) -> Choice:
    pinned = Statement(field=field, value=value, keys=(value,), source="")
    same = {id(each) for each, _ in ordered if each.value == value or not set(each.keys).isdisjoint(pinned.keys)}
    ranking = _ranking(ordered, rule, lambda each: id(each) in same)
    said_by = next((each.statement for each in ranking if each.statement.value == value), None)
    return Choice(field=field, value=value, because=PINNED, said_by=said_by, ranking=ranking)


def _measures(statement: Statement, speakers: _Speakers, rule: Rule) -> dict[str, float]:
    return {
        Criterion.TRUST: rule.trust.get(statement.source, statement.trust),
        Criterion.RECENCY: statement.told_at.date().toordinal() if statement.told_at else 0,
        Criterion.COMPLETENESS: statement.completeness,
        Criterion.MAJORITY: len(speakers.agreeing(statement)),
    }


class _Speakers:
    """Which sources say what, by key and by sound; asked once for each statement, however many there are."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self._by_key: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._by_sound: defaultdict[str, dict[str, set[str]]] = defaultdict(dict)
        for each in statements:
            for key in each.keys:
                self._by_key[each.script, key].add(each.source)
            for sound in each.sounds:
                self._by_sound[sound].setdefault(each.script, set()).add(each.source)

    def agreeing(self, statement: Statement) -> set[str]:
        """The sources of all statements that agree with one, its own among them."""
        found = {statement.source}
        for key in statement.keys:
            found |= self._by_key[statement.script, key]
        for sound in statement.sounds:
            for script, sources in self._by_sound[sound].items():
                if script != statement.script:
                    found |= sources
        return found


def _sort_key(statement: Statement, measures: dict[str, float], rule: Rule) -> tuple[object, ...]:
    wanted = tuple(-measures[criterion] for criterion in rule.order)
    return (*wanted, statement.place, statement.record, statement.source, statement.value)


def _ranking(
    ordered: Sequence[tuple[Statement, dict[str, float]]], rule: Rule, agrees: Callable[[Statement], bool]
) -> tuple[Ranked, ...]:
    found: list[Ranked] = []
    for place, (statement, measures) in enumerate(ordered):
        lost_by = _decider(ordered[0][1], measures, rule) if place else ""
        found.append(Ranked(statement=statement, measures=measures, agrees=agrees(statement), lost_by=lost_by))
    return tuple(found)


def _decider(winner: dict[str, float], loser: dict[str, float], rule: Rule) -> str:
    """The first criterion by which they differ."""
    return next((criterion.value for criterion in rule.order if winner[criterion] != loser[criterion]), ORDER)


def _because(ranking: Sequence[Ranked]) -> str:
    """What decided against the best placed that says otherwise."""
    against = next((each for each in ranking if not each.agrees), None)
    if against is not None:
        return against.lost_by
    return AGREED if len({each.statement.source for each in ranking}) > 1 else ALONE
