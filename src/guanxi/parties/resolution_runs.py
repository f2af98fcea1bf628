"""Resolutions of all records: wanted by a person, done by the worker (`carry_out_run`), watched meanwhile."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

from procrastinate.contrib.django import app as queue

from guanxi.access.audit import record_change
from guanxi.kernel.identity import uuid7
from guanxi.parties.models import ResolutionRun
from guanxi.storage.transactions import open_transaction

TASK: Final = "parties:resolve_everything"
_SHOWN: Final = 10


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
