"""Fitting the weights to pairs of which the truth is known, and measuring how well they do on others.

Pairs with the same signs are one row with counts, so a town of any size is a few hundred rows.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from guanxi.parties.relationships.scoring import Weights
from guanxi.parties.relationships.signs import columns

_RIDGE: Final = 1.0  # what keeps a sign that was seen twice from weighing without bound
_STEPS: Final = 60
_BANDS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)

Floats = npt.NDArray[np.float64]


class Example(NamedTuple):
    """The signs of a pair, and what it is."""

    signs: frozenset[str]
    truth: str


class Quality(NamedTuple):
    """Of one kind: how many were said, how many of those are true, how many of the true ones were said."""

    kind: str
    said: int
    right: int
    there: int

    @property
    def precision(self) -> float:
        """Of what was said, what is true."""
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        """Of what is true, what was said."""
        return self.right / self.there if self.there else 1.0


class Band(NamedTuple):
    """Of what was said with about this confidence, how much is true."""

    least: float
    most: float
    said: int
    confidence: float
    true: float


def fit(examples: Iterable[Example]) -> Weights:
    """The weights that make the truth likeliest, with a small penalty on their squares (Newton's method by blocks)."""
    counted = Counter(examples)
    kinds = sorted({example.truth for example in counted})
    signs = tuple(sorted({sign for example in counted for sign in example.signs}))
    patterns = sorted({example.signs for example in counted}, key=sorted)
    row = {pattern: number for number, pattern in enumerate(patterns)}
    design = np.array([columns(pattern, signs) for pattern in patterns])
    counts = np.zeros((len(patterns), len(kinds)))
    for example, number in counted.items():
        counts[row[example.signs], kinds.index(example.truth)] += number
    weights = _newton(design, counts)
    return Weights(
        {
            kind: dict(zip(("constant", *signs), (round(float(value), 4) for value in column), strict=True))
            for kind, column in zip(kinds, weights.T, strict=True)
        }
    )


def _newton(design: Floats, counts: Floats) -> Floats:
    """Böhning's bound for the multinomial Hessian (Annals of the Institute of Statistical Mathematics 44, 1992) lets
    all kinds share one factorised matrix, and each step is safe; Nesterov's momentum makes the steps few.
    """
    totals = counts.sum(axis=1)
    bound = 0.5 * (design.T * totals) @ design + _RIDGE * np.eye(design.shape[1])
    inverse = np.linalg.inv(bound)
    weights = ahead = np.zeros((design.shape[1], counts.shape[1]))
    for step in range(_STEPS * 20):
        sums = design @ ahead
        chances = np.exp(sums - sums.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        slope = design.T @ (counts - totals[:, None] * chances) - _RIDGE * ahead
        previous, weights = weights, ahead + inverse @ slope
        ahead = weights + step / (step + 3) * (weights - previous)
    return weights


def quality(examples: Iterable[Example], say: Callable[[frozenset[str]], tuple[str, float]]) -> list[Quality]:
    """Precision and recall of each kind that `say` says or that there is; `none` is not a kind."""
    said: Counter[str] = Counter()
    right: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for (signs, truth), number in Counter(examples).items():
        kind, _ = say(signs)
        said[kind] += number
        there[truth] += number
        right[kind] += number * (kind == truth)
    kinds = sorted((said.keys() | there.keys()) - {"none"})
    return [Quality(kind, said[kind], right[kind], there[kind]) for kind in kinds]


def reliability(
    examples: Iterable[Example], say: Callable[[frozenset[str]], tuple[str, float]], bands: Sequence[float] = _BANDS
) -> list[Band]:
    """How often what was said with a confidence is true, band by band: a reliability diagram as a table."""
    found: dict[float, list[float]] = {low: [0.0, 0.0, 0.0] for low in bands[:-1]}
    for (signs, truth), number in Counter(examples).items():
        kind, confidence = say(signs)
        if kind == "none":
            continue
        low = max((low for low in found if low <= confidence), default=bands[0])
        sums = found[low]
        sums[0] += number
        sums[1] += number * confidence
        sums[2] += number * (kind == truth)
    pairs = itertools.pairwise(bands)
    return [Band(low, high, int(n), c / n, t / n) for low, high in pairs for n, c, t in [found[low]] if n]
