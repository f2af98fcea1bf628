"""The same model beyond one machine: blocking and weighing on Spark, clusters from what comes back.

The session is the caller's (PySpark is not needed to install Guanxi) and has the similarity functions of Splink's jar:
`session_options()` names it, `register_similarities` makes its functions known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from splink.internals.spark.jar_location import get_scala_udfs, similarity_jar_location

from guanxi.parties.resolution.clusters import Doubt, cluster_arrays
from guanxi.parties.resolution.model import Key, Model, Rule
from guanxi.parties.resolution.weighing import FORGET, weights_sql

Session = Any  # pyspark.sql.SparkSession
Labels = np.ndarray[Any, np.dtype[np.int64]]


def session_options() -> dict[str, str]:
    """What a session must be built with."""
    return {"spark.jars": str(similarity_jar_location())}


def register_similarities(session: Session) -> None:
    """Make the similarities of Splink's jar known to `session`."""
    for name, java_class, returned in get_scala_udfs():  # type: ignore[no-untyped-call]
        session.udf.registerJavaFunction(name, java_class, returned)


def resolve(session: Session, model: Model) -> tuple[Labels, list[Doubt]]:
    """Clusters of the view `records`, as `batch.resolve` gives them."""
    _view(session, "pairs", pairs_sql(model.rules))
    _view(session, "counted", _counted_sql(model))
    weighed = session.sql(f"SELECT * FROM ({weights_sql(model, 'pairs', 'counted', 'spark')}) WHERE weight >= {FORGET}")
    found = weighed.toArrow()
    numbered = session.sql(f"SELECT {', '.join(('record', *model.exclusive))} FROM records ORDER BY record").toArrow()
    return cluster_arrays(
        found["l"].to_numpy().astype(np.int64),
        found["r"].to_numpy().astype(np.int64),
        found["weight"].to_numpy().astype(np.float32).astype(np.float64),
        records=numbered.num_rows,
        automatic=model.automatic,
        review=model.review,
        exclusive=[_codes(numbered[column].to_pylist()) for column in model.exclusive],
    )


def pairs_sql(rules: tuple[Rule, ...]) -> str:
    """A query of (l, r, keys): the pairs that share keys, and how many."""
    keys = " UNION ALL ".join(_keys_sql(number, rule) for number, rule in enumerate(rules))
    return (
        f"WITH blocking_keys AS ({keys}) "
        "SELECT a.record AS l, b.record AS r, count(*) AS keys FROM blocking_keys a JOIN blocking_keys b"
        " ON a.key = b.key AND a.record < b.record GROUP BY a.record, b.record"
    )


def _keys_sql(number: int, rule: Rule) -> str:
    parts = [f"k{at}" for at in range(len(rule.keys))]
    query = f"SELECT record, {', '.join(sorted({key.column for key in rule.keys}))} FROM records"
    for key, part in zip(rule.keys, parts, strict=True):
        query = f"SELECT *, {_part_sql(key)} AS {part} FROM ({query})"
    there = " AND ".join(f"{part} IS NOT NULL" for part in parts)
    values = ", ".join(f"CAST({part} AS STRING)" for part in parts)
    return (
        "SELECT key, record FROM (SELECT key, record, count(*) OVER (PARTITION BY key) AS sharing FROM (SELECT DISTINCT"
        f" concat_ws('\\u001f', '{number}', {values}) AS key, record FROM ({query}) WHERE {there}))"
        f" WHERE sharing BETWEEN 2 AND {rule.most}"
    )


def _part_sql(key: Key) -> str:
    if key.each:
        return f"explode({key.column})"
    if key.length:
        return f"CASE WHEN length({key.column}) >= {key.start} THEN substr({key.column}, {key.start}, {key.length}) END"
    return key.column


def _counted_sql(model: Model) -> str:
    columns = ", ".join(
        f"{column}, count({column}) OVER (PARTITION BY {column}) / count({column}) OVER () AS frequency_{column}"
        if column in model.frequency_columns
        else column
        for column in model.columns
    )
    return f"SELECT record, {columns} FROM records"


def _view(session: Session, name: str, query: str) -> None:
    session.sql(query).createOrReplaceTempView(name)


def _codes(values: list[str | None]) -> Labels:
    known = {value: code for code, value in enumerate(sorted({value for value in values if value is not None}))}
    return np.array([-1 if value is None else known[value] for value in values], np.int64)
