"""A register in PostgreSQL: rows, keys, pairs and frequencies in four tables, every look-up by an index.

Keys and values stand in the tables as 64-bit BLAKE2b numbers (RFC 7693). Two keys of one number would bring together a
pair that shares none, which costs a comparison and changes nothing else.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec
import psycopg

from guanxi.parties.resolution.candidates import Asked, Row
from guanxi.parties.resolution.clusters import DECIDED, Edge
from guanxi.parties.resolution.model import Model

_PUT: Final = """
WITH given AS (
    SELECT DISTINCT * FROM unnest(%(keys)s::bigint[], %(key_records)s::bigint[]) AS pairs (key, record)
), gone AS (
    DELETE FROM parties_resolutionkey k WHERE k.record = ANY(%(records)s)
    AND NOT EXISTS (SELECT FROM given WHERE given.key = k.key AND given.record = k.record)
), put_keys AS (
    INSERT INTO parties_resolutionkey (key, record) SELECT key, record FROM given ON CONFLICT DO NOTHING
), put_rows AS (
    INSERT INTO parties_resolutionrow (record, columns)
    SELECT (each -> 0)::bigint, each -> 1 FROM jsonb_array_elements(%(rows)s::jsonb) AS each
    ON CONFLICT (record) DO UPDATE SET columns = excluded.columns
)
DELETE FROM parties_resolutionpair WHERE low = ANY(%(records)s) OR high = ANY(%(records)s) RETURNING low, high
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
_VERDICTS: Final = """
SELECT DISTINCT ON (low, high) low, high, verdict FROM (
    SELECT low, high, id, verdict FROM parties_verdict WHERE low = ANY(%(records)s)
    UNION ALL
    SELECT low, high, id, verdict FROM parties_verdict WHERE high = ANY(%(records)s)
) AS told ORDER BY low, high, id DESC
"""
_FREQUENCIES: Final = "SELECT value, share FROM parties_resolutionfrequency WHERE value = ANY(%s)"
WEIGHT_OF_VERDICT: Final = {"same": DECIDED, "different": -DECIDED}
_MOST_REMEMBERED: Final = 500_000
_PUT_FREQUENCIES: Final = """
INSERT INTO parties_resolutionfrequency (value, share)
SELECT * FROM unnest(%(values)s::bigint[], %(shares)s::float8[])
ON CONFLICT (value) DO UPDATE SET share = excluded.share
"""


class SqlRegister:
    """The register of one model over a connection; the caller opens and ends the transaction."""

    def __init__(self, connection: psycopg.Connection[Any], model: Model) -> None:
        self._connection = connection
        self._model = model.name
        self._columns = model.frequency_columns
        self._shares: dict[tuple[str, Any], float | None] = {}

    def put(self, rows: Mapping[int, Row], keys: Mapping[int, Collection[str]]) -> set[int]:
        pairs = [(self._number(key), record) for record, own in keys.items() for key in own]
        given = {
            "records": list(rows),
            "rows": msgspec.json.encode(list(rows.items())).decode(),
            "keys": [key for key, _ in pairs],
            "key_records": [record for _, record in pairs],
        }
        return {record for lost in self._connection.execute(_PUT, given) for record in lost}

    def fill(self, rows: Iterable[tuple[int, Row, Collection[str]]]) -> None:
        """Take in very many (record, row, keys) at once, none of which is there yet."""
        with self._connection.cursor() as cursor:
            kept: list[tuple[int, int]] = []
            with cursor.copy("COPY parties_resolutionrow (record, columns) FROM STDIN") as copy:
                for record, row, keys in rows:
                    copy.write_row((record, msgspec.json.encode(row).decode()))
                    kept += [(self._number(key), record) for key in keys]
            with cursor.copy("COPY parties_resolutionkey (key, record) FROM STDIN") as copy:
                for pair in kept:
                    copy.write_row(pair)

    def fill_edges(self, edges: Iterable[tuple[int, int, float]]) -> None:
        """Take in very many weighed pairs at once, none of which is there yet."""
        with (
            self._connection.cursor() as cursor,
            cursor.copy("COPY parties_resolutionpair (low, high, weight) FROM STDIN") as copy,
        ):
            for edge in edges:
                copy.write_row(edge)

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
        found: dict[int, Row] = dict(self._connection.execute(_ROWS, [list(records)]).fetchall())
        self._remember_frequencies(found.values())
        return found

    def add_edges(self, edges: Collection[Edge]) -> None:
        parts = {
            "low": [edge.left for edge in edges],
            "high": [edge.right for edge in edges],
            "weight": [edge.weight for edge in edges],
        }
        self._connection.execute(_ADD_EDGES, parts)

    def edges_of(self, records: Collection[int]) -> Collection[Edge]:
        given = {"records": list(records)}
        found = {(low, high): Edge(low, high, weight) for low, high, weight in self._connection.execute(_EDGES, given)}
        for low, high, verdict in self._connection.execute(_VERDICTS, given):
            if verdict in WEIGHT_OF_VERDICT:
                found[low, high] = Edge(low, high, WEIGHT_OF_VERDICT[verdict])
        return list(found.values())

    def put_frequencies(self, column: str, shares: Iterable[tuple[str, float]]) -> None:
        """Keep how often values of `column` occur, as the model that was learnt with them has it."""
        known = {self._number(f"{column}={value}"): share for value, share in shares}
        self._connection.execute(_PUT_FREQUENCIES, {"values": list(known), "shares": list(known.values())})
        self._shares.clear()

    def frequency(self, column: str, value: Any) -> float | None:  # noqa: ANN401 - a column's value
        """How often `value` occurs, for the scorer: of rows that were fetched it is remembered."""
        return self._shares.get((column, value))

    def _remember_frequencies(self, rows: Iterable[Row]) -> None:
        """Look up in one question what is not known yet."""
        needed = {(column, row[column]) for row in rows for column in self._columns if row[column] is not None}
        if len(self._shares) + len(needed) > _MOST_REMEMBERED:
            self._shares = {each: self._shares[each] for each in needed if each in self._shares}
        wanted = needed - self._shares.keys()
        numbers = {each: self._number(f"{each[0]}={each[1]}") for each in wanted}
        known = dict(self._connection.execute(_FREQUENCIES, [list(numbers.values())]).fetchall()) if numbers else {}
        self._shares |= {each: known.get(number) for each, number in numbers.items()}

    def _number(self, text: str) -> int:
        digest = hashlib.blake2b(f"{self._model}\x1f{text}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)
