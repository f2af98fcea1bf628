"""Loads are run, taken up again where a worker was lost, and their files forgotten; all records are resolved."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from typing import Final

import psycopg
from procrastinate import Blueprint

from guanxi.kernel.clock import now
from guanxi.parties.carry_out_run import carry_out, take_up
from guanxi.parties.custom_fields.indexing import keep_indexes
from guanxi.parties.intake.errors import LoadUnderWay
from guanxi.parties.intake.loading import run_load
from guanxi.parties.intake.spool import forget_files
from guanxi.parties.intake.states import OPEN
from guanxi.storage.configuration import configuration

NAMESPACE: Final = "parties"
FILES_KEPT: Final = dt.timedelta(days=14)
_SILENT: Final = dt.timedelta(seconds=90)
blueprint: Final = Blueprint()
_SILENT_LOADS: Final = """
SELECT id FROM parties_load WHERE state = ANY(%s) AND coalesce(beat_at, at) < %s ORDER BY at LIMIT 20
"""


@blueprint.task(name="load_records")
def load_records(load: str) -> str:
    """Run a load; the state it ends in, or that another process has it."""
    settings = configuration()
    try:
        return run_load(settings.database_url, uuid.UUID(load), zone=settings.bank_time_zone, clock=now)
    except LoadUnderWay:
        return "under way"


@blueprint.task(name="resolve_everything", queueing_lock="parties:resolve_everything")
def resolve_everything(run: str) -> None:
    """Carry out one run of resolution."""
    carry_out(configuration().database_url, uuid.UUID(run))


@blueprint.periodic(cron="* * * * *")
@blueprint.task(name="take_up_resolution", queueing_lock="parties.take_up_resolution")
def take_up_resolution(timestamp: int) -> bool:  # noqa: ARG001 - Procrastinate tells which run this is
    """Go on with a resolution whose worker was killed; whether there was one."""
    return take_up(configuration().database_url)


@blueprint.periodic(cron="* * * * *")
@blueprint.task(name="take_up_loads", queueing_lock="parties.take_up_loads")
def take_up_loads(timestamp: int) -> int:  # noqa: ARG001 - Procrastinate tells which run this is
    """Go on with loads that have not been heard of: their worker was killed. How many those were."""
    with psycopg.connect(configuration().database_url, autocommit=True) as connection:
        silent = connection.execute(_SILENT_LOADS, [OPEN, now() - _SILENT]).fetchall()
    for (load,) in silent:
        with contextlib.suppress(LoadUnderWay):
            load_records(str(load))
    return len(silent)


@blueprint.periodic(cron="40 3 * * *")
@blueprint.task(name="forget_files", queueing_lock="parties.forget_files")
def forget_loaded_files(timestamp: int) -> int:  # noqa: ARG001 - as above
    """Drop the content of files that were handed in some time ago; how many pieces."""
    with psycopg.connect(configuration().database_url, autocommit=True) as connection:
        return forget_files(connection, now() - FILES_KEPT)


@blueprint.periodic(cron="* * * * *")
@blueprint.task(name="keep_field_indexes", queueing_lock="parties.keep_field_indexes")
def keep_field_indexes(timestamp: int) -> int:  # noqa: ARG001 - as above
    """Make the indexes of fields that were declared searchable and drop those of others; how many were made."""
    with psycopg.connect(configuration().database_url, autocommit=True) as connection:
        return len(keep_indexes(connection))
