"""Upkeep of access: sessions that ended long ago are forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Final

import asyncpg
from procrastinate import Blueprint

from guanxi.kernel.clock import now
from guanxi.storage.configuration import configuration

NAMESPACE: Final = "access"
KEPT_FOR: Final = dt.timedelta(days=1)
blueprint: Final = Blueprint()
_FORGET: Final = "DELETE FROM access_customersession WHERE expires_at < $1"


@blueprint.periodic(cron="*/15 * * * *")
@blueprint.task(name="forget_ended_sessions", queueing_lock="access.forget_ended_sessions")
async def forget_ended_sessions(timestamp: int) -> str:  # noqa: ARG001 - Procrastinate tells which run this is
    """Forget sessions a day after they ended; what PostgreSQL says of it."""
    connection = await asyncpg.connect(configuration().database_url)
    try:
        done: str = await connection.execute(_FORGET, now() - KEPT_FOR)
    finally:
        await connection.close()
    return done
