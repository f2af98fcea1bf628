"""Pictures of evidence and of what is learnt, as places in an SVG; the templates draw, the style sheet colours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from guanxi.office.records.review_words import found_word
from guanxi.parties.review.calibration import CLAIM, Calibration, Share, shares
from guanxi.parties.review.learning import Learnt
from guanxi.parties.review.waterfall import GATE, PRIOR, TOTAL, Waterfall

WIDTH: Final = 640
HEIGHT: Final = 280
_LEFT: Final = 44
_BOTTOM: Final = 34
_TOP: Final = 12
_FEWEST: Final = 1000  # a value that one in fewer has is common
_OF_OWN: Final = frozenset((PRIOR, GATE, TOTAL))


class Step(NamedTuple):
    """One bar of a waterfall, in per cent of the width, with what it says."""

    text: str
    odds: str
    sort: str
    left: float
    width: float
    rare: int


def steps(picture: Waterfall) -> list[Step]:
    """The bars of a waterfall in order."""
    found = []
    for bar in picture.bars:
        start, end = sorted((picture.place(bar.start), picture.place(bar.end)))
        sort = bar.comparison if bar.comparison in _OF_OWN else ("for" if bar.weight > 0 else "against")
        rare = round(1 / bar.frequency) if bar.frequency else 0
        found.append(
            Step(
                found_word(bar.comparison, bar.label),
                odds(bar.weight),
                sort,
                round(start * 100, 2),
                round(max(end - start, 0.004) * 100, 2),
                rare if rare >= _FEWEST else 0,
            )
        )
    return found


def odds(weight: float) -> str:
    """How much likelier, or how much less likely, a weight makes it: ×512, ÷16."""
    times = 2.0 ** min(abs(weight), 40.0)
    figure = f"{times:.1f}" if times < 10 else f"{float(f'{times:.2g}'):,.0f}"
    return f"{'×' if weight >= 0 else '÷'}{figure}"


class Curve(NamedTuple):
    """What people decided against what the weights claim: lines, dots and thresholds as places of the picture."""

    width: int
    height: int
    claim: str
    line: str
    band: str
    dots: Sequence[tuple[Share, float, float, float, float, float]]
    across: Sequence[tuple[float, float]]  # a weight and where it stands
    up: Sequence[tuple[int, float]]  # a share in per cent and where it stands
    thresholds: Sequence[tuple[str, float, float]]


def curve(found: Learnt) -> Curve:
    """The picture of one kind of parties."""
    low, high = _range(found)
    proposal = found.proposal
    weights = [low + (high - low) * step / 80 for step in range(81)]
    claim = Calibration(CLAIM.intercept, CLAIM.slope, (0.0, 0.0, 0.0))
    bands = [(weight, *proposal.calibration.band(weight)) for weight in weights]
    outline = [(weight, most) for weight, _, most in bands] + [(weight, least) for weight, least, _ in reversed(bands)]

    def x(weight: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - 10) * (weight - low) / (high - low), 1)

    def line(points: Sequence[tuple[float, float]]) -> str:
        return " ".join(f"{x(weight)},{_y(share)}" for weight, share in points)

    judged = [share for share in shares(found.judged) if low <= (share.low + share.high) / 2 <= high]
    return Curve(
        WIDTH,
        HEIGHT,
        line([(weight, claim.probability(weight)) for weight in weights]),
        line([(weight, proposal.calibration.probability(weight)) for weight in weights]),
        line(outline),
        [
            (each, x((each.low + each.high) / 2), _y(each.same), _y(each.most), _y(each.least), _size(each.judged))
            for each in judged
        ],
        [(weight, x(weight)) for weight in range(int(low), int(high) + 1, 2)],
        [(share, _y(share / 100)) for share in (0, 25, 50, 75, 100)],
        [(name, weight, x(weight)) for name, weight in _thresholds(found)],
    )


def _thresholds(found: Learnt) -> Iterator[tuple[str, float]]:
    yield "review", found.proposal.review.present
    yield "automatic", found.proposal.automatic.present
    for move in (found.proposal.review, found.proposal.automatic):
        if move.moves:
            yield "proposed", move.to


def _range(found: Learnt) -> tuple[float, float]:
    ends = [weight for _, weight in _thresholds(found)]
    return min(ends) - 4, max(ends) + 4


def _y(share: float) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - share), 1)


def _size(judged: int) -> float:
    """An area that grows with the number of pairs, within what can be seen and does not cover others."""
    return round(min(3 + math.sqrt(judged), 11.0), 1)
