"""The weight of pairs as SQL, rendered from the model for an engine: one query from pairs to weights.

It says what Splink's own prediction says for the same model (tested), in one pass that keeps two numbers and a weight
for a pair where Splink keeps every part of it, and with the gates.
"""

from __future__ import annotations

import math
from typing import Final

import duckdb

from guanxi.parties.resolution.conditions import Dialect, to_sql
from guanxi.parties.resolution.model import LEAST, Comparison, Gate, Level, Model

FORGET: Final = -12.0  # a pair that weighs less counts as much as one that was never compared


def weigh(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Make the table `weighed` (l, r, weight, keys) from the tables `pairs` and `counted`."""
    connection.execute(
        f"CREATE OR REPLACE TABLE weighed AS SELECT l, r, weight::FLOAT AS weight, keys"
        f" FROM ({weights_sql(model, 'pairs', 'counted')}) WHERE weight >= {FORGET}"
    )


def count_frequencies(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Make a table `frequency_<column>` for each column that the model asks it of."""
    for column in model.frequency_columns:
        connection.execute(
            f"""
            CREATE OR REPLACE TABLE frequency_{column} AS
            SELECT {column} AS value, count(*) / (SELECT count({column}) FROM records)::DOUBLE AS frequency
            FROM records WHERE {column} IS NOT NULL GROUP BY {column}
            """
        )


def without_frequencies(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """The same tables, empty: too few records tell nothing of how common a name is, so the model's u stands."""
    for column in model.frequency_columns:
        connection.execute(
            f"CREATE OR REPLACE TABLE frequency_{column} AS SELECT {column} AS value, 0::DOUBLE AS frequency"
            " FROM records LIMIT 0"
        )


def join_frequencies(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Make the table `counted`: what the model needs of `records`, with the frequencies of its values."""
    columns = ", ".join(f"records.{column}" for column in model.columns)
    frequencies = "".join(f", t_{column}.frequency AS frequency_{column}" for column in model.frequency_columns)
    joins = " ".join(
        f"LEFT JOIN frequency_{column} t_{column} ON t_{column}.value = records.{column}"
        for column in model.frequency_columns
    )
    connection.execute(f"CREATE OR REPLACE TABLE counted AS SELECT record, {columns}{frequencies} FROM records {joins}")


def levels_sql(
    model: Model, pairs: str, records: str, dialect: Dialect = "duckdb", *, frequencies: bool = False
) -> str:
    """A query of the number of the level that each comparison came to, for each pair."""
    columns = [*model.columns, *(f"frequency_{column}" for column in model.frequency_columns if frequencies)]
    sides = ", ".join(f"{side}.{column} AS {column}_{side}" for column in columns for side in "lr")
    cases = ", ".join(f"{_level_sql(each, dialect)} AS gamma_{each.name}" for each in model.comparisons)
    rarer = "".join(
        f", greatest(frequency_{column}_l, frequency_{column}_r) AS frequency_{column}"
        for column in model.frequency_columns
        if frequencies
    )
    return (
        f"SELECT l, r, keys, {cases}{rarer} FROM (SELECT p.l, p.r, p.keys, {sides} FROM {pairs} p"
        f" JOIN {records} l ON l.record = p.l JOIN {records} r ON r.record = p.r) AS both_sides"
    )


def weights_sql(model: Model, pairs: str, records: str, dialect: Dialect = "duckdb") -> str:
    """A query of (l, r, weight, keys) for each pair of a table with the number of keys that it shares."""
    prior = math.log2(model.prior / (1 - model.prior))
    parts = " + ".join((_double(prior), *(_weight_sql(each) for each in model.comparisons)))
    limits = ", ".join(
        f"CASE WHEN {_shut_sql(model, gate)} THEN {_double(gate.limit)} ELSE {_double(1e9)} END" for gate in model.gates
    )
    weight = f"least({parts}, {limits})" if limits else parts
    levels = levels_sql(model, pairs, records, dialect, frequencies=True)
    return f"SELECT l, r, {weight} AS weight, keys FROM ({levels}) AS levels"


def _level_sql(each: Comparison, dialect: Dialect) -> str:
    numbered = [(each.number(level.label), to_sql(level.condition, dialect)) for level in each.levels[:-1]]
    whens = " ".join(f"WHEN {condition} THEN {number}" for number, condition in numbered)
    return f"CASE WHEN {to_sql(each.missing, dialect)} THEN -1 {whens} ELSE 0 END"


def _weight_sql(each: Comparison) -> str:
    whens = " ".join(f"WHEN {each.number(level.label)} THEN {_of_level(level)}" for level in each.levels)
    return f"CASE gamma_{each.name} {whens} ELSE {_double(0)} END"


def _of_level(level: Level) -> str:
    if not level.frequency:
        return _double(level.weight)
    rare = f"{_double(math.log2(max(level.m, LEAST)))} - log2(frequency_{level.frequency})"
    return f"coalesce({rare}, {_double(level.weight)})"


def _double(number: float) -> str:
    """A plain literal is a decimal to both engines."""
    return f"CAST({number!r} AS DOUBLE)"


def _shut_sql(model: Model, gate: Gate) -> str:
    by_name = {each.name: each for each in model.comparisons}
    return " AND ".join(
        f"gamma_{name} IN ({', '.join(str(by_name[name].number(label)) for label in labels)})"
        for name, labels in gate.when.items()
    )
