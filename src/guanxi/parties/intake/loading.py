"""A load, from the file to the records: stopped and killed at any time, it goes on where it was.

Each batch commits together with its position. One process loads a source at a time: it holds an advisory lock of the
database, which a killed process gives up.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import psycopg

from guanxi.kernel.errors import GuanxiError
from guanxi.parties.intake import statements
from guanxi.parties.intake.batches import Gatherer, Target, take_in
from guanxi.parties.intake.description import SourceDescription, read_description
from guanxi.parties.intake.errors import LoadStopped, LoadUnderWay
from guanxi.parties.intake.hand_over import Clock, hand_over
from guanxi.parties.intake.mapping import make_mapper
from guanxi.parties.intake.reading import open_table
from guanxi.parties.intake.spool import file_on_disk
from guanxi.parties.intake.states import ENDED, LoadState

TOO_MANY_GONE: Final = 0.2  # of the records of a source: a file that was cut short looks the same
_FEW: Final = 20


class _Order(NamedTuple):
    """What is to be loaded, and how far that has come."""

    source: str
    file: uuid.UUID
    mode: str
    position: int
    share: float
    confirmed: bool
    version: int


def run_load(database_url: str, load: uuid.UUID, *, zone: str, clock: Clock) -> LoadState:
    """Load until it is complete, stopped or has failed; the state it is in then.

    `LoadUnderWay` when another process is loading this source.
    """
    with psycopg.connect(database_url, autocommit=True) as connection:
        source, state = _source_of(connection, load)
        locked = connection.execute(statements.LOCK, [source]).fetchone()
        if not locked or not locked[0]:
            raise LoadUnderWay(source)
        if state in ENDED:
            return LoadState(state)
        try:
            return _run(database_url, connection, load, ZoneInfo(zone), clock)
        except LoadStopped as stop:
            return _end(connection, load, LoadState.STOPPED, f"{stop} {stop.next_step}", clock())
        except GuanxiError as error:
            return _end(connection, load, LoadState.FAILED, f"{error} {error.next_step}", clock())
        except psycopg.OperationalError:
            raise  # the database is away: the load is taken up again when it is back
        except Exception as error:
            _end(connection, load, LoadState.FAILED, f"A fault of the program: {type(error).__name__}.", clock())
            raise


def _run(
    database_url: str, connection: psycopg.Connection[Any], load: uuid.UUID, zone: dt.tzinfo, clock: Clock
) -> LoadState:
    if _source_of(connection, load)[1] == LoadState.STOPPING:
        raise LoadStopped
    if repeated := connection.execute(statements.REPEATED, [load]).fetchone():
        said = f"This very file was loaded on {repeated[0].astimezone(zone):%Y-%m-%d %H:%M}; nothing has been changed."
        return _end(connection, load, LoadState.REPEATED, said, clock())
    taken = connection.execute(statements.TAKE, {"load": load, "at": clock()}).fetchone()
    if taken is None:
        return LoadState(_source_of(connection, load)[1])
    order = _Order(*taken)
    if order.share < 1:
        _load_rows(connection, load, order, zone, clock)
    if order.mode == "full":
        if question := _mark_gone(connection, load, order, clock()):
            return _end(connection, load, LoadState.DOUBTFUL, question, clock())
    else:
        connection.execute(statements.RESOLVING, {"load": load, "gone": 0, "at": clock()})
    hand_over(database_url, connection, load, clock)
    connection.execute(statements.FORGET_ROWS, [load])
    return _end(connection, load, LoadState.COMPLETE, "", clock())


def _load_rows(
    connection: psycopg.Connection[Any], load: uuid.UUID, order: _Order, zone: dt.tzinfo, clock: Clock
) -> None:
    description = _description(connection, order)
    row = connection.execute("SELECT doubts FROM parties_load WHERE id = %s", [load]).fetchone()
    doubts: Counter[str] = Counter(row[0] if row else {})
    target = Target(connection, load, order.source, full=order.mode == "full")
    connection.execute(statements.MAKE_TABLES)
    with file_on_disk(connection, order.file) as path:
        table = open_table(path, description)
        gatherer = Gatherer(table.columns, make_mapper(description, table.columns, zone), doubts, full=target.full)
        for batch in gatherer.batches(table.rows, order.position):
            if take_in(target, batch, doubts, min(table.share(), 0.999), clock()) == LoadState.STOPPING:
                raise LoadStopped


def _mark_gone(connection: psycopg.Connection[Any], load: uuid.UUID, order: _Order, at: dt.datetime) -> str:
    """Records that a full load has not met are gone. When they are many, the question that a person has to answer."""
    facts = {"load": load, "source": order.source, "at": at}
    with connection.transaction():
        connection.execute(statements.REJECTED_CELLS, facts)
        connection.execute(statements.MISSING, facts)
        row = connection.execute(statements.COUNT_MISSING, facts).fetchone()
        missing, known = row or (0, 0)
        if missing > max(known * TOO_MANY_GONE, _FEW) and not order.confirmed:
            connection.execute("UPDATE parties_load SET share = 1 WHERE id = %s", [load])
            return f"{missing:,} of {known:,} records are not in this file. Was it cut short, or are they gone?"
        connection.execute(statements.GO_MISSING, facts)
        connection.execute(statements.RESOLVING, {**facts, "gone": missing})
    return ""


def _description(connection: psycopg.Connection[Any], order: _Order) -> SourceDescription:
    row = connection.execute(statements.DESCRIPTION, [order.source, order.version]).fetchone()
    return read_description(row[0] if row else {})


def _source_of(connection: psycopg.Connection[Any], load: uuid.UUID) -> tuple[str, str]:
    row = connection.execute(statements.SOURCE_OF, [load]).fetchone()
    return (row[0], row[1]) if row else ("", LoadState.FAILED)


def _end(
    connection: psycopg.Connection[Any], load: uuid.UUID, state: LoadState, sentence: str, at: dt.datetime
) -> LoadState:
    connection.execute(statements.END, {"load": load, "state": state, "sentence": sentence[:500], "at": at})
    return state
