"""Live resolution: a new or changed record is compared with those that share a blocking key, found by look-ups.

The port is small, so that the same code runs over memory and over PostgreSQL (`store`): records by key, columns by
record, pairs kept. What a record touches is clustered again from the pairs kept, which gives what a full run over them
gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from guanxi.parties.resolution.blocking import keys_of
from guanxi.parties.resolution.clusters import Clustering, Doubt, Edge, Reason, cluster
from guanxi.parties.resolution.model import Model
from guanxi.parties.resolution.scoring import Scorer
from guanxi.parties.resolution.weighing import FORGET

Row = Mapping[str, Any]


class Asked(NamedTuple):
    """A question for those who share `key` with `record`, unless more than `most` have it."""

    record: int
    key: str
    most: int


class Register(Protocol):
    """Where records, their keys and their pairs are kept."""

    def put(self, rows: Mapping[int, Row], keys: Mapping[int, Collection[str]]) -> set[int]:
        """Keep records with their keys; one of the same number is replaced, and its pairs go.

        Gives the records that lost a pair.
        """

    def sharing(self, asked: Collection[Asked]) -> Mapping[int, Collection[int]]:
        """For each record those that share a key with it, itself among them."""

    def rows(self, records: Collection[int]) -> Mapping[int, Row]:
        """The columns of records."""

    def add_edges(self, edges: Collection[Edge]) -> None:
        """Keep weighed pairs."""

    def edges_of(self, records: Collection[int]) -> Collection[Edge]:
        """The pairs that any of the records is in."""


class Placed(NamedTuple):
    """What became of some records: the clusters of all that they touch, and the pairs that they brought."""

    clustering: Clustering
    edges: list[Edge]


def place(register: Register, model: Model, scorer: Scorer, rows: Mapping[int, Row]) -> Placed:
    """Take in new or changed records, weigh them against their candidates, and cluster again what they touch.

    A changed record may leave others behind: they are clustered again too.
    """
    keys = {record: sorted(set(keys_of(model.rules, row))) for record, row in rows.items()}
    left_behind = register.put(rows, keys)
    known, edges = compare(register, model, scorer, rows, keys)
    if edges:
        register.add_edges(edges)
    return Placed(cluster_around(register, model, left_behind.union(rows), known), edges)


def compare(
    register: Register, model: Model, scorer: Scorer, rows: Mapping[int, Row], keys: Mapping[int, Collection[str]]
) -> tuple[Mapping[int, Row], list[Edge]]:
    """The weighed pairs of records with their candidates, each pair once; and the columns of all of them."""
    asked = [
        Asked(record, key, model.rules[int(key.partition("\x1f")[0])].most)
        for record, own in keys.items()
        for key in own
    ]
    found = register.sharing(asked)
    pairs = {(min(record, other), max(record, other)) for record, near in found.items() for other in near} - {
        (record, record) for record in rows
    }
    known = register.rows({record for pair in pairs for record in pair}.union(rows))
    weighed = (Edge(left, right, scorer.score(known[left], known[right]).weight) for left, right in sorted(pairs))
    return known, [edge for edge in weighed if edge.weight >= FORGET]


def cluster_around(
    register: Register, model: Model, records: Iterable[int], known: Mapping[int, Row] | None = None
) -> Clustering:
    """Cluster the components of automatic pairs that hold `records`, from the pairs kept.

    `known` are columns that need not be fetched again.
    """
    reached: set[int] = set(records)
    ahead = reached
    edges: dict[tuple[int, int], Edge] = {}
    while ahead:
        met = register.edges_of(ahead)
        edges |= {(edge.left, edge.right): edge for edge in met}
        ahead = {end for edge in met if edge.weight >= model.automatic for end in (edge.left, edge.right)} - reached
        reached = reached | ahead
    rows = dict(known or {})
    if unknown := reached - rows.keys():
        rows |= register.rows(unknown)
    exclusive = {record: tuple(rows[record][column] for column in model.exclusive) for record in reached}
    inside = [edge for edge in edges.values() if edge.left in reached and edge.right in reached]
    found = cluster(inside, automatic=model.automatic, review=model.review, exclusive=exclusive)
    outside = [edge for edge in edges.values() if not (edge.left in reached and edge.right in reached)]
    alone = {record: record for record in reached if record not in found.of}
    doubts = [Doubt(*edge, Reason.WEIGHT) for edge in sorted(outside) if edge.weight >= model.review]
    return Clustering(found.of | alone, [*found.doubts, *doubts])


class MemoryRegister:
    """A register in memory, for tests, benchmarks and a try-out of a file."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._keys: dict[int, Collection[str]] = {}
        self._records: dict[str, list[int]] = {}
        self._edges: defaultdict[int, dict[int, Edge]] = defaultdict(dict)

    def put(self, rows: Mapping[int, Row], keys: Mapping[int, Collection[str]]) -> set[int]:
        left_behind: set[int] = set()
        for record, row in rows.items():
            for key in self._keys.get(record, ()):
                self._records[key].remove(record)
            for other in self._edges.pop(record, {}):
                del self._edges[other][record]
                left_behind.add(other)
            self._rows[record], self._keys[record] = row, tuple(keys[record])
            for key in keys[record]:
                self._records.setdefault(key, []).append(record)
        return left_behind

    def sharing(self, asked: Collection[Asked]) -> Mapping[int, Collection[int]]:
        found: defaultdict[int, set[int]] = defaultdict(set)
        for record, key, most in asked:
            near = self._records.get(key, ())
            if len(near) <= most:
                found[record].update(near)
        return found

    def rows(self, records: Collection[int]) -> Mapping[int, Row]:
        return {record: self._rows[record] for record in records}

    def add_edges(self, edges: Collection[Edge]) -> None:
        for edge in edges:
            self._edges[edge.left][edge.right] = self._edges[edge.right][edge.left] = edge

    def edges_of(self, records: Collection[int]) -> Collection[Edge]:
        return [edge for record in records if record in self._edges for edge in self._edges[record].values()]
