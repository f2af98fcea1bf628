"""The timeline's own upkeep: there is always a partition for the months ahead."""

from __future__ import annotations

from typing import Final

import asyncpg
from procrastinate import Blueprint

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
