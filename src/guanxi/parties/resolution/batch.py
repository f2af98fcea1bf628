"""A whole resolution: block, weigh, cluster."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from guanxi.parties.resolution import blocking, weighing
from guanxi.parties.resolution.clusters import Doubt, Edge, cluster_arrays
from guanxi.parties.resolution.model import Model


@dataclasses.dataclass(frozen=True, slots=True)
class Resolution:
    """`cluster` has for each record, by number, the smallest record of its cluster."""

    cluster: npt.NDArray[np.int64]
    doubts: list[Doubt]
    compared: int


def resolve(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    *,
    between_sources: bool = False,
    recount: bool = True,
    decided: Sequence[Edge] = (),
) -> Resolution:
    """Clusters of the table `records`, whose column `record` numbers the rows from 0. Leaves the table `weighed`.

    Without `recount` the frequencies of values stay those that were counted before. `decided` are pairs of which a
    person has decided (`clusters.DECIDED`); they stand in place of what was weighed.
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
    left, right, weight = _with_decided(pairs["l"], pairs["r"], pairs["weight"], decided)
    labels, doubts = cluster_arrays(
        left,
        right,
        weight,
        records=int(row[0]) if row else 0,
        automatic=model.automatic,
        review=model.review,
        exclusive=[_codes(connection, column) for column in model.exclusive],
    )
    return Resolution(labels, doubts, compared)


def _with_decided(
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float64],
    decided: Sequence[Edge],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    if not decided:
        return left, right, weight
    low, high = (np.array([edge[side] for edge in decided], np.int64) for side in (0, 1))
    kept = ~np.isin((left << 32) | right, (low << 32) | high)
    words = np.array([edge.weight for edge in decided])
    return (
        np.concatenate((left[kept], low)),
        np.concatenate((right[kept], high)),
        np.concatenate((weight[kept], words)),
    )


def _codes(connection: duckdb.DuckDBPyConnection, column: str) -> npt.NDArray[np.int64]:
    """A number for each value of `column` in the order of records, -1 where there is none."""
    found: Any = connection.execute(
        f"SELECT CASE WHEN {column} IS NULL THEN -1 ELSE dense_rank() OVER (ORDER BY {column}) END AS code"
        " FROM records ORDER BY record"
    ).fetchnumpy()
    return np.asarray(found["code"], np.int64)
