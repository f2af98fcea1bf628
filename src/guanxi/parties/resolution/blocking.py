"""Which pairs are compared at all: those that share a blocking key that is not shared by too many.

A key that more records share than its rule allows says little of anybody (a placeholder, a switchboard's number) and
would cost the square of its size, so it is left out and counted. The same keys serve the live look-ups
(`candidates`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import duckdb

from guanxi.parties.resolution.model import Key, Rule

_PAIRS = """
CREATE OR REPLACE TABLE pairs AS
SELECT (packed >> 32)::INTEGER AS l, (packed & 4294967295)::INTEGER AS r, count(*)::UTINYINT AS keys
FROM (
    SELECT (l.record::BIGINT << 32) | r.record::BIGINT AS packed
    FROM blocking_keys l JOIN blocking_keys r ON l.key = r.key AND l.record < r.record {between}
)
GROUP BY packed
"""


@dataclasses.dataclass(frozen=True, slots=True)
class RuleMeasured:
    """What a rule costs: comparisons, and the keys left out because too many records share them."""

    rule: str
    comparisons: int
    keys_left_out: int
    records_left_out: int


def block(connection: duckdb.DuckDBPyConnection, rules: tuple[Rule, ...], *, between_sources: bool = False) -> int:
    """Make the table `pairs` from the table `records`; the number of pairs.

    With `between_sources` only records of different `source` are paired.
    """
    make_keys(connection, rules, between_sources=between_sources)
    connection.execute(_PAIRS.format(between="AND l.source <> r.source" if between_sources else ""))
    connection.execute("DROP TABLE blocking_keys")
    return _count(connection, "SELECT count(*) FROM pairs")


def make_keys(connection: duckdb.DuckDBPyConnection, rules: tuple[Rule, ...], *, between_sources: bool = False) -> None:
    """The table `blocking_keys` of (key, record), without the keys that only one record or too many have."""
    source = ", source" if between_sources else ""
    connection.execute("DROP TABLE IF EXISTS blocking_keys")
    connection.execute(
        f"CREATE TABLE blocking_keys (key UBIGINT, record INTEGER{', source VARCHAR' if source else ''})"
    )
    for number, rule in enumerate(rules):
        connection.execute(
            f"""
            INSERT INTO blocking_keys
            SELECT DISTINCT key, record{source} FROM ({keys_sql(number, rule, source)})
            QUALIFY count(*) OVER (PARTITION BY key) BETWEEN 2 AND {rule.most}
            """
        )


def measure(connection: duckdb.DuckDBPyConnection, rules: tuple[Rule, ...]) -> list[RuleMeasured]:
    """The cost of each rule by itself over the table `records`."""
    found = []
    for number, rule in enumerate(rules):
        row = connection.execute(
            f"""
            SELECT coalesce(sum(n * (n - 1) // 2) FILTER (WHERE n <= {rule.most}), 0),
                count(*) FILTER (WHERE n > {rule.most}), coalesce(sum(n) FILTER (WHERE n > {rule.most}), 0)
            FROM (SELECT key, count(DISTINCT record) AS n FROM ({keys_sql(number, rule)}) GROUP BY key)
            """
        ).fetchone()
        assert row is not None  # noqa: S101 - an aggregate gives one row
        found.append(RuleMeasured(rule.label, *map(int, row)))
    return found


def estimate_recall(connection: duckdb.DuckDBPyConnection, automatic: float) -> float:
    """The share of matching pairs that share a key, from the table `weighed`, without labels.

    Pairs that one key alone brought together tell how many none did: A. Chao, "Estimating the population size for
    capture-recapture data with unequal catchability", Biometrics 43 (1987), whose bound makes this an upper one.
    """
    row = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE keys = 1), count(*) FILTER (WHERE keys = 2) FROM weighed"
        " WHERE weight >= ?",
        [automatic],
    ).fetchone()
    found, once, twice = row or (0, 0, 0)
    return float(found / max(found + once * once / (2 * max(twice, 1)), 1))


def keys_sql(number: int, rule: Rule, source: str = "") -> str:
    """A query of (key, record) over the table `records`; lists give every combination of their elements."""
    parts = [f"k{at}" for at in range(len(rule.keys))]
    query = f"SELECT record{source}, {', '.join(sorted({key.column for key in rule.keys}))} FROM records"
    for key, part in zip(rule.keys, parts, strict=True):  # one query within another: lists side by side would be zipped
        query = f"SELECT *, {_part_sql(key)} AS {part} FROM ({query})"
    there = " AND ".join(f"{part} IS NOT NULL" for part in parts)
    return f"SELECT hash({number}, {', '.join(parts)}) AS key, record{source} FROM ({query}) WHERE {there}"


def keys_of(rules: tuple[Rule, ...], row: Mapping[str, Any]) -> Iterator[str]:
    """The blocking keys of one record as text, for an index."""
    for number, rule in enumerate(rules):
        values = [_part_values(key, row[key.column]) for key in rule.keys]
        for combination in product(*values):
            yield "\x1f".join((str(number), *combination))


def _part_sql(key: Key) -> str:
    if key.each:
        return f"unnest({key.column})"
    if key.length:
        return f"CASE WHEN length({key.column}) >= {key.start} THEN substr({key.column}, {key.start}, {key.length}) END"
    return key.column


def _part_values(key: Key, value: Any) -> list[str]:  # noqa: ANN401 - a column's value
    if value is None:
        return []
    if key.each:
        return sorted(set(value))
    if key.length:
        part = value[key.start - 1 : key.start - 1 + key.length]
        return [part] if part else []
    return [str(value)]


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
