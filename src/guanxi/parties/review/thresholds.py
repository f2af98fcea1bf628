"""What the verdicts say about the two thresholds: a proposal that a person applies, or the reason why there is none.

Above the automatic threshold pairs are linked without anybody; below that of review nobody sees them. A threshold is
proposed where the cautious end of the 95 % band reaches the surety that was asked for, only within the weights that
people judged, and never by more than `MOST_STEP` at a time: what comes into sight then is judged before the next step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from guanxi.parties.resolution.model import Model
from guanxi.parties.review.calibration import Calibration, Judged, fit, foretold

FEWEST: Final = 50
FEWEST_EACH: Final = 10
MOST_STEP: Final = 2.0
SURETIES: Final = (0.95, 0.99, 0.995, 0.999)
_APART: Final = 0.5
_GRAIN: Final = 0.1
_SCALE: Final = tuple(round(step * _GRAIN, 6) for step in range(-400, 401))


class Why(StrEnum):
    """Why a threshold is proposed, or is not."""

    FEW = "few"  # too few verdicts, or nearly all of one kind
    FLAT = "flat"  # the weights do not tell these pairs apart
    NO_BETTER = "no_better"  # on verdicts it has not seen the line foretells no better than the weights themselves
    SURE = "sure"  # the band reaches the surety at this weight
    UNSURE = "unsure"  # the band reaches it nowhere in the weights judged, and does not speak for a move either
    DOUBTFUL = "doubtful"  # at the edge of the weights judged people still decide otherwise: one step outwards


class Move(NamedTuple):
    """What is proposed for one threshold; `to` is where it is when nothing is."""

    present: float
    to: float
    why: Why

    @property
    def moves(self) -> bool:
        """Whether it is another place."""
        return not math.isclose(self.present, self.to)


class Proposal(NamedTuple):
    """Both thresholds, the line they follow from, and how well it foretold verdicts that it had not seen."""

    automatic: Move
    review: Move
    calibration: Calibration
    surprise: float
    claimed_surprise: float

    @property
    def moves(self) -> bool:
        """Whether there is anything to apply."""
        return self.automatic.moves or self.review.moves


def propose(judged: Sequence[Judged], *, automatic: float, review: float, surety: float) -> Proposal:
    """What the verdicts say of the thresholds when `surety` of what is decided without people is to be right."""
    line = fit(judged)
    surprise, claimed = foretold(judged)
    stay = _reason_to_stay(judged, line, surprise, claimed)
    if stay is not None:
        return Proposal(Move(automatic, automatic, stay), Move(review, review, stay), line, surprise, claimed)
    weights = [each.weight for each in judged]
    upper = _automatic(line, max(weights), automatic, review, surety)
    lower = _review(line, min(weights), upper.to, review, surety)
    return Proposal(upper, lower, line, surprise, claimed)


def with_thresholds(model: Model, *, automatic: float, review: float) -> Model:
    """The model with other thresholds; what a gate holds back stays below the automatic one."""
    gates = tuple(msgspec.structs.replace(gate, limit=min(gate.limit, automatic - _APART)) for gate in model.gates)
    return msgspec.structs.replace(model, automatic=automatic, review=review, gates=gates)


def _reason_to_stay(judged: Sequence[Judged], line: Calibration, surprise: float, claimed: float) -> Why | None:
    same = sum(each.same for each in judged)
    if len(judged) < FEWEST or min(same, len(judged) - same) < FEWEST_EACH:
        return Why.FEW
    if line.slope_low <= 0:
        return Why.FLAT
    return Why.NO_BETTER if surprise > claimed else None


def _automatic(line: Calibration, highest: float, present: float, review: float, surety: float) -> Move:
    """Down to where the lower end of the band is sure; up a step when people doubt what is nearly automatic."""
    sure = _sure_above(line, surety)
    if sure is not None and sure <= min(highest, present):
        return Move(present, _grained(max(sure, present - MOST_STEP, review + _APART), math.ceil), Why.SURE)
    edge = min(highest, present)
    if edge > present - MOST_STEP and line.band(edge)[1] < surety:
        wanted = (math.log(surety / (1 - surety)) - line.intercept) / line.slope / math.log(2)
        return Move(present, _grained(min(max(wanted, present), present + MOST_STEP), math.ceil), Why.DOUBTFUL)
    return Move(present, present, Why.UNSURE)


def _review(line: Calibration, lowest: float, automatic: float, present: float, surety: float) -> Move:
    """Up to where the upper end of the band is sure that it is nobody; down a step when people still find some."""
    sure = _sure_below(line, 1 - surety)
    if sure is not None and sure >= max(lowest, present):
        return Move(present, _grained(min(sure, present + MOST_STEP, automatic - _APART), math.floor), Why.SURE)
    edge = max(lowest, present)
    if edge < present + MOST_STEP and line.band(edge)[0] > 1 - surety:
        wanted = (math.log((1 - surety) / surety) - line.intercept) / line.slope / math.log(2)
        return Move(present, _grained(max(min(wanted, present), present - MOST_STEP), math.floor), Why.DOUBTFUL)
    return Move(present, present, Why.UNSURE)


def _sure_above(line: Calibration, probability: float) -> float | None:
    """The least weight from which on the lower end of the band is not below `probability`.

    The lower end is concave in the weight and rises at last, where the slope is surely above zero: so it always rises.
    """
    return next((weight for weight in _SCALE if line.band(weight)[0] >= probability), None)


def _sure_below(line: Calibration, probability: float) -> float | None:
    """The greatest weight up to which the upper end of the band is not above `probability`."""
    return next((weight for weight in reversed(_SCALE) if line.band(weight)[1] <= probability), None)


def _grained(weight: float, towards: Callable[[float], int]) -> float:
    return round(towards(round(weight / _GRAIN, 6)) * _GRAIN, 6)
