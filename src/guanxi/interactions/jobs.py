"""The timeline's own upkeep: there is always a partition for the months ahead."""

from __future__ import annotations

import datetime as dt
from typing import Final

import asyncpg
from procrastinate import Blueprint

from guanxi.interactions.outbox import trim
from guanxi.kernel.clock import now
from guanxi.storage.configuration import configuration

NAMESPACE: Final = "interactions"
MONTHS_AHEAD: Final = 3
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
