"""Who ultimately owns a company, through any chain and any circle of shareholdings.

Shares are known company by company: A[i, j] is the part of j that i holds directly. What i holds in the end is the
*integrated ownership* of Brioschi, Buzzacchi and Colombo, "Risk capital financing and the separation of ownership and
control in business groups", Journal of Banking and Finance 13 (1989), in the form corrected for circles of Baldone,
Brioschi and Paleari, "Ownership measures among firms connected by cross-shareholdings and a further analogy with
input-output theory" (1998), as used by Vitali, Glattfelder and Battiston, "The network of global corporate control",
PLoS ONE 6(10), 2011, e25995:

    V = (I - A)^-1        Y = diag(V)^-1 (V - I)

Every path counts with the product of its shares, a circle with the sum of its series; dividing by the diagonal leaves
out the paths that come through the owner itself.

*Beneficial owners* are the natural persons with a quarter or more: 25 % or more, direct or indirect, multiplied along
chains and added over them (Regulation (EU) 2024/1624, articles 51 and 52; the People's Bank of China and the State
Administration for Market Regulation, Order No. 3 of 2024, article 6, "25%以上" which includes the figure itself; the
most that FATF's interpretive note to recommendation 24 allows). *Control* goes with more than half of the votes at
each step, own votes and those of controlled companies together ("company control": Mumick, Pirahesh and Ramakrishnan,
"The magic of duplicates and aggregates", VLDB 1990).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

BENEFICIAL: Final = 0.25
MAJORITY: Final = 0.5
_NEARLY_NOTHING: Final = 1e-9
_MOST_CHAINS: Final = 20
_LONGEST_CHAIN: Final = 12
_MOST_STEPS: Final = 20_000

Name = TypeVar("Name", bound=Hashable)
Matrix = npt.NDArray[np.float64]


class Share(NamedTuple, Generic[Name]):
    """`owner` holds `part` (0 to 1) of `company` directly."""

    owner: Name
    company: Name
    part: float


class Owner(NamedTuple, Generic[Name]):
    """What somebody holds of a company in the end."""

    name: Name
    part: float
    direct: float
    controls: bool


class Chain(NamedTuple, Generic[Name]):
    """One way from an owner down to a company, and what it comes to."""

    names: tuple[Name, ...]
    parts: tuple[float, ...]

    @property
    def part(self) -> float:
        """The product of the parts."""
        return float(np.prod(self.parts))


class Ownership(NamedTuple, Generic[Name]):
    """Everybody who holds something of `company` in the end, the most first, and what was odd on the way.

    `circles` are groups of companies that own one another; those in `closed` are owned by nobody outside, and what they
    hold belongs to no one in the end. `exceeding` companies have more than 100 % told of them: their shares were scaled
    down.
    """

    company: Name
    owners: tuple[Owner[Name], ...]
    circles: tuple[tuple[Name, ...], ...]
    closed: tuple[tuple[Name, ...], ...]
    exceeding: tuple[tuple[Name, float], ...]
    unknown: float  # the part that is in nobody's hands we know of

    def beneficial(self, persons: Iterable[Name]) -> list[Owner[Name]]:
        """The owners among `persons` who hold a quarter or more in the end."""
        natural = set(persons)
        return [owner for owner in self.owners if owner.name in natural and owner.part >= BENEFICIAL - _NEARLY_NOTHING]


def ownership_of(company: Name, shares: Sequence[Share[Name]]) -> Ownership[Name]:
    """Who owns `company` in the end. Several shares of one owner in one company add up; one in itself is left out."""
    direct, exceeding = _direct(shares)
    above = _above(company, direct)
    names = sorted(above, key=lambda name: (name != company, str(name)))
    position = {name: number for number, name in enumerate(names)}
    circles = [circle for circle in _circles(names, direct) if len(circle) > 1]
    closed = [circle for circle in circles if _is_closed(circle, direct)]
    held = integrated(_matrix(position, direct, {name for circle in closed for name in circle}))[:, position[company]]
    holdings = _holdings(direct)
    owners = [
        Owner(name, float(held[at]), direct.get(company, {}).get(name, 0.0), company in controlled_by(name, holdings))
        for name, at in position.items()
        if name != company and held[at] > _NEARLY_NOTHING
    ]
    last = sum(owner.part for owner in owners if not direct.get(owner.name))
    return Ownership(
        company,
        tuple(sorted(owners, key=lambda owner: (-owner.part, str(owner.name)))),
        tuple(circles),
        tuple(closed),
        tuple((name, total) for name, total in exceeding.items() if name in above),
        max(0.0, 1 - last),
    )


def _matrix(position: Mapping[Name, int], direct: Mapping[Name, Mapping[Name, float]], cut: set[Name]) -> Matrix:
    """The direct shares; those in companies of closed circles are left out, because nobody outside has any."""
    matrix = np.zeros((len(position), len(position)))
    for owned in position.keys() - cut:
        for owner, part in direct.get(owned, {}).items():
            matrix[position[owner], position[owned]] = part
    return matrix


def integrated(direct: Matrix) -> Matrix:
    """Y = diag(V)^-1 (V - I) with V = (I - A)^-1; see the module for the source."""
    size = len(direct)
    paths = np.linalg.inv(np.eye(size) - direct)
    result: Matrix = (paths - np.eye(size)) / np.diag(paths)[:, None]
    return result


def controlled_by(name: Name, holdings: Mapping[Name, Mapping[Name, float]]) -> set[Name]:
    """The companies in which `name` and what it controls have more than half: grown until nothing is added."""
    votes: dict[Name, float] = defaultdict(float)
    controlled: set[Name] = set()
    waiting = [name]
    while waiting:
        for company, part in holdings.get(waiting.pop(), {}).items():
            votes[company] += part
            if votes[company] > MAJORITY + _NEARLY_NOTHING and company not in controlled and company != name:
                controlled.add(company)
                waiting.append(company)
    return controlled


def chains(owner: Name, company: Name, shares: Sequence[Share[Name]]) -> list[Chain[Name]]:
    """The ways by which `owner` holds `company` without passing anybody twice: the weightiest, a bounded number."""
    direct, _ = _direct(shares)
    found = []
    steps = 0
    waiting: list[tuple[tuple[Name, ...], tuple[float, ...]]] = [((company,), ())]
    while waiting and steps < _MOST_STEPS:
        names, parts = waiting.pop()
        for above, part in direct.get(names[0], {}).items():
            steps += 1
            if above == owner:
                found.append(Chain((above, *names), (part, *parts)))
            elif above not in names and len(names) < _LONGEST_CHAIN:
                waiting.append(((above, *names), (part, *parts)))
    return sorted(found, key=lambda chain: -chain.part)[:_MOST_CHAINS]


def _direct(shares: Iterable[Share[Name]]) -> tuple[dict[Name, dict[Name, float]], dict[Name, float]]:
    """Per company who holds how much of it, at most all of it; and the companies of which more than all was told."""
    direct: dict[Name, dict[Name, float]] = defaultdict(dict)
    for owner, company, part in shares:
        if owner != company and part > 0:
            direct[company][owner] = direct[company].get(owner, 0.0) + part
    exceeding = {}
    for company, owners in direct.items():
        total = sum(owners.values())
        if total > 1 + _NEARLY_NOTHING:
            exceeding[company] = total
            direct[company] = {owner: part / total for owner, part in owners.items()}
    return dict(direct), exceeding


def _holdings(direct: Mapping[Name, Mapping[Name, float]]) -> dict[Name, dict[Name, float]]:
    """The same shares by their owner."""
    held: dict[Name, dict[Name, float]] = defaultdict(dict)
    for company, owners in direct.items():
        for owner, part in owners.items():
            held[owner][company] = part
    return dict(held)


def _above(company: Name, direct: Mapping[Name, Mapping[Name, float]]) -> set[Name]:
    found, waiting = {company}, [company]
    while waiting:
        for owner in direct.get(waiting.pop(), {}):
            if owner not in found:
                found.add(owner)
                waiting.append(owner)
    return found


def _is_closed(circle: Sequence[Name], direct: Mapping[Name, Mapping[Name, float]]) -> bool:
    """Everything of everybody in the circle is held within it: I - A has no inverse then."""
    inside = set(circle)
    return all(
        sum(part for owner, part in direct.get(name, {}).items() if owner in inside) > 1 - _NEARLY_NOTHING
        for name in circle
    )


def _circles(names: Sequence[Name], direct: Mapping[Name, Mapping[Name, float]]) -> Iterator[tuple[Name, ...]]:
    """The strongly connected components (Kosaraju 1978; Sharir 1981): walk up, then down in the order of leaving."""
    up = {company: list(owners) for company, owners in direct.items()}
    down = {owner: list(companies) for owner, companies in _holdings(direct).items()}
    left: list[Name] = []
    seen: set[Name] = set()
    for name in names:
        left += _walk(name, up, seen)
    seen = set()
    for name in reversed(left):
        found = _walk(name, down, seen)
        if found:
            yield tuple(sorted(found, key=str))


def _walk(start: Name, edges: Mapping[Name, Sequence[Name]], seen: set[Name]) -> list[Name]:
    """What is reached from `start` and not yet seen, in the order in which a depth-first walk leaves it."""
    if start in seen:
        return []
    seen.add(start)
    left: list[Name] = []
    path = [(start, iter(edges.get(start, ())))]
    while path:
        name, others = path[-1]
        other = next((each for each in others if each not in seen), None)
        if other is None:
            left.append(name)
            path.pop()
        else:
            seen.add(other)
            path.append((other, iter(edges.get(other, ()))))
    return left
