"""Files in: from the peer's folder to what they ask for, each on its own.

One look takes every file as far as it can go now. Whoever is killed in the middle leaves a file that the next look
takes up where it stands: what was fetched is not fetched again, what was handled is not handled again.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import asyncpg
import asyncssh

from guanxi.exchange.errors import FileRefused
from guanxi.exchange.files import life, remote
from guanxi.exchange.files.handling import IncomingFile, handlers_by_kind
from guanxi.exchange.files.life import File
from guanxi.exchange.files.peers import SIDE_FILES, FilePeer, is_content, kind_of
from guanxi.exchange.files.remote import Entry
from guanxi.exchange.files.states import TO_BE_MOVED, FileState

MOST: Final = 500  # files of one peer in one look
LARGEST_KEPT: Final = 64 * 1024 * 1024  # octets once compressed
_TOLD_EVERY: Final = 0.5  # seconds between two words about progress
_SHA256: Final = re.compile(rb"[0-9a-fA-F]{64}")
_REST: Final = dt.timedelta(seconds=1)
_MEGABYTE: Final = 1024 * 1024
_log = logging.getLogger(__name__)


class Intake:
    """One look at one peer. `spool` is the folder where what is being fetched grows."""

    def __init__(
        self, pool: asyncpg.Pool, name: str, peer: FilePeer, spool: Path, clock: Callable[[], dt.datetime]
    ) -> None:
        self._pool, self._name, self._peer, self._spool, self._clock = pool, name, peer, spool, clock
        spool.mkdir(parents=True, exist_ok=True)

    async def look(self, sftp: asyncssh.SFTPClient) -> int:
        """Take everything as far as it can go; how many files went on. A fault of one is noted and stops no other."""
        if not self._peer.inbound:
            return 0
        there = await remote.listed(sftp, self._peer.inbound)
        await self._see_new(there)
        moved = 0
        async with self._pool.acquire() as connection:
            known = await life.files_to_go_on_with(connection, self._name, MOST)
        for file in known:
            try:
                moved += await self._go_on(sftp, file, there)
            except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
                raise
            except (asyncssh.SFTPError, OSError) as error:
                await self._note(file, f"{type(error).__name__}: {error}", attempts=file.attempts + 1)
        return moved

    async def _see_new(self, there: Mapping[str, Entry]) -> None:
        async with self._pool.acquire() as connection:
            known_files = await life.files_to_go_on_with(connection, self._name, MOST)
            known = {file.name for file in known_files if not file.moved_to}
            fresh = [entry for name, entry in there.items() if is_content(name) and name not in known]
            for entry in fresh[: MOST - len(known)]:
                kind = kind_of(self._peer, entry.name)
                await life.see(connection, self._name, entry.name, kind, entry.size, entry.modified, self._clock())

    async def _go_on(self, sftp: asyncssh.SFTPClient, file: File, there: Mapping[str, Entry]) -> bool:
        """As far as this file can go now."""
        entry, went = there.get(file.name), False
        following: File | None = file
        while following is not None:
            file = following
            try:
                following = await self._step(sftp, file, entry, there)
            except FileRefused as error:
                following = await self._quarantine(file, error)
            went = went or following is not None
        return went

    async def _step(
        self, sftp: asyncssh.SFTPClient, file: File, entry: Entry | None, there: Mapping[str, Entry]
    ) -> File | None:
        """The next step; None when there is none now."""
        match file.state:
            case FileState.SEEN:
                return await self._begin(file, entry, there)
            case FileState.TRANSFERRING:
                return await self._transfer(sftp, file, entry)
            case FileState.RECEIVED:
                return await self._handle(file)
            case FileState.HANDLED if file.moved_to:  # it was in quarantine
                return await self._advance(file, FileState.ARCHIVED, told=file.moved_to)
            case state if state in TO_BE_MOVED and not file.moved_to:
                return await self._out_of_the_way(sftp, file, entry, there)
        return None

    async def _begin(self, file: File, entry: Entry | None, there: Mapping[str, Entry]) -> File | None:
        if entry is None:
            return await self._advance(file, FileState.GONE, told="The peer took it away.")
        if (entry.size, entry.modified) != (file.size, file.modified):
            await self._note(file, "It is still being written.", size=entry.size, modified=entry.modified)
            return None
        if not file.kind:
            raise FileRefused("No pattern of this peer fits its name, so nobody knows what it is.")
        if file.size > self._peer.largest_megabytes * _MEGABYTE:
            raise FileRefused(f"It has {file.size:,} octets; this peer may send {self._peer.largest_megabytes} MB.")
        if self._peer.ready == "marker" and f"{file.name}.done" not in there:
            await self._note(file, f"It waits for {file.name}.done.")
            return None
        if self._peer.checksum and f"{file.name}.sha256" not in there:
            await self._note(file, f"It waits for its checksum, {file.name}.sha256.")
            return None
        if self._peer.ready == "stable" and not self._has_rested(file):
            return None
        return await self._advance(file, FileState.TRANSFERRING)

    def _has_rested(self, file: File) -> bool:
        """An earlier look found it as it is now."""
        return self._clock() - file.changed_at >= _REST

    async def _transfer(self, sftp: asyncssh.SFTPClient, file: File, entry: Entry | None) -> File | None:
        path = self._spool / f"{file.id}.part"
        if entry is None:
            _drop(path)
            return await self._advance(file, FileState.GONE, told="The peer took it away while it was being fetched.")
        as_begun = entry._replace(size=file.size, modified=file.modified or 0)
        if entry == as_begun:
            await remote.fetch(sftp, entry, path, self._progress(file))
        after = await remote.now_at(sftp, entry)
        if after != as_begun or remote.size_of(path) != file.size:
            _drop(path)
            size, modified = (after.size, after.modified) if after else (file.size, file.modified)
            told = "It changed while it was being fetched; it is fetched anew."
            return await self._advance(file, FileState.SEEN, told=told, size=size, modified=modified, so_far=0)
        return await self._receive(sftp, file, entry, path)

    async def _receive(self, sftp: asyncssh.SFTPClient, file: File, entry: Entry, path: Path) -> File | None:
        """It is here: check it, keep it, and know it again."""
        found = await asyncio.to_thread(remote.sha256_of, path)
        if self._peer.checksum:
            told = _SHA256.search(await remote.read_small(sftp, f"{entry.path}.sha256"))
            if told is None or bytes.fromhex(told[0].decode()) != found:
                _drop(path)
                raise FileRefused(f"Its checksum is {found.hex()}, not what {file.name}.sha256 says.")
        size, compressed = await asyncio.to_thread(_compressed, path)
        if len(compressed) > LARGEST_KEPT:
            _drop(path)
            raise FileRefused(f"It has {size:,} octets, too many to be kept.")
        try:
            received = await self._keep(file, found, compressed)
        except asyncpg.UniqueViolationError:  # the same octets came under two names at once
            return None
        _drop(path)
        return received

    async def _keep(self, file: File, sha256: bytes, compressed: bytes) -> File | None:
        async with self._pool.acquire() as connection, connection.transaction():
            if same := await life.same_content(connection, file, sha256):
                told = f"The same octets came as {same[1]} before; nothing is done with them again."
                sets: dict[str, Any] = {
                    "sha256": sha256,
                    "so_far": file.size,
                    "duplicate_of_id": same[0],
                    "sentence": told,
                }
                return await self._advance(file, FileState.DUPLICATE, told=told, connection=connection, **sets)
            await life.keep_content(connection, file.id, compressed)
            told = f"SHA-256 {sha256.hex()}"
            sets = {"sha256": sha256, "so_far": file.size, "sentence": ""}
            return await self._advance(file, FileState.RECEIVED, told=told, connection=connection, **sets)

    async def _handle(self, file: File) -> File | None:
        handler = handlers_by_kind().get(file.kind)
        async with self._pool.acquire() as connection:
            compressed = await life.content_of(connection, file.id)
        if handler is None or compressed is None:
            raise FileRefused(f"Nothing here knows what to do with {file.kind or 'it'}.")
        arrived = IncomingFile(file.id, self._peer, file.name, self._clock(), lambda: life.unpacked(compressed))
        handled = await handler.take(self._pool, arrived)
        return await self._advance(file, FileState.HANDLED, told=handled.sentence, subject_id=handled.subject_id)

    async def _out_of_the_way(
        self, sftp: asyncssh.SFTPClient, file: File, entry: Entry | None, there: Mapping[str, Entry]
    ) -> File | None:
        """Into the peer's folder for what is done, or for what is wrong; side files go with it."""
        aside = self._peer.quarantine if file.state is FileState.QUARANTINED else self._peer.archive
        to = str(PurePosixPath(aside) / f"{file.name}.{file.id.hex[-8:]}")
        replaced = entry is not None and (entry.size, entry.modified) != (file.size, file.modified)
        if entry is None or replaced:
            to = to if entry is None and await sftp.exists(to) else "(the peer took it away)"
        else:
            await remote.move(sftp, entry.path, to)
            for suffix in SIDE_FILES:
                if beside := there.get(file.name + suffix):
                    with contextlib.suppress(asyncssh.SFTPError):
                        await remote.move(sftp, beside.path, to + suffix)
        if file.state is FileState.HANDLED:
            return await self._advance(file, FileState.ARCHIVED, told=to, moved_to=to)
        await self._note(file, "", moved_to=to)
        return None

    async def _quarantine(self, file: File, error: FileRefused) -> File | None:
        sentence = str(error)
        sets = {"code": error.code, "sentence": sentence[:500]}
        return await self._advance(file, FileState.QUARANTINED, told=sentence, **sets)

    async def _advance(
        self,
        file: File,
        following: FileState,
        *,
        told: str = "",
        connection: asyncpg.Connection | None = None,
        **columns: Any,  # noqa: ANN401 - as the column has it
    ) -> File | None:
        """The file as it stands after the step; None when somebody else has taken it meanwhile."""
        if connection is None:
            async with self._pool.acquire() as own:
                return await self._advance(file, following, told=told, connection=own, **columns)
        if not await life.advance(connection, file, following, self._clock(), told=told, **columns):
            return None
        return await life.file_by_id(connection, file.id)

    async def _note(self, file: File, told: str, **columns: Any) -> None:  # noqa: ANN401 - as the column has it
        async with self._pool.acquire() as connection:
            await life.note(connection, file, self._clock(), told=told, **columns)

    def _progress(self, file: File) -> remote.Progress:
        last = time.monotonic()

        async def tell(so_far: int) -> None:
            nonlocal last
            if time.monotonic() - last >= _TOLD_EVERY:
                last = time.monotonic()
                await self._note(file, "", so_far=so_far)

        return tell


def _drop(path: Path) -> None:
    path.unlink(missing_ok=True)


def _compressed(path: Path) -> tuple[int, bytes]:
    with path.open("rb") as file:
        return life.compress(iter(lambda: file.read(_MEGABYTE), b""))
