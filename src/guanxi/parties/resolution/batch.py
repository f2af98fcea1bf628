"""A whole resolution: block, weigh, cluster."""

from __future__ import annotations

import dataclasses
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from guanxi.parties.resolution import blocking, weighing
from guanxi.parties.resolution.clusters import Doubt, cluster_arrays
from guanxi.parties.resolution.model import Model


@dataclasses.dataclass(frozen=True, slots=True)
class Resolution:
    """`cluster` has for each record, by number, the smallest record of its cluster."""

    cluster: npt.NDArray[np.int64]
    doubts: list[Doubt]
    compared: int


def resolve(
    connection: duckdb.DuckDBPyConnection, model: Model, *, between_sources: bool = False, recount: bool = True
) -> Resolution:
    """Clusters of the table `records`, whose column `record` numbers the rows from 0. Leaves the table `weighed`.

    Without `recount` the frequencies of values stay those that were counted before.
    """
    compared = blocking.block(connection, model.rules, between_sources=between_sources)
    if recount:
        weighing.count_frequencies(connection, model)
    weighing.join_frequencies(connection, model)
    weighing.weigh(connection, model)
    connection.execute("DROP TABLE pairs; DROP TABLE counted")
    pairs: Any = connection.execute(
        "SELECT l::BIGINT AS l, r::BIGINT AS r, weight::DOUBLE AS weight FROM weighed"
    ).fetchnumpy()
    row = connection.execute("SELECT count(*) FROM records").fetchone()
    labels, doubts = cluster_arrays(
        pairs["l"],
        pairs["r"],
        pairs["weight"],
        records=int(row[0]) if row else 0,
        automatic=model.automatic,
        review=model.review,
        exclusive=[_codes(connection, column) for column in model.exclusive],
    )
    return Resolution(labels, doubts, compared)


def _codes(connection: duckdb.DuckDBPyConnection, column: str) -> npt.NDArray[np.int64]:
    """A number for each value of `column` in the order of records, -1 where there is none."""
    found: Any = connection.execute(
        f"SELECT CASE WHEN {column} IS NULL THEN -1 ELSE dense_rank() OVER (ORDER BY {column}) END AS code"
        " FROM records ORDER BY record"
    ).fetchnumpy()
    return np.asarray(found["code"], np.int64)
