"""All records at once: from the bank's records as they stand to whose they are, with the model learnt anew if wished.

The register for live look-ups (`resolution.store`) is made anew on the way, so that what comes in afterwards is
compared with the same figures. Everything is one transaction: nobody sees half of it, and a crash leaves what was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guanxi.parties.comparable import COLUMNS, KINDS, comparable
from guanxi.parties.learnt_models import active_model, keep_model
from guanxi.parties.merge import Connection
from guanxi.parties.resolution.blocking import keys_of
from guanxi.parties.resolution.clusters import Doubt, Edge
from guanxi.parties.resolution.comparisons import COMPANIES, PEOPLE
from guanxi.parties.resolution.model import Model
from guanxi.parties.resolution.store import WEIGHT_OF_VERDICT, SqlRegister
from guanxi.parties.resolution.whole_run import WholeRun, whole_run
from guanxi.parties.resolve import lock, undecided
from guanxi.parties.settle import RESOLUTION, Settled, keep_doubts, settle
from guanxi.parties.survivorship.refresh import refresh_golden

ENOUGH_TO_LEARN: Final = 20_000  # records of a kind, for figures and frequencies of their own
_UNTRAINED: Final[dict[str, Model]] = {"person": PEOPLE, "organisation": COMPANIES}
_CHUNK: Final = 10_000
_EVERY: Final = """
SELECT record, mapped FROM parties_sourcerecord
WHERE superseded_at IS NULL AND gone_at IS NULL AND mapped IS NOT NULL ORDER BY record
"""
_HOW_MANY: Final = """
SELECT count(*) FROM parties_sourcerecord WHERE superseded_at IS NULL AND gone_at IS NULL AND mapped IS NOT NULL
"""
_EMPTY: Final = (
    "TRUNCATE parties_resolutionrow, parties_resolutionkey, parties_resolutionpair, parties_resolutionfrequency"
)
_VERDICTS: Final = """
SELECT low, high, verdict FROM (
    SELECT DISTINCT ON (low, high) low, high, verdict FROM parties_verdict ORDER BY low, high, id DESC
) AS newest WHERE verdict <> 'withdrawn'
"""

_NEVER_CHOSEN: Final = """
SELECT DISTINCT parties_surviving(link.party_id)
FROM parties_sourcerecord record JOIN parties_link link ON link.source_record_id = record.id
WHERE record.superseded_at IS NULL AND record.mapped IS NOT NULL
    AND NOT EXISTS (SELECT FROM parties_goldenstate state WHERE state.party_id = link.party_id)
