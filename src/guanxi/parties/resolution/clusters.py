"""From weighed pairs to parties: the strongest pairs join first; a join that other pairs speak against waits.

This is Kruskal's order (1956) with a condition on each join, in the manner of average linkage (R. Sokal and C.
Michener, 1958): the mean weight of all pairs between the two sides, where a pair that was never compared counts a
little against. A single record needs less than a bridge between two clusters does. Two values of what a party has
only one of (a resident identity number) never join. What is refused goes to review with its reason. A person's word
stands above all of it: a pair that weighs `DECIDED` joins, one that weighs `-DECIDED` keeps its sides apart.

The result depends on the pairs alone, not on their order, and a component of pairs does not depend on any other: so
after new records it is enough to cluster again the components that they touch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

_UNSEEN: Final = -1.0  # what a pair counts that blocking did not bring together
_MOST: Final = 15.0  # one pair alone does not outvote all others
_LEAST: Final = -10.0
_SINGLE_NEEDS: Final = -3.0
_BRIDGE_NEEDS: Final = 0.0
DECIDED: Final = 1000.0  # a pair of which a person said that it is one party (or, negative, that it is not)


class Reason(StrEnum):
    """Why two clusters are not one without a person's decision."""

    WEIGHT = "weight"  # between the two thresholds
    BRIDGE = "bridge"  # a pair joins two clusters whose other pairs do not agree
    CONTRADICTION = "contradiction"  # both sides have what a party has only one of


class Edge(NamedTuple):
    """A weighed pair, the smaller record first."""

    left: int
    right: int
    weight: float


class Doubt(NamedTuple):
    """The strongest pair between two clusters that a person should look at."""

    left: int
    right: int
    weight: float
    reason: Reason


class Clustering(NamedTuple):
    """`of` gives the cluster of each record that is in a pair, named for its smallest record."""

    of: dict[int, int]
    doubts: list[Doubt]


Exclusive = Mapping[int, tuple[Any, ...]]


def cluster(
    edges: Iterable[Edge], *, automatic: float, review: float, exclusive: Exclusive | None = None
) -> Clustering:
    """Clusters of the records in `edges`; `exclusive` has for a record the values of what a party has only one of."""
    ordered = sorted(edges, key=lambda edge: (-edge.weight, edge.left, edge.right))
    forest = _Forest(ordered, exclusive or {})
    refused: dict[tuple[int, int], Reason] = {}
    for edge in ordered:
        if edge.weight < automatic:
            break
        reason = forest.join(edge)
        if reason:
            refused[edge.left, edge.right] = reason
    return Clustering(forest.labels(), _doubts(ordered, forest, refused, review))


def cluster_arrays(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
    *,
    records: int,
    automatic: float,
    review: float,
    exclusive: Sequence[npt.NDArray[np.int64]] = (),
) -> tuple[npt.NDArray[np.int64], list[Doubt]]:
    """The same for millions of pairs: the cluster of each of `records` records, numbered from 0.

    `exclusive` has for each such column a code a record, -1 for none. A component in which every pair is above
    `automatic` and nothing contradicts is a cluster as it stands; the others are clustered one by one.
    """
    strong = weight >= automatic
    component = components(left[strong], right[strong], records)
    size = np.bincount(component, minlength=records)
    complete = np.bincount(component[left[strong]], minlength=records) == size * (size - 1) // 2
    for codes in exclusive:
        complete &= ~_contradicted(component, codes, records)
    within = component[left] == component[right]
    intricate = within & ~complete[component[left]]
    edges = map(
        Edge._make, zip(left[intricate].tolist(), right[intricate].tolist(), weight[intricate].tolist(), strict=True)
    )
    touched = np.union1d(left[intricate], right[intricate])
    values = dict(
        zip(touched.tolist(), zip(*(_values(codes[touched]) for codes in exclusive), strict=True), strict=True)
        if exclusive
        else []
    )
    found = cluster(edges, automatic=automatic, review=review, exclusive=values)
    labels = component.copy()
    if found.of:
        labels[np.fromiter(found.of.keys(), np.int64)] = np.fromiter(found.of.values(), np.int64)
    between = ~within & (weight >= review)
    return labels, [*found.doubts, *_doubts_between(left[between], right[between], weight[between], labels)]


def components(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], records: int) -> npt.NDArray[np.int64]:
    """The smallest record of each record's connected component, by hooking and pointer jumping.

    Y. Shiloach and U. Vishkin, "An O(log n) parallel connectivity algorithm", J. Algorithms 3 (1982).
    """
    parent = np.arange(records, dtype=np.int64)
    while len(left):
        low, high = np.minimum(parent[left], parent[right]), np.maximum(parent[left], parent[right])
        np.minimum.at(parent, high, low)
        while True:
            jumped = parent[parent]
            if np.array_equal(jumped, parent):
                break
            parent = jumped
        open_still = parent[left] != parent[right]
        left, right = left[open_still], right[open_still]
    return parent


