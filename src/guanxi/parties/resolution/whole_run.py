"""A run over all records of a kind: DuckDB is opened, filled, asked and closed here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa

from guanxi.parties.resolution import batch, training, weighing
from guanxi.parties.resolution.clusters import Edge
from guanxi.parties.resolution.model import Model

_MEMORY: Final = "1800MB"
_CHUNK: Final = 10_000


class WholeRun:
    """The records of one kind in an engine; `resolve` comes before `rows`, `edges` and `frequencies`."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, records: pa.Table) -> None:
        self._engine = engine
        engine.register("given", records)
        engine.execute("CREATE TABLE records AS SELECT * FROM given")
        engine.unregister("given")

    def learn(self, model: Model) -> Model:
        """`model` with figures learnt from the records."""
        return training.train(self._engine, model)

    def resolve(self, model: Model, decided: Sequence[Edge], *, count: bool) -> batch.Resolution:
        """Clusters and doubts, by the places of records in the table; `count` lets their own frequencies speak."""
        if not count:
            weighing.without_frequencies(self._engine, model)
        return batch.resolve(self._engine, model, recount=count, decided=decided)

    def rows(self, model: Model) -> Iterator[list[tuple[int, dict[str, Any]]]]:
        """What the model reads of each record, with its place, in parts."""
        names = model.columns
        for part in self._parts(f"SELECT record, {', '.join(names)} FROM records ORDER BY record"):
            yield [(values[0], dict(zip(names, values[1:], strict=True))) for values in part]

    def edges(self) -> Iterator[list[Edge]]:
        """The weighed pairs, the lightest first, in parts."""
        for part in self._parts("SELECT l, r, weight FROM weighed ORDER BY weight"):
            yield [Edge(*values) for values in part]

    def frequencies(self, column: str) -> Iterator[list[tuple[str, float]]]:
        """How often the values of a column occur, in parts."""
        yield from self._parts(f"SELECT value, frequency FROM frequency_{column}")

    def _parts(self, query: str) -> Iterator[list[Any]]:
        cursor = self._engine.cursor()
        cursor.execute(query)
        while part := cursor.fetchmany(_CHUNK):
            yield part


@contextlib.contextmanager
def whole_run(records: pa.Table) -> Iterator[WholeRun]:
    """A run over `records`, whose column `record` numbers the rows from 0."""
    with duckdb.connect() as engine:
        engine.execute(f"SET memory_limit = '{_MEMORY}'")
        yield WholeRun(engine, records)