"""

Numbers = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]
"""Told the stage (normalise, learn, compare, register, settle, golden), what of it is done, and of how much."""


def resolve_everything(connection: Connection, at: dt.datetime, progress: Progress, *, learn: bool = False) -> Settled:
    """Compare all current records that have mapped columns and settle whose they are.

    With `learn` the figures of each kind with enough records are learnt anew and kept as a new version. Runs in the
    caller's transaction.
    """
    lock(connection)
    tables = _normalised(connection, progress)
    connection.execute(_EMPTY)
    settled, doubts = Settled(), list[Doubt]()
    for kind, (numbers, table) in tables.items():
        with whole_run(table) as run:
            enough = len(numbers) >= ENOUGH_TO_LEARN
            model = _model(connection, run, kind, at, progress, learn=learn and enough)
            progress("compare", 0, len(numbers))
            found = run.resolve(model, _decided(connection, numbers), count=enough)
            _fill(connection, run, model, numbers, progress)
            settled.add(
                _settle(connection, kind, numbers, found.cluster, _strongest(run, numbers, found.cluster), at, progress)
            )
            doubts += [
                Doubt(int(numbers[doubt.left]), int(numbers[doubt.right]), doubt.weight, doubt.reason)
                for doubt in found.doubts
            ]
    settled.doubts = keep_doubts(connection, undecided(connection, doubts), None, at)
    _refresh(connection, settled, at, progress)
    return settled


def _refresh(connection: Connection, settled: Settled, at: dt.datetime, progress: Progress) -> None:
    """Choose the golden records of all that changed, and of those that never were chosen."""
    never = {row[0] for row in connection.execute(_NEVER_CHOSEN)}
    touched = sorted(settled.touched | never)
    for start in range(0, len(touched), _CHUNK):
        refresh_golden(connection, touched[start : start + _CHUNK], at)
        progress("golden", min(start + _CHUNK, len(touched)), len(touched))


def _normalised(connection: Connection, progress: Progress) -> dict[str, tuple[Numbers, pa.Table]]:
    """The numbers and the columns of all records, by kind, in the order of their numbers."""
    row = connection.execute(_HOW_MANY).fetchone()
    total, done = int(row[0]) if row else 0, 0
    numbers: dict[str, list[int]] = {kind: [] for kind in KINDS}
    tables: dict[str, list[pa.Table]] = {kind: [] for kind in KINDS}
    with connection.cursor("every_record") as cursor:
        cursor.itersize = _CHUNK
        cursor.execute(_EVERY)
        while part := cursor.fetchmany(_CHUNK):
            rows: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
            for record, mapped in part:
                kind, columns = comparable(mapped)
                numbers[kind].append(record)
                rows[kind].append(columns)
            for kind, of_kind in rows.items():
                tables[kind].append(pa.Table.from_pylist(of_kind, schema=COLUMNS[kind]))
            done += len(part)
            progress("normalise", done, total)
    return {
        kind: (np.array(numbers[kind], np.int64), _numbered(pa.concat_tables(tables[kind])))
        for kind in KINDS
        if numbers[kind]
    }


def _numbered(table: pa.Table) -> pa.Table:
    return table.add_column(0, "record", pa.array(np.arange(table.num_rows, dtype=np.int32)))


def _model(
    connection: Connection, run: WholeRun, kind: str, at: dt.datetime, progress: Progress, *, learn: bool
) -> Model:
    if not learn:
        return active_model(connection, kind)
    progress("learn", 0, 1)
    model = run.learn(_UNTRAINED[kind])
    keep_model(connection, kind, model, by=RESOLUTION, note="Learnt from all records.", at=at)
    return model


def _decided(connection: Connection, numbers: Numbers) -> list[Edge]:
    """What people decided of pairs that are both here, as pairs of places in `numbers`."""
    found = []
    for low, high, verdict in connection.execute(_VERDICTS):
        left, right = (int(place) for place in np.searchsorted(numbers, [low, high]))
        if right < len(numbers) and numbers[left] == low and numbers[right] == high:
            found.append(Edge(left, right, WEIGHT_OF_VERDICT[verdict]))
    return found


def _fill(connection: Connection, run: WholeRun, model: Model, numbers: Numbers, progress: Progress) -> None:
    """Make the register of live look-ups from what was compared."""
    register = SqlRegister(connection, model)
    done = 0
    for part in run.rows(model):
        records = numbers[[place for place, _ in part]].tolist()
        rows = [row for _, row in part]
        register.fill(zip(records, rows, (set(keys_of(model.rules, row)) for row in rows), strict=True))
        done += len(part)
        progress("register", done, len(numbers))
    register.fill_edges(
        (int(numbers[left]), int(numbers[right]), weight) for part in run.edges() for left, right, weight in part
    )
    for column in model.frequency_columns:
        for shares in run.frequencies(column):
            register.put_frequencies(column, shares)


def _settle(
    connection: Connection,
    kind: str,
    numbers: Numbers,
    labels: Numbers,
    speaking: Mapping[int, Edge],
    at: dt.datetime,
    progress: Progress,
) -> Settled:
    """Whole clusters, part by part."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.r_[True, labels[order][1:] != labels[order][:-1]])
    settled = Settled()
    for start, end in pairwise([*starts[:: _CHUNK // 2], len(order)]):
        places = order[start:end]
        records = numbers[places].tolist()
        of = dict(zip(records, numbers[labels[places]].tolist(), strict=True))
        evidence = {record: speaking[record] for record in records if record in speaking}
        settled.add(settle(connection, kind=kind, of=of, at=at, strongest=evidence))
        progress("settle", int(end), len(order))
    return settled


def _strongest(run: WholeRun, numbers: Numbers, labels: Numbers) -> dict[int, Edge]:
    """For each record the pair within its cluster that weighs most."""
    found: dict[int, Edge] = {}
    for part in run.edges():
        for left, right, weight in part:
            if labels[left] == labels[right]:
                edge = Edge(int(numbers[left]), int(numbers[right]), weight)
                found[edge.left] = found[edge.right] = edge
    return found
