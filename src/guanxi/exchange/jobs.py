"""Upkeep of the exchange: messages have their partitions, old ones and old figures go."""

from __future__ import annotations

import datetime as dt
from typing import Final

import asyncpg
from procrastinate import Blueprint

from guanxi.exchange.directory_desk import DirectoryDesk
from guanxi.exchange.reconciliation import Result, reconcile
from guanxi.kernel.clock import now
from guanxi.storage.configuration import Configuration, configuration

NAMESPACE: Final = "exchange"
TRAFFIC_KEPT: Final = dt.timedelta(days=2)
_DAYS_AHEAD: Final = dt.timedelta(days=3)
blueprint: Final = Blueprint()


@blueprint.periodic(cron="7 * * * *")
@blueprint.task(name="keep_messages", queueing_lock="exchange.keep_messages")
async def keep_messages(timestamp: int) -> int:  # noqa: ARG001 - Procrastinate tells which run this is
    """Make the days ahead, drop the days that are no longer kept; how many were dropped."""
    at, settings = now(), configuration()
    connection = await asyncpg.connect(settings.database_url)
    try:
        await connection.execute("SELECT exchange_ensure_days($1, $2)", at, at + _DAYS_AHEAD)
        first_kept = (at - dt.timedelta(days=settings.message_days)).date()
        dropped: int = await connection.fetchval("SELECT exchange_drop_days($1)", first_kept)
        await connection.execute("DELETE FROM exchange_traffic WHERE at < $1", at - TRAFFIC_KEPT)
        await connection.execute("DELETE FROM exchange_pulse WHERE at < $1", at - TRAFFIC_KEPT)
    finally:
        await connection.close()
    return dropped


@blueprint.periodic(cron="10 2 * * *")
@blueprint.task(name="reconcile", queueing_lock="exchange.reconcile")
async def reconcile_yesterday(timestamp: int) -> int:
    """Hold yesterday's journal against the business systems' books; how many breaks were found."""
    day = dt.datetime.fromtimestamp(timestamp, dt.UTC).date() - dt.timedelta(days=1)
    results = await reconcile_day(configuration(), day)
    return sum(result.breaks for result in results)


async def reconcile_day(settings: Configuration, day: dt.date) -> list[Result]:
    """Reconcile one day with the business systems of this installation."""
    async with asyncpg.create_pool(settings.database_url, min_size=1, max_size=3) as pool:
        desk = DirectoryDesk(pool, settings)
        await desk.load()
        try:
            guards = desk.directory.guards.items()
            adapters = {name: guard.adapter for name, guard in guards if guard.adapter is not None}
            return await reconcile(pool, adapters, day, now())
        finally:
            await desk.directory.close()
