"""A register in PostgreSQL: rows, keys, pairs and frequencies in four tables, every look-up by an index.

Keys and values stand in the tables as 64-bit BLAKE2b numbers (RFC 7693). Two keys of one number would bring together a
pair that shares none, which costs a comparison and changes nothing else.
"""

from __future__ import annotations

import functools
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import starmap
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from guanxi.parties.resolution.candidates import Asked, Row
from guanxi.parties.resolution.clusters import Edge

_FORGET_KEYS: Final = "DELETE FROM parties_resolutionkey WHERE record = ANY(%(records)s)"
_FORGET_PAIRS: Final = (
    "DELETE FROM parties_resolutionpair WHERE low = ANY(%(records)s)",
    "DELETE FROM parties_resolutionpair WHERE high = ANY(%(records)s)",
)
_PUT: Final = """
INSERT INTO parties_resolutionrow (record, columns)
SELECT * FROM unnest(%(records)s::bigint[], %(columns)s::jsonb[])
ON CONFLICT (record) DO UPDATE SET columns = excluded.columns
"""
_PUT_KEYS: Final = """
INSERT INTO parties_resolutionkey (key, record)
SELECT DISTINCT * FROM unnest(%(keys)s::bigint[], %(records)s::bigint[])
"""
_SHARING: Final = """
SELECT asked.record, near.records
FROM unnest(%(records)s::bigint[], %(keys)s::bigint[], %(most)s::integer[]) AS asked (record, key, most)
CROSS JOIN LATERAL (
    SELECT array_agg(record) AS records FROM (
        SELECT k.record FROM parties_resolutionkey k WHERE k.key = asked.key LIMIT asked.most + 1
    ) AS members
) AS near
WHERE cardinality(near.records) <= asked.most
"""
_ROWS: Final = "SELECT record, columns FROM parties_resolutionrow WHERE record = ANY(%s)"
_ADD_EDGES: Final = """
INSERT INTO parties_resolutionpair (low, high, weight)
SELECT * FROM unnest(%(low)s::bigint[], %(high)s::bigint[], %(weight)s::float8[])
ON CONFLICT (low, high) DO UPDATE SET weight = excluded.weight
"""
_EDGES: Final = """
SELECT low, high, weight FROM parties_resolutionpair WHERE low = ANY(%(records)s)
UNION
SELECT low, high, weight FROM parties_resolutionpair WHERE high = ANY(%(records)s)
"""
_FREQUENCY: Final = "SELECT share FROM parties_resolutionfrequency WHERE value = %s"
_PUT_FREQUENCIES: Final = """
INSERT INTO parties_resolutionfrequency (value, share)
SELECT * FROM unnest(%(values)s::bigint[], %(shares)s::float8[])
ON CONFLICT (value) DO UPDATE SET share = excluded.share
"""


class SqlRegister:
    """The register of one model over a connection; the caller opens and ends the transaction."""

    def __init__(self, connection: psycopg.Connection[Any], model: str) -> None:
        self._connection = connection
        self._model = model
        self.frequency = functools.lru_cache(maxsize=100_000)(self._frequency)

    def put(self, rows: Mapping[int, Row], keys: Mapping[int, Collection[str]]) -> None:
        records = list(rows)
        for statement in (_FORGET_KEYS, *_FORGET_PAIRS):
            self._connection.execute(statement, {"records": records})
        self._connection.execute(_PUT, {"records": records, "columns": [Jsonb(dict(row)) for row in rows.values()]})
        pairs = [(self._number(key), record) for record, own in keys.items() for key in own]
        self._connection.execute(
            _PUT_KEYS, {"keys": [key for key, _ in pairs], "records": [record for _, record in pairs]}
        )

    def sharing(self, asked: Collection[Asked]) -> Mapping[int, Collection[int]]:
        question = {
            "records": [each.record for each in asked],
            "keys": [self._number(each.key) for each in asked],
            "most": [each.most for each in asked],
        }
        found: defaultdict[int, set[int]] = defaultdict(set)
        for record, near in self._connection.execute(_SHARING, question):
            found[record].update(near)
        return found

    def rows(self, records: Collection[int]) -> Mapping[int, Row]:
        return dict(self._connection.execute(_ROWS, [list(records)]).fetchall())

    def add_edges(self, edges: Collection[Edge]) -> None:
        parts = {
            "low": [edge.left for edge in edges],
            "high": [edge.right for edge in edges],
            "weight": [edge.weight for edge in edges],
        }
        self._connection.execute(_ADD_EDGES, parts)

    def edges_of(self, records: Collection[int]) -> Collection[Edge]:
        return list(starmap(Edge, self._connection.execute(_EDGES, {"records": list(records)})))

    def put_frequencies(self, column: str, shares: Iterable[tuple[str, float]]) -> None:
        """Keep how often values of `column` occur, as the model that was learnt with them has it."""
        known = {self._number(f"{column}={value}"): share for value, share in shares}
        self._connection.execute(_PUT_FREQUENCIES, {"values": list(known), "shares": list(known.values())})
        self.frequency.cache_clear()

    def _frequency(self, column: str, value: Any) -> float | None:  # noqa: ANN401 - a column's value
        row = self._connection.execute(_FREQUENCY, [self._number(f"{column}={value}")]).fetchone()
        return row[0] if row else None

    def _number(self, text: str) -> int:
        digest = hashlib.blake2b(f"{self._model}\x1f{text}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)
