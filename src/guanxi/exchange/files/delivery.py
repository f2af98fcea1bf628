"""Files out: written at the peer under a name that nobody reads, then given their own at once.

A file is sent until it is there, with growing pauses. One of the same name that lies there is never overwritten.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, Final

import asyncpg
import asyncssh

from guanxi.exchange.files import life, remote
from guanxi.exchange.files.life import File
from guanxi.exchange.files.peers import FilePeer
from guanxi.exchange.files.states import FileState
from guanxi.exchange.pacing import backoff

_MOST: Final = 200
_LONGEST_PAUSE: Final = 600.0
_TOLD_EVERY: Final = 0.5


async def deliver(
    pool: asyncpg.Pool, name: str, peer: FilePeer, sftp: asyncssh.SFTPClient, clock: Callable[[], dt.datetime]
) -> int:
    """Send what is due; how many files arrived. What cannot be sent now is noted, and keeps no other back."""
    if not peer.outbound:
        return 0
    async with pool.acquire() as connection:
        due = await life.files_to_send(connection, name, clock(), _MOST)
    arrived = 0
    for file in due:
        try:
            arrived += await _send(pool, peer, sftp, file, clock)
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
            raise
        except (asyncssh.SFTPError, OSError) as error:
            await _later(pool, file, f"{type(error).__name__}: {error}", clock())
    return arrived


async def _send(
    pool: asyncpg.Pool, peer: FilePeer, sftp: asyncssh.SFTPClient, file: File, clock: Callable[[], dt.datetime]
) -> bool:
    path = PurePosixPath(peer.outbound) / file.name
    part = str(path.with_name(f".{file.name}.{file.id.hex[-8:]}.part"))
    async with pool.acquire() as connection:
        compressed = await life.content_of(connection, file.id)
        if file.state is FileState.QUEUED:
            if not await life.advance(connection, file, FileState.SENDING, clock()):
                return False
            begun = await life.file_by_id(connection, file.id)
            file = begun or file
    if compressed is None:
        raise LookupError(f"file {file.id} has no content")
    if await sftp.exists(str(path)):  # ours, if we were killed between giving it its name and noting so
        if not (
            await sftp.getsize(str(path)) == file.size and not await sftp.exists(part) and file.so_far == file.size
        ):
            await _later(pool, file, "A file of this name lies there already.", clock())
            return False
    else:
        await _put(pool, peer, sftp, file, part, compressed, clock)
        await sftp.posix_rename(part, str(path))
    async with pool.acquire() as connection:
        sets: dict[str, Any] = {"so_far": file.size, "moved_to": str(path), "next_attempt_at": None, "sentence": ""}
        return await life.advance(connection, file, FileState.SENT, clock(), told=str(path), **sets)


async def _put(
    pool: asyncpg.Pool,
    peer: FilePeer,
    sftp: asyncssh.SFTPClient,
    file: File,
    part: str,
    compressed: bytes,
    clock: Callable[[], dt.datetime],
) -> None:
    """All of it under `part`, its checksum beside where it will be, and on record that only the name is missing."""
    last = time.monotonic()

    async def progress(so_far: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _TOLD_EVERY:
            last = time.monotonic()
            async with pool.acquire() as connection:
                await life.note(connection, file, clock(), so_far=min(so_far, file.size - 1))

    await remote.put(sftp, part, file.size, life.unpacked(compressed), progress)
    if await sftp.getsize(part) != file.size:
        await sftp.remove(part)
        raise OSError("What arrived there has another size.")
    sha256 = hashlib.sha256()
    for piece in life.unpacked(compressed):
        sha256.update(piece)
    if peer.checksum:
        side = PurePosixPath(peer.outbound) / f"{file.name}.sha256"
        async with sftp.open(f"{side}.part", "wb") as opened:
            await opened.write(f"{sha256.hexdigest()}  {file.name}\n".encode())
        await sftp.posix_rename(f"{side}.part", str(side))
    async with pool.acquire() as connection:
        await life.note(connection, file, clock(), so_far=file.size, sha256=sha256.digest())


async def _later(pool: asyncpg.Pool, file: File, sentence: str, at: dt.datetime) -> None:
    pause = min(_LONGEST_PAUSE, 1 + backoff(min(file.attempts + 1, 12), 2.0, random.random()))  # noqa: S311 - spreads
    async with pool.acquire() as connection:
        present = await life.file_by_id(connection, file.id)
        if present is not None:
            sets = {"attempts": file.attempts + 1, "next_attempt_at": at + dt.timedelta(seconds=pause)}
            await life.note(connection, present, at, told=sentence, **sets)