class _Forest:
    """Clusters that grow: the sum of weights and the number of pairs between each two that have any."""

    def __init__(self, edges: Sequence[Edge], exclusive: Exclusive) -> None:
        self._parent: dict[int, int] = {}
        self._between: defaultdict[int, dict[int, tuple[float, int]]] = defaultdict(dict)
        self._apart: defaultdict[int, set[int]] = defaultdict(set)
        for left, right, weight in edges:
            bounded = max(min(weight, _MOST), _LEAST)
            self._between[left][right] = self._between[right][left] = (bounded, 1)
            self._parent[left], self._parent[right] = left, right
            if weight <= -DECIDED:
                self._apart[left].add(right)
                self._apart[right].add(left)
        self._members = dict.fromkeys(self._parent, 1)
        self._exclusive = {record: exclusive[record] for record in self._parent if record in exclusive}

    def root(self, record: int) -> int:
        parent = self._parent
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    def join(self, edge: Edge) -> Reason | None:
        """Join the sides of `edge`, or say why not."""
        one, other = self.root(edge.left), self.root(edge.right)
        if one == other:
            return None
        if other in self._apart[one]:
            return Reason.CONTRADICTION
        if edge.weight >= DECIDED:
            self._unite(one, other)
            return None
        if self._contradict(one, other):
            return Reason.CONTRADICTION
        if self._mean(one, other) < (
            _SINGLE_NEEDS if 1 in (self._members[one], self._members[other]) else _BRIDGE_NEEDS
        ):
            return Reason.BRIDGE
        self._unite(one, other)
        return None

    def labels(self) -> dict[int, int]:
        """The smallest record of each record's cluster."""
        smallest: dict[int, int] = {}
        for record in sorted(self._parent):
            smallest.setdefault(self.root(record), record)
        return {record: smallest[self.root(record)] for record in self._parent}

    def _unite(self, one: int, other: int) -> None:
        self._absorb(*((one, other) if len(self._between[one]) >= len(self._between[other]) else (other, one)))

    def _mean(self, one: int, other: int) -> float:
        total, seen = self._between[one][other]
        every = self._members[one] * self._members[other]
        return (total + _UNSEEN * (every - seen)) / every

    def _contradict(self, one: int, other: int) -> bool:
        mine, theirs = self._exclusive.get(one), self._exclusive.get(other)
        if not mine or not theirs:
            return False
        return any(a is not None and b is not None and a != b for a, b in zip(mine, theirs, strict=True))

    def _absorb(self, into: int, gone: int) -> None:
        near = self._between[into]
        for other, (total, seen) in self._between.pop(gone).items():
            if other != into:
                had = near.get(other, (0.0, 0))
                near[other] = self._between[other][into] = (had[0] + total, had[1] + seen)
                del self._between[other][gone]
        del near[gone]
        for far in self._apart.pop(gone, ()):
            self._apart[far].discard(gone)
            self._apart[far].add(into)
            self._apart[into].add(far)
        self._members[into] += self._members.pop(gone)
        self._parent[gone] = into
        mine, theirs = self._exclusive.get(into), self._exclusive.pop(gone, None)
        if theirs:
            pairs = zip(mine or (None,) * len(theirs), theirs, strict=True)
            self._exclusive[into] = tuple(b if a is None else a for a, b in pairs)


def _doubts(
    ordered: Sequence[Edge], forest: _Forest, refused: Mapping[tuple[int, int], Reason], review: float
) -> list[Doubt]:
    found: dict[tuple[int, int], Doubt] = {}
    for left, right, weight in ordered:
        if weight < review:
            break
        sides = sorted((forest.root(left), forest.root(right)))
        if sides[0] != sides[1]:
            reason = refused.get((left, right), Reason.WEIGHT)
            found.setdefault((sides[0], sides[1]), Doubt(left, right, weight, reason))
    return list(found.values())


def _doubts_between(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
) -> list[Doubt]:
    order = np.lexsort((right, left, -weight))
    low = np.minimum(labels[left], labels[right])[order]
    high = np.maximum(labels[left], labels[right])[order]
    _, first = np.unique(low * np.int64(len(labels)) + high, return_index=True)
    chosen = order[first]
    triples = zip(left[chosen].tolist(), right[chosen].tolist(), weight[chosen].tolist(), strict=True)
    return [Doubt(*triple, Reason.WEIGHT) for triple in triples]


def _contradicted(
    component: npt.NDArray[np.int64], codes: npt.NDArray[np.int64], records: int
) -> npt.NDArray[np.bool_]:
    """The components in which more than one value occurs."""
    there = codes >= 0
    low = np.full(records, np.iinfo(np.int64).max)
    high = np.full(records, -1)
    np.minimum.at(low, component[there], codes[there])
    np.maximum.at(high, component[there], codes[there])
    return (high >= 0) & (low < high)


def _values(codes: npt.NDArray[np.int64]) -> list[int | None]:
    return [None if code < 0 else code for code in codes.tolist()]
