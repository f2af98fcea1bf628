"""From signs to what two parties probably are to each other, with a probability that means what it says.

A multinomial logistic model (McFadden, "Conditional logit analysis of qualitative choice behavior", 1974): each kind
has a weight for each sign; the sums go through a softmax. The weights were fitted on a generated town whose families
are known (`calibrate`); with a proper score as the aim the probabilities come out calibrated (Niculescu-Mizil and
Caruana, "Predicting good probabilities with supervised learning", ICML 2005). What was measured: the reference.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from guanxi.parties.relationships.signs import Common, Payments, Person, in_order, payment_signs, signs_of

NOTHING: Final = "none"
LEAST: Final = 0.5  # what is not more likely than not is not proposed
FAMILY: Final = ("spouse", "parent", "sibling", "grandparent")
_WEIGHTS: Final = Path(__file__).parent / "weights.json"
_REGULAR_MONTHS: Final = 6


class Weights(msgspec.Struct, frozen=True):
    """The weight of each sign for each kind; `constant` is always there."""

    kinds: dict[str, dict[str, float]]

    def chances(self, signs: frozenset[str]) -> dict[str, float]:
        """How likely each kind is; together 1. A sign that was never seen weighs nothing."""
        sums = {
            kind: weights["constant"] + sum(weights.get(sign, 0.0) for sign in signs)
            for kind, weights in self.kinds.items()
        }
        most = max(sums.values())
        exponents = {kind: math.exp(value - most) for kind, value in sums.items()}
        total = sum(exponents.values())
        return {kind: value / total for kind, value in exponents.items()}


class Calibration(msgspec.Struct, frozen=True):
    """The weights for people, and for payments that may be wages."""

    people: Weights
    wages: Weights


class Verdict(NamedTuple):
    """What `first` probably is to `second`."""

    first: Person
    kind: str
    second: Person
    confidence: float


@functools.cache
def calibration() -> Calibration:
    """As it ships."""
    return msgspec.json.decode(_WEIGHTS.read_bytes(), type=Calibration)


def judge(one: Person, other: Person, common: Common, weights: Weights | None = None) -> Verdict | None:
    """The likeliest relationship of two people, if it is more likely than not.

    Where no single kind is, but family as a whole is, they are relatives. Kinds run from the elder to the younger.
    """
    if not common.anything:
        return None
    elder, younger = in_order(one, other)
    chances = (weights or calibration().people).chances(signs_of(elder, younger, common))
    kind, chance = max(
        ((kind, chance) for kind, chance in chances.items() if kind != NOTHING), key=lambda pair: pair[1]
    )
    if chance < LEAST:
        kind, chance = "relative", sum(chances.get(each, 0.0) for each in FAMILY)
    return Verdict(elder, kind, younger, round(chance, 4)) if chance >= LEAST else None


def chance_of_wages(paid: Payments, weights: Weights | None = None) -> float:
    """How likely it is that an organisation pays somebody for their work."""
    chances: Mapping[str, float] = (weights or calibration().wages).chances(payment_signs(paid))
    return round(chances["employer"], 4)


def chance_of_paying(paid: Payments) -> float:
    """How likely it is that the next month is paid too: Laplace's rule of succession; 0 for too short a time."""
    return round((paid.months + 1) / (paid.span + 2), 4) if paid.months >= _REGULAR_MONTHS else 0.0
