"""The records that a load has changed are resolved: a few one by one, many with all the others at once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, Final

import psycopg

from guanxi.parties.intake import statements
from guanxi.parties.intake.errors import LoadStopped
from guanxi.parties.intake.states import LoadState
from guanxi.parties.resolve import resolve_records
from guanxi.parties.resolve_all import resolve_everything

SLICE: Final = 500
MANY: Final = 5_000  # from here on all at once is quicker, if they are a fair part of all
_FAIR_PART: Final = 0.1

Clock = Callable[[], dt.datetime]


def hand_over(database_url: str, connection: psycopg.Connection[Any], load: uuid.UUID, clock: Clock) -> None:
    """Resolve what waits; where it breaks off, what has been resolved stays so. `LoadStopped` when asked to stop."""
    waiting, known = _sizes(connection, load)
    if waiting >= MANY and waiting >= known * _FAIR_PART:
        _all_at_once(database_url, connection, load, clock)
        return
    while waiting:
        with connection.transaction():
            records = [row[0] for row in connection.execute(statements.WAITING, [load, SLICE])]
            resolve_records(connection, records, clock())
            facts = {"load": load, "records": records, "at": clock()}
            row = connection.execute(statements.RESOLVED, facts).fetchone()
        waiting -= len(records)
        if row and row[0] == LoadState.STOPPING:
            raise LoadStopped


def _all_at_once(database_url: str, connection: psycopg.Connection[Any], load: uuid.UUID, clock: Clock) -> None:
    """One transaction; how far it has come is told, and whether to stop is asked, over a connection beside it."""
    with psycopg.connect(database_url, autocommit=True) as beside:

        def tell(stage: str, done: int, total: int) -> None:
            said = f"{stage} {done:,} / {total:,}" if total > 1 else stage
            row = beside.execute(statements.TELL, {"load": load, "sentence": said, "at": clock()}).fetchone()
            if row and row[0] == LoadState.STOPPING:
                raise LoadStopped

        with connection.transaction():
            resolve_everything(connection, clock(), tell)
            connection.execute(statements.ALL_RESOLVED, {"load": load, "at": clock()})


def _sizes(connection: psycopg.Connection[Any], load: uuid.UUID) -> tuple[int, int]:
    """How many records wait, and how many there are."""
    row = connection.execute(statements.HOW_MANY_WAIT, [load]).fetchone()
    return (row[0], row[1]) if row else (0, 0)
