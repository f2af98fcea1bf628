"""Resolutions of all records: wanted by a person, done by the worker, watched meanwhile."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from typing import Any, Final

import psycopg
from procrastinate.contrib.django import app as queue
from psycopg.types.json import Jsonb

from guanxi.access.audit import record_change
from guanxi.kernel.clock import now
from guanxi.kernel.identity import uuid7
from guanxi.parties.models import ResolutionRun
from guanxi.parties.resolve_all import resolve_everything
from guanxi.parties.settle import Settled
from guanxi.storage.transactions import open_transaction

TASK: Final = "parties:resolve_everything"
_SHOWN: Final = 10
_BEGIN: Final = """
UPDATE parties_resolutionrun SET state = 'running' WHERE id = %s AND state IN ('waiting', 'running')
RETURNING learn
"""
_STAGE: Final = "UPDATE parties_resolutionrun SET stage = %s, done = %s, total = %s WHERE id = %s"
_END: Final = """
UPDATE parties_resolutionrun SET state = %s, ended_at = %s, summary = %s, fault = %s WHERE id = %s
"""


def want_resolution(*, actor: str, learn: bool, at: dt.datetime) -> uuid.UUID:
    """Have all records resolved by the worker; the run that waits already is as good as a second one."""
    with open_transaction():
        waiting = ResolutionRun.objects.select_for_update().filter(state=ResolutionRun.State.WAITING).first()
        if waiting is not None:
            return waiting.id
        run = ResolutionRun.objects.create(id=uuid7(), wanted_at=at, wanted_by=actor, learn=learn)
        record_change(actor=actor, action="resolve_records", subject=f"resolution:{run.id}", at=at)
        queue.configure_task(TASK, queueing_lock=TASK).defer(run=str(run.id))
    return run.id


def newest_runs() -> list[ResolutionRun]:
    """The last runs, the newest first."""
    return list(ResolutionRun.objects.order_by("-wanted_at")[:_SHOWN])


def carry_out(database_url: str, run: uuid.UUID) -> Settled | None:
    """Do a run that waits (or was cut short); None when it has ended already. What goes wrong stands in the run."""
    with psycopg.connect(database_url, autocommit=True) as desk:
        row = desk.execute(_BEGIN, [run]).fetchone()
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


def _summary(settled: Settled) -> dict[str, Any]:
    """The numbers alone."""
    return {name: value for name, value in dataclasses.asdict(settled).items() if isinstance(value, int)}
