"""Live resolution: a new or changed record is compared with those that share a blocking key, found by look-ups.

The port is small, so that the same code runs over memory and over SQL: records by key, columns by record, pairs kept.
What a record touches is clustered again from the pairs kept, which gives what a full run over the same pairs gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from guanxi.parties.resolution.blocking import keys_of
from guanxi.parties.resolution.clusters import Clustering, Edge, cluster
from guanxi.parties.resolution.model import Model
from guanxi.parties.resolution.scoring import Scorer

_FORGET = -12.0


class Register(Protocol):
    """Where records, their keys and their pairs are kept."""

    def put(self, record: int, row: Mapping[str, Any], keys: Collection[str]) -> None:
        """Keep a record; one of the same number is replaced, and its pairs go."""

    def sharing(self, key: str, most: int) -> Collection[int]:
        """The records that have `key`; none if more than `most` have it."""

    def row(self, record: int) -> Mapping[str, Any]:
        """The columns of a record."""

    def add_edges(self, edges: Collection[Edge]) -> None:
        """Keep weighed pairs."""

    def edges_of(self, record: int) -> Collection[Edge]:
        """The pairs that a record is in."""


class Placed(NamedTuple):
    """What became of some records: the clusters of all that they touch, and the pairs that they brought."""

    clustering: Clustering
    edges: list[Edge]


def place(register: Register, model: Model, scorer: Scorer, rows: Mapping[int, Mapping[str, Any]]) -> Placed:
    """Take in new or changed records, weigh them against their candidates, and cluster again what they touch."""
    brought: list[Edge] = []
    for record, row in rows.items():
        keys = list(keys_of(model.rules, row))
        register.put(record, row, keys)
        edges = compare(register, model, scorer, record, row, keys)
        register.add_edges(edges)
        brought.extend(edges)
    return Placed(cluster_around(register, model, rows), brought)


def compare(
    register: Register, model: Model, scorer: Scorer, record: int, row: Mapping[str, Any], keys: Iterable[str]
) -> list[Edge]:
    """The weighed pairs of a record with its candidates."""
    found: set[int] = set()
    for key in keys:
        found.update(register.sharing(key, model.rules[int(key.partition("\x1f")[0])].most))
    found.discard(record)
    edges = []
    for other in sorted(found):
        weight = scorer.score(row, register.row(other)).weight
        if weight >= _FORGET:
            edges.append(Edge(min(record, other), max(record, other), weight))
    return edges


def cluster_around(register: Register, model: Model, records: Iterable[int]) -> Clustering:
    """Cluster the components of automatic pairs that hold `records`, from the pairs kept."""
    reached: set[int] = set(records)
    ahead = list(reached)
    edges: dict[tuple[int, int], Edge] = {}
    while ahead:
        for edge in register.edges_of(ahead.pop()):
            edges[edge.left, edge.right] = edge
            if edge.weight >= model.automatic:
                new = {edge.left, edge.right} - reached
                reached |= new
                ahead.extend(new)
    exclusive = {record: tuple(register.row(record)[column] for column in model.exclusive) for record in reached}
    inside = [edge for edge in edges.values() if edge.left in reached and edge.right in reached]
    found = cluster(inside, automatic=model.automatic, review=model.review, exclusive=exclusive)
    alone = {record: record for record in reached if record not in found.of}
    return Clustering(found.of | alone, found.doubts)


class MemoryRegister:
    """A register in memory, for tests, benchmarks and a try-out of a file."""

    def __init__(self) -> None:
        self._rows: dict[int, Mapping[str, Any]] = {}
        self._keys: dict[int, Collection[str]] = {}
        self._records: defaultdict[str, set[int]] = defaultdict(set)
        self._edges: defaultdict[int, dict[int, Edge]] = defaultdict(dict)

    def put(self, record: int, row: Mapping[str, Any], keys: Collection[str]) -> None:
        for key in self._keys.get(record, ()):
            self._records[key].discard(record)
        for other in self._edges.pop(record, {}):
            del self._edges[other][record]
        self._rows[record], self._keys[record] = row, keys
        for key in keys:
            self._records[key].add(record)

    def sharing(self, key: str, most: int) -> Collection[int]:
        found = self._records.get(key, set())
        return found if len(found) <= most else ()

    def row(self, record: int) -> Mapping[str, Any]:
        return self._rows[record]

    def add_edges(self, edges: Collection[Edge]) -> None:
        for edge in edges:
            self._edges[edge.left][edge.right] = self._edges[edge.right][edge.left] = edge

    def edges_of(self, record: int) -> Collection[Edge]:
        return self._edges[record].values() if record in self._edges else ()
