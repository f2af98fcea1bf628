"""The timeline's own upkeep, and what is found by reading it: relationships."""

from __future__ import annotations

import datetime as dt
from typing import Final

import asyncpg
from procrastinate import Blueprint

from guanxi.interactions.finding import find_for
from guanxi.interactions.outbox import trim
from guanxi.kernel.clock import now
from guanxi.storage.configuration import configuration

NAMESPACE: Final = "interactions"
MONTHS_AHEAD: Final = 3
FINDING_SECONDS: Final = 45  # of each minute, when there is much to do
blueprint: Final = Blueprint()
_ENSURE: Final = "SELECT interactions_ensure_months($1, ($1 + $2 * interval '1 month')::date)"


@blueprint.periodic(cron="17 3 * * *")
@blueprint.task(name="keep_months_ahead", queueing_lock="interactions.keep_months_ahead")
async def keep_months_ahead(timestamp: int) -> int:  # noqa: ARG001 - Procrastinate tells which run this is
    """Make the partitions that are missing; how many."""
    connection = await asyncpg.connect(configuration().database_url)
    try:
        made: int = await connection.fetchval(_ENSURE, now().date(), MONTHS_AHEAD)
    finally:
        await connection.close()
    return made


@blueprint.periodic(cron="37 3 * * *")
@blueprint.task(name="trim_outbox", queueing_lock="interactions.trim_outbox")
async def trim_outbox(timestamp: int) -> int:  # noqa: ARG001 - Procrastinate tells which run this is
    """Forget published events that are too old to be replayed; how many."""
    settings = configuration()
    connection = await asyncpg.connect(settings.database_url)
    try:
        return await trim(connection, now() - dt.timedelta(days=settings.event_days))
    finally:
        await connection.close()


@blueprint.periodic(cron="* * * * *")
@blueprint.task(name="find_relationships", queueing_lock="interactions.find_relationships")
def find_relationships(timestamp: int) -> int:  # noqa: ARG001 - Procrastinate tells which run this is
    """Look at parties that changed, and go on with a run over all; how many were looked at."""
    return find_for(configuration().database_url, now(), FINDING_SECONDS).parties
