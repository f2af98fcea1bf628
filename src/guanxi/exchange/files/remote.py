"""A peer's folders over SFTP: what lies there, fetching on from where it broke off, and putting whole files only.

SFTP version 3 (draft-ietf-secsh-filexfer-02) with OpenSSH's `posix-rename` and `fsync` where the server offers them.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import asyncssh

from guanxi.exchange.errors import FilePeerAway
from guanxi.exchange.files.peers import FilePeer

_PIECE: Final = 1024 * 1024
_MOST_ENTRIES: Final = 20_000
Progress = Callable[[int], Awaitable[None]]


class Entry(NamedTuple):
    """A file in a folder. `name` can be shown and kept; `path` is what the peer calls it."""

    name: str
    path: str
    size: int
    modified: int


@contextlib.asynccontextmanager
async def connected(peer: FilePeer, secret: bytes) -> AsyncIterator[asyncssh.SFTPClient]:
    """A session with the peer, whose key must be the one we know; `FilePeerAway` when there is none to be had."""
    try:
        known = asyncssh.import_public_key(peer.host_key)
        keys = [asyncssh.import_private_key(secret)] if b"PRIVATE KEY" in secret else None
    except (asyncssh.KeyImportError, ValueError) as error:
        raise FilePeerAway(f"A key cannot be read: {error}.") from None
    try:
        async with asyncssh.connect(  # noqa: SIM117 - the second needs the first
            peer.host,
            peer.port,
            username=peer.user,
            known_hosts=([known], [], []),
            client_keys=keys or (),
            password=None if keys else secret.decode(errors="replace"),
            agent_path=None,
            config=None,
            connect_timeout=5,
            login_timeout=10,
            keepalive_interval=15,
        ) as connection:
            # Names that are no UTF-8 must not keep others from being seen.
            async with connection.start_sftp_client(path_errors="surrogateescape") as sftp:
                yield sftp
    except asyncssh.HostKeyNotVerifiable:
        raise FilePeerAway("The server shows another key than the one that is known.") from None
    except asyncssh.PermissionDenied:
        raise FilePeerAway("The server does not let us in.") from None
    except (asyncssh.DisconnectError, asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, OSError) as error:
        raise FilePeerAway(f"The server cannot be reached: {error}.") from None


async def listed(sftp: asyncssh.SFTPClient, folder: str) -> dict[str, Entry]:
    """The plain files in `folder` by name, as many as one look can take."""
    found: dict[str, Entry] = {}
    async for each in sftp.scandir(folder):
        attributes, raw = each.attrs, str(each.filename)
        if attributes.permissions is not None and not stat.S_ISREG(attributes.permissions):
            continue
        name = shown(raw)
        found[name] = Entry(name, str(PurePosixPath(folder) / raw), attributes.size or 0, attributes.mtime or 0)
        if len(found) >= _MOST_ENTRIES:
            break
    return found


async def now_at(sftp: asyncssh.SFTPClient, entry: Entry) -> Entry | None:
    """The same file as it is now; None when it is gone."""
    try:
        attributes = await sftp.stat(entry.path)
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        return None
    return entry._replace(size=attributes.size or 0, modified=attributes.mtime or 0)


async def fetch(sftp: asyncssh.SFTPClient, entry: Entry, to: Path, progress: Progress) -> None:
    """Fetch what is not in `to` yet, so that it has the size of `entry`; what is there is not fetched again."""
    so_far = size_of(to)
    if so_far > entry.size:
        so_far = 0
    async with sftp.open(entry.path, "rb") as remote:
        while so_far < entry.size and (piece := await remote.read(min(_PIECE, entry.size - so_far), so_far)):
            await asyncio.to_thread(_write, to, so_far, piece)
            so_far += len(piece)
            await progress(so_far)


async def read_small(sftp: asyncssh.SFTPClient, path: str, most: int = 1024) -> bytes:
    """The beginning of a small file."""
    async with sftp.open(path, "rb") as remote:
        read = await remote.read(most, 0)
        return read.encode() if isinstance(read, str) else read


async def put(sftp: asyncssh.SFTPClient, part: str, size: int, pieces: Iterable[bytes], progress: Progress) -> None:
    """Write `pieces` to `part`, going on where an earlier attempt broke off, down to the peer's disk."""
    async with sftp.open(part, asyncssh.FXF_WRITE | asyncssh.FXF_CREAT, encoding=None) as remote:
        there = (await remote.stat()).size or 0
        if there > size:
            await remote.truncate(0)
            there = 0
        offset = 0
        for piece in pieces:
            end = offset + len(piece)
            if end > there:
                fresh = piece[max(0, there - offset) :]
                await remote.write(fresh, end - len(fresh))
                await progress(end)
            offset = end
        with contextlib.suppress(asyncssh.SFTPOpUnsupported):
            await remote.fsync()


async def move(sftp: asyncssh.SFTPClient, path: str, to: str) -> bool:
    """Give a file another name, which nothing has yet; False when it is gone. Done before counts as done."""
    await sftp.makedirs(str(PurePosixPath(to).parent), exist_ok=True)
    try:
        await sftp.rename(path, to)
    except asyncssh.SFTPError:
        if await sftp.exists(path):
            raise
        return await sftp.exists(to)
    return True


def size_of(path: Path) -> int:
    """How many octets are in a local file; none when there is no such file."""
    return path.stat().st_size if path.exists() else 0


def _write(path: Path, offset: int, piece: bytes | str) -> None:
    if isinstance(piece, str):
        raise TypeError("octets are read as octets")
    with path.open("r+b" if path.exists() else "wb") as file:
        file.seek(offset)
        file.write(piece)
        file.truncate()


def sha256_of(path: Path) -> bytes:
    """The SHA-256 of a local file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def shown(name: str) -> str:
    """A name as it can be kept and shown: what is no UTF-8, and what cannot be printed, as escapes."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)[:255]
