"""Values that implausibly many different records share: a placeholder that no list of placeholders knows.

A household shares a telephone, a firm an address; a million records do not. What is plausible depends on the field and
on how often its values are shared at all: a birth date is shared by hundreds in any bank. So the limit is the larger of
the field's own and ten standard deviations over the 95th percentile of what its values are shared by, taken as a
Poisson count.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

PLAUSIBLE: Final[Mapping[str, int]] = {
    "phones": 12,
    "emails": 6,
    "identifiers": 3,
    "address": 60,
    "birth_date": 60,
}
_USUAL: Final = 0.95
_DEVIATIONS: Final = 10


class FrequentValue(NamedTuple):
    """A value, how many different holders it has, and how many would be plausible."""

    value: str
    holders: int
    plausible: int


def frequent_values(holdings: Iterable[tuple[str, str]], field: str) -> list[FrequentValue]:
    """The values of `field` that too many share, most shared first.

    `holdings` are pairs of a value and who holds it (a name does: five records of one customer are one holder).
    """
    holders = Counter(value for value, _ in set(holdings))
    limit = plausible_limit(holders.values(), PLAUSIBLE[field])
    return [FrequentValue(value, count, limit) for value, count in holders.most_common() if count > limit]


def plausible_limit(counts: Iterable[int], least: int) -> int:
    """How many may share one value, from how many share the others."""
    ordered = sorted(counts)
    if not ordered:
        return least
    usual = ordered[math.ceil(_USUAL * len(ordered)) - 1]
    return max(least, math.ceil(usual + _DEVIATIONS * math.sqrt(usual)))
