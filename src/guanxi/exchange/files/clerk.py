"""Looking at peers when it is time: one clerk at a time for each, however many workers there are."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from guanxi.exchange.credentials import secret_of
from guanxi.exchange.errors import CredentialMissing, FilePeerAway
from guanxi.exchange.files import life, remote
from guanxi.exchange.files.answers import queue_reports
from guanxi.exchange.files.delivery import deliver
from guanxi.exchange.files.intake import Intake
from guanxi.exchange.files.peers import FilePeer
from guanxi.kernel.clock import now
from guanxi.storage.configuration import Configuration

_LOCKS: Final = 71_219
_IDLE_SECONDS: Final = 1.0
_AT_ONCE: Final = 8  # peers; a look holds one connection for its lock and needs others
_DUE: Final = """
SELECT p.name, p.content FROM exchange_filepeer p LEFT JOIN exchange_filepeerlook l ON l.peer_id = p.name
WHERE p.enabled AND (l.at IS NULL OR l.at + make_interval(secs => (p.content ->> 'every_seconds')::int) <= $1
    OR EXISTS (SELECT FROM exchange_file f WHERE f.peer_id = p.name AND f.state IN ('queued', 'received')
        AND f.first_at > l.at))
ORDER BY p.name LIMIT 500
"""
_ONE: Final = "SELECT name, content FROM exchange_filepeer WHERE name = $1"
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """What came of looking at a peer. `fault` is empty when nothing was wrong; None: another clerk is at it."""

    fault: str | None
    fetched: int = 0
    sent: int = 0


async def serve_files(settings: Configuration, clock: Callable[[], dt.datetime] = now) -> None:
    """Look at peers until cancelled; wait for a database that is away."""
    while True:
        try:
            async with asyncpg.create_pool(settings.database_url, min_size=1, max_size=3 * _AT_ONCE) as pool:
                await _serve(pool, settings, clock)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("Files have to wait: %s", error)
        await asyncio.sleep(_IDLE_SECONDS)


async def look_at(
    pool: asyncpg.Pool, name: str, peer: FilePeer, settings: Configuration, clock: Callable[[], dt.datetime] = now
) -> Look:
    """Look at one peer now, unless somebody else does: files in, what they ask for, and files out."""
    async with pool.acquire() as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", _LOCKS, name):
            return Look(None)
        try:
            found = await _look(pool, name, peer, settings, clock)
            await life.looked(connection, name, clock(), found.fault or "")
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1, hashtext($2))", _LOCKS, name)
    return found


async def peer_named(pool: asyncpg.Pool, name: str) -> FilePeer | None:
    """The peer of that name."""
    row = await pool.fetchrow(_ONE, name)
    return _read(row) if row else None


async def _serve(pool: asyncpg.Pool, settings: Configuration, clock: Callable[[], dt.datetime]) -> None:
    """Each peer at its own pace: one that takes long keeps no other waiting."""
    looking: dict[str, asyncio.Task[None]] = {}
    places = asyncio.Semaphore(_AT_ONCE)
    try:
        while True:
            for row in await pool.fetch(_DUE, clock()):
                name = row["name"]
                if name not in looking or looking[name].done():
                    looking[name] = asyncio.create_task(_look_safely(pool, row, settings, clock, places))
            await asyncio.sleep(_IDLE_SECONDS)
    finally:
        for task in looking.values():
            task.cancel()
        await asyncio.gather(*looking.values(), return_exceptions=True)


async def _look_safely(
    pool: asyncpg.Pool,
    row: asyncpg.Record,
    settings: Configuration,
    clock: Callable[[], dt.datetime],
    places: asyncio.Semaphore,
) -> None:
    """One peer's trouble, whatever it is, is on record and ends nothing else."""
    try:
        async with places:
            await look_at(pool, row["name"], _read(row), settings, clock)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        _log.warning("Peer %s has to wait: %s", row["name"], error)
    except Exception as error:  # noqa: BLE001 - told on the screen of the peer, with its trace in the log
        _log.exception("Peer %s cannot be looked at", row["name"])
        async with pool.acquire() as connection:
            await life.looked(connection, row["name"], clock(), f"{type(error).__name__}: {error}")


async def _look(
    pool: asyncpg.Pool, name: str, peer: FilePeer, settings: Configuration, clock: Callable[[], dt.datetime]
) -> Look:
    try:
        secret = secret_of(peer.credential, settings.home) or b""
        if peer.report and peer.outbound:
            await queue_reports(pool, name, bic=settings.bank_bic, at=clock())
        async with remote.connected(peer, secret) as sftp:
            fetched = await Intake(pool, name, peer, spool_of(settings), clock).look(sftp)
            return Look("", fetched, await deliver(pool, name, peer, sftp, clock))
    except (FilePeerAway, CredentialMissing) as error:
        return Look(f"{error} {error.next_step}")


def spool_of(settings: Configuration) -> Path:
    """The folder where files grow while they are fetched."""
    return settings.home / "spool"


def _read(row: asyncpg.Record) -> FilePeer:
    return msgspec.convert(json.loads(row["content"]), FilePeer)
