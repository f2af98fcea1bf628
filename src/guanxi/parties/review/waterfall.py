"""The weight of a pair as a waterfall: from what any two records weigh, step by step, to what these two weigh.

The picture is that of the weights of I. Fellegi and A. Sunter, "A Theory for Record Linkage", JASA 64 (1969), which
add up: each unit to the right makes it twice as likely that the two are one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from guanxi.parties.resolution.scoring import Part, Score

PRIOR: Final = "prior"
GATE: Final = "gate"
TOTAL: Final = "total"
_MISSING: Final = "missing"


class Bar(NamedTuple):
    """A step from `start` to `end`. `comparison` is a comparison of the model, or the prior, the gate, the total."""

    comparison: str
    label: str
    start: float
    end: float
    frequency: float | None = None

    @property
    def weight(self) -> float:
        """How far it goes, and which way."""
        return self.end - self.start


class Waterfall(NamedTuple):
    """The bars from the first to the total, what was not known, and the range of the picture."""

    bars: tuple[Bar, ...]
    unknown: tuple[str, ...]
    low: float
    high: float

    def place(self, weight: float) -> float:
        """Where a weight stands between the edges of the picture, from 0 to 1."""
        return (min(max(weight, self.low), self.high) - self.low) / (self.high - self.low)


def waterfall(score: Score, *, automatic: float, review: float) -> Waterfall:
    """The picture of a score, the parts that say most first; it reaches over both thresholds."""
    said = [part for part in score.parts if part.label != _MISSING]
    parts = sorted(said, key=lambda part: -abs(part.weight))
    bars = [Bar(PRIOR, PRIOR, 0.0, score.prior)]
    for part in parts:
        bars.append(_step(part, bars[-1].end))
    if score.gate:
        bars.append(Bar(GATE, score.gate, bars[-1].end, score.weight))
    bars.append(Bar(TOTAL, TOTAL, 0.0, score.weight))
    ends = [end for bar in bars for end in (bar.start, bar.end)]
    low, high = min(*ends, review), max(*ends, automatic)
    margin = (high - low) * 0.04
    unknown = tuple(part.comparison for part in score.parts if part.label == _MISSING)
    return Waterfall(tuple(bars), unknown, low - margin, high + margin)


def _step(part: Part, start: float) -> Bar:
    return Bar(part.comparison, part.label, start, start + part.weight, part.frequency)
