"""The worker's side of a resolution of all records: how far it is, and what came of it, stands in its run."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from guanxi.kernel.clock import now
from guanxi.parties.resolve_all import resolve_everything
from guanxi.parties.settle import Settled

_ONE_AT_A_TIME: Final = 71_217
_LEFT: Final = """
SELECT id FROM parties_resolutionrun WHERE ended_at IS NULL AND wanted_at < now() - interval '1 minute'
ORDER BY wanted_at LIMIT 1
"""
_BEGIN: Final = """
UPDATE parties_resolutionrun SET state = 'running' WHERE id = %s AND state IN ('waiting', 'running')
RETURNING learn
"""
_STAGE: Final = "UPDATE parties_resolutionrun SET stage = %s, done = %s, total = %s WHERE id = %s"
_END: Final = """
UPDATE parties_resolutionrun SET state = %s, ended_at = %s, summary = %s, fault = %s WHERE id = %s
"""


def carry_out(database_url: str, run: uuid.UUID) -> Settled | None:
    """Do a run that waits or was cut short; None when it has ended or another worker has one.

    What goes wrong stands in the run.
    """
    with psycopg.connect(database_url, autocommit=True) as desk:
        alone = desk.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_AT_A_TIME]).fetchone() == (True,)
        row = desk.execute(_BEGIN, [run]).fetchone() if alone else None
        if row is None:
            return None

        def progress(stage: str, done: int, total: int) -> None:
            desk.execute(_STAGE, [stage, done, total, run])

        try:
            with psycopg.connect(database_url) as connection:
                settled = resolve_everything(connection, now(), progress, learn=row[0])
        except Exception as error:
            desk.execute(_END, ["failed", now(), Jsonb({}), f"{type(error).__name__}: {error}"[:300], run])
            raise
        desk.execute(_END, ["done", now(), Jsonb(_summary(settled)), "", run])
        return settled


def take_up(database_url: str) -> bool:
    """Do the oldest run that nobody does although it has been wanted for a while: its worker was killed."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = connection.execute(_LEFT).fetchone()
    return row is not None and carry_out(database_url, row[0]) is not None


def _summary(settled: Settled) -> dict[str, Any]:
    """The numbers alone."""
    return {name: value for name, value in dataclasses.asdict(settled).items() if isinstance(value, int)}
