"""Whether reviewers who judged the same pairs agree, beyond what chance would bring about.

Kappa is that of J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement
20 (1960); its standard error that of J. Fleiss, J. Cohen and B. Everitt, "Large sample standard errors of kappa and
weighted kappa", Psychological Bulletin 72 (1969). Several couples of reviewers are put together by the number of
their pairs: W. Barlow, M. Lai and S. Azen, "A comparison of methods for calculating a stratified kappa", Statistics in
Medicine 10 (1991).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

Z95: Final = 1.959963984540054
ENOUGH: Final = 30  # fewer pairs judged twice give an interval that says little; the screen says so


class Agreement(NamedTuple):
    """What came of pairs that were judged twice.

    `kappa` is None where it is not defined: nothing was judged, or each gave one answer and nothing else.
    `low` and `high` are the bounds of its 95 % interval.
    """

    pairs: int
    observed: float
    chance: float
    kappa: float | None = None
    error: float = 0.0
    low: float = -1.0
    high: float = 1.0

    @property
    def enough(self) -> bool:
        """Whether the interval, which is one for large samples, can be relied on."""
        return self.pairs >= ENOUGH


def cohen(table: Sequence[Sequence[int]]) -> Agreement:
    """Kappa of two reviewers from the table of their answers: a row for each answer of one, a column of the other."""
    pairs = sum(map(sum, table))
    if not pairs:
        return Agreement(0, 0.0, 0.0)
    cells = [[number / pairs for number in row] for row in table]
    rows, columns = [sum(row) for row in cells], [sum(column) for column in zip(*cells, strict=True)]
    observed = sum(cells[answer][answer] for answer in range(len(cells)))
    chance = sum(row * column for row, column in zip(rows, columns, strict=True))
    if math.isclose(chance, 1.0):
        return Agreement(pairs, observed, chance)
    kappa = (observed - chance) / (1 - chance)
    error = math.sqrt(max(_variance(cells, rows, columns, observed, chance), 0.0) / pairs)
    low, high = _interval(kappa, error, (observed, chance), pairs)
    return Agreement(pairs, observed, chance, kappa, error, low, high)


def pooled(couples: Iterable[Agreement]) -> Agreement:
    """One kappa of several couples of reviewers. Couples whose kappa is not defined count in `pairs` alone."""
    all_of_them = list(couples)
    pairs = sum(each.pairs for each in all_of_them)
    if not pairs:
        return Agreement(0, 0.0, 0.0)
    observed = sum(each.observed * each.pairs for each in all_of_them) / pairs
    chance = sum(each.chance * each.pairs for each in all_of_them) / pairs
    known = [(each.kappa, each) for each in all_of_them if each.kappa is not None]
    if not known:
        return Agreement(pairs, observed, chance)
    if len(known) == 1:
        return known[0][1]._replace(pairs=pairs, observed=observed, chance=chance)
    weights = sum(each.pairs for _, each in known)
    kappa = sum(value * each.pairs for value, each in known) / weights
    error = math.sqrt(sum((each.error * each.pairs) ** 2 for _, each in known)) / weights
    low, high = _interval(kappa, error, (observed, chance), weights)
    return Agreement(pairs, observed, chance, kappa, error, low, high)


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """The 95 % interval of a share: E. Wilson, "Probable inference, the law of succession", JASA 22 (1927)."""
    if not trials:
        return 0.0, 1.0
    share, square = successes / trials, Z95**2
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = Z95 / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    return max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0)


def _variance(
    cells: list[list[float]], rows: list[float], columns: list[float], observed: float, chance: float
) -> float:
    """Formula 13 of Fleiss, Cohen and Everitt, without the number of pairs."""
    answers = range(len(cells))
    agreed = sum(
        cells[each][each] * ((1 - chance) - (rows[each] + columns[each]) * (1 - observed)) ** 2 for each in answers
    )
    differed = sum(
        cells[one][other] * (columns[one] + rows[other]) ** 2 for one in answers for other in answers if one != other
    )
    centre = (observed * chance - 2 * chance + observed) ** 2
    return (agreed + (1 - observed) ** 2 * differed - centre) / (1 - chance) ** 4


def _interval(kappa: float, error: float, shares: tuple[float, float], pairs: int) -> tuple[float, float]:
    """Where all agree the error is nothing and says too much: there the bound of the agreement itself is used."""
    if error > 0:
        return max(kappa - Z95 * error, -1.0), min(kappa + Z95 * error, 1.0)
    observed, chance = shares
    least, _ = wilson(observed * pairs, pairs)
    return min(max((least - chance) / (1 - chance), -1.0), kappa), kappa
