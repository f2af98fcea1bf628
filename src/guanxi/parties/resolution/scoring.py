"""The weight of one pair in plain Python, part by part: for live look-ups, and as the evidence that a reviewer sees.

The parts are those of a waterfall: the prior, then what each comparison adds or takes away, then the gate that holds
the sum back, if one does. The verdict is that of the same model on the engine (tested).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from guanxi.parties.resolution.conditions import Row, evaluator
from guanxi.parties.resolution.model import LEAST, Comparison, Level, Model

Frequency = Callable[[str, Any], float | None]
"""How often a value occurs in a column, as a share of its known values; None for a value that was never counted."""

_Test = Callable[[Row, Row], bool]


class Part(NamedTuple):
    """What one comparison said. `frequency` is the share of the value where that stood for u."""

    comparison: str
    label: str
    weight: float
    frequency: float | None = None


class Score(NamedTuple):
    """A weighed pair: `weight` is what the prior and the parts add up to, but for the gate."""

    weight: float
    prior: float
    parts: tuple[Part, ...]
    gate: str = ""

    @property
    def probability(self) -> float:
        """The weight as a probability."""
        return 1 / (1 + 2**-self.weight)


class _Ready(NamedTuple):
    name: str
    missing: _Test
    levels: tuple[tuple[Level, _Test], ...]


class Scorer:
    """A model made ready to weigh pairs."""

    def __init__(self, model: Model, frequency: Frequency) -> None:
        self._model = model
        self._frequency = frequency
        self._prior = math.log2(model.prior / (1 - model.prior))
        self._comparisons = [_ready(each) for each in model.comparisons]

    def score(self, left: Row, right: Row) -> Score:
        """The weight of a pair with its parts."""
        parts = tuple(self._part(each, left, right) for each in self._comparisons)
        labels = {part.comparison: part.label for part in parts}
        weight = self._prior + sum(part.weight for part in parts)
        shut = [gate for gate in self._model.gates if _is_shut(gate.when, labels)]
        lowest = min(shut, key=lambda gate: gate.limit, default=None)
        if lowest is None or lowest.limit >= weight:
            return Score(weight, self._prior, parts)
        return Score(lowest.limit, self._prior, parts, lowest.label)

    def _part(self, each: _Ready, left: Row, right: Row) -> Part:
        if each.missing(left, right):
            return Part(each.name, "missing", 0.0)
        level = next(level for level, holds in each.levels if holds(left, right))
        if not level.frequency:
            return Part(each.name, level.label, level.weight)
        known = [self._frequency(level.frequency, side[level.frequency]) for side in (left, right)]
        frequency = max((share for share in known if share), default=None)
        if frequency is None:
            return Part(each.name, level.label, level.weight)
        return Part(each.name, level.label, math.log2(max(level.m, LEAST) / frequency), frequency)


def _ready(each: Comparison) -> _Ready:
    return _Ready(
        each.name, evaluator(each.missing), tuple((level, evaluator(level.condition)) for level in each.levels)
    )


def _is_shut(when: Mapping[str, tuple[str, ...]], labels: Mapping[str, str]) -> bool:
    return all(labels[name] in those for name, those in when.items())
