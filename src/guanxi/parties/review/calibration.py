"""What people decided, held against what the weights claimed: how probable "same" really is at each weight.

A weight w claims that two records are one with log-odds w ln 2. The verdicts correct the claim by a straight line in
log-odds, intercept + slope * w ln 2: J. Platt, "Probabilistic outputs for support vector machines", Advances in Large
Margin Classifiers (1999). The claim itself (0, 1) is the prior, weak and normal, in the manner of A. Gelman et al., "A
weakly informative default prior distribution for logistic and other regression models", Annals of Applied Statistics
2 (2008): few verdicts move little, and verdicts that a threshold parts perfectly do not run away. Bands are those of
the normal approximation at the maximum (Laplace).

Which pairs were judged depends on their weight, which does not bias a curve over the weight; what is outside the
weights that were judged is not known, and nothing is proposed there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from guanxi.parties.review.agreement import Z95, wilson

Numbers = npt.NDArray[np.float64]

LN2: Final = math.log(2)
_ROUNDS: Final = 60
_CLOSE: Final = 1e-10
_STEEPEST: Final = 700.0


class Judged(NamedTuple):
    """A pair that people decided: its weight, and the share of them who said "same" (a half where two differed)."""

    weight: float
    same: float


class Prior(NamedTuple):
    """What is believed before any verdict: the claim of the weights, and how far it may be off."""

    intercept: float = 0.0
    slope: float = 1.0
    intercept_deviation: float = 5.0
    slope_deviation: float = 1.0


CLAIM: Final = Prior()


class Calibration(NamedTuple):
    """The line through the verdicts, in log-odds over the weight times ln 2, and how sure it is."""

    intercept: float
    slope: float
    covariance: tuple[float, float, float]  # of the intercept, of both, of the slope

    def probability(self, weight: float) -> float:
        """How probable it is that a pair of this weight is one party."""
        return _logistic(self.intercept + self.slope * weight * LN2)

    def band(self, weight: float) -> tuple[float, float]:
        """The 95 % band of the same."""
        x = weight * LN2
        middle = self.intercept + self.slope * x
        first, both, second = self.covariance
        half = Z95 * math.sqrt(max(first + 2 * x * both + x * x * second, 0.0))
        return _logistic(middle - half), _logistic(middle + half)

    @property
    def slope_low(self) -> float:
        """The lower bound of the slope: not above zero when the weights do not tell these pairs apart."""
        return self.slope - Z95 * math.sqrt(self.covariance[2])


class Share(NamedTuple):
    """The verdicts on pairs of weights from `low` to `high`: how many, what share said "same", its 95 % interval."""

    low: float
    high: float
    judged: int
    same: float
    least: float
    most: float


def fit(judged: Sequence[Judged], prior: Prior = CLAIM) -> Calibration:
    """The line that the verdicts and the prior make most probable, by Newton's method with shortened steps."""
    x = np.array([each.weight for each in judged], dtype=np.float64) * LN2
    y = np.array([each.same for each in judged], dtype=np.float64)
    middle = np.array([prior.intercept, prior.slope])
    precision = np.diag([prior.intercept_deviation**-2, prior.slope_deviation**-2])
    line = middle.copy()
    value = _loss(line, x, y, middle, precision)
    for _ in range(_ROUNDS):
        curvature, slope = _curvature_and_slope(line, x, y, middle, precision)
        step = np.asarray(np.linalg.solve(curvature, slope), dtype=np.float64)
        line, before, value = _shortened(line, step, value, (x, y, middle, precision))
        if before - value < _CLOSE:
            break
    curvature, _ = _curvature_and_slope(line, x, y, middle, precision)
    covariance = np.linalg.inv(curvature)
    return Calibration(
        float(line[0]), float(line[1]), (float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1]))
    )


def shares(judged: Sequence[Judged], width: float = 1.0) -> list[Share]:
    """The verdicts in steps of the weight, for the dots beside the line."""
    steps: dict[int, list[float]] = {}
    for each in judged:
        steps.setdefault(math.floor(each.weight / width), []).append(each.same)
    return [
        Share(at * width, (at + 1) * width, len(same), sum(same) / len(same), *wilson(sum(same), len(same)))
        for at, same in sorted(steps.items())
    ]


def surprise(judged: Sequence[Judged], calibration: Calibration) -> float:
    """The mean log loss of a line, in nats a verdict: the less, the better it foretold."""
    if not judged:
        return 0.0
    x = np.array([each.weight for each in judged]) * LN2
    y = np.array([each.same for each in judged])
    return float(np.mean(_losses(np.array([calibration.intercept, calibration.slope]), x, y)))


def foretold(judged: Sequence[Judged], folds: int = 10) -> tuple[float, float]:
    """The surprise at verdicts that a line was not learnt from (cross-validation), and that of the claim itself.

    Pairs go to folds in turn by weight, so that each fold has all weights: M. Stone, "Cross-validatory choice and
    assessment of statistical predictions", Journal of the Royal Statistical Society B 36 (1974).
    """
    ordered = sorted(judged)
    claim = surprise(ordered, Calibration(CLAIM.intercept, CLAIM.slope, (0.0, 0.0, 0.0)))
    total = 0.0
    for fold in range(folds):
        held = ordered[fold::folds]
        learnt = [each for place, each in enumerate(ordered) if place % folds != fold]
        total += surprise(held, fit(learnt)) * len(held)
    return (total / len(ordered) if ordered else 0.0), claim


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-min(max(x, -_STEEPEST), _STEEPEST)))


def _losses(line: Numbers, x: Numbers, y: Numbers) -> Numbers:
    log_odds = line[0] + line[1] * x
    found: Numbers = np.logaddexp(0, log_odds) - y * log_odds
    return found


def _loss(line: Numbers, x: Numbers, y: Numbers, middle: Numbers, precision: Numbers) -> float:
    off = line - middle
    return float(np.sum(_losses(line, x, y)) + off @ precision @ off / 2)


def _curvature_and_slope(
    line: Numbers, x: Numbers, y: Numbers, middle: Numbers, precision: Numbers
) -> tuple[Numbers, Numbers]:
    rows = np.stack([np.ones_like(x), x], axis=1)
    found = 1 / (1 + np.exp(-np.clip(rows @ line, -_STEEPEST, _STEEPEST)))
    curvature: Numbers = (rows * (found * (1 - found))[:, None]).T @ rows + precision
    slope: Numbers = rows.T @ (found - y) + precision @ (line - middle)
    return curvature, slope


def _shortened(
    line: Numbers, step: Numbers, value: float, problem: tuple[Numbers, Numbers, Numbers, Numbers]
) -> tuple[Numbers, float, float]:
    """The step halved until it does not lead upwards; the loss before and after."""
    for _ in range(_ROUNDS):
        ahead = line - step
        reached = _loss(ahead, *problem)
        if reached <= value:
            return ahead, value, reached
        step = step / 2
    return line, value, value
