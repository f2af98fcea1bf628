"""Files as the database has them: found, begun, and moved from state to state, each step with its event in one commit.

Every step says where the file must stand: whoever comes second changes nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

import asyncpg
import msgspec

from guanxi.exchange.files.states import ENDED, NEXT, FileState
from guanxi.kernel.identity import uuid7

CLERK: Final = "system:files"
_PIECE: Final = 64 * 1024
_COLUMNS: Final = """id, peer_id AS peer, direction, name, kind, state, size, modified, sha256, so_far, first_at,
    changed_at, attempts, next_attempt_at, moved_to, subject_id, code, sentence"""
_AT_PEER: Final = f"""
SELECT {_COLUMNS} FROM exchange_file
WHERE peer_id = $1 AND direction = 'in'
    AND (state IN ('seen', 'transferring', 'received', 'handled')
        OR state IN ('duplicate', 'quarantined') AND moved_to = '')
ORDER BY first_at LIMIT $2
"""  # noqa: S608 - names of our own, here and below
_TO_SEND: Final = f"""
SELECT {_COLUMNS} FROM exchange_file
WHERE peer_id = $1 AND direction = 'out' AND state IN ('queued', 'sending')
    AND (next_attempt_at IS NULL OR next_attempt_at <= $2)
ORDER BY first_at LIMIT $3
"""  # noqa: S608
_ONE: Final = f"SELECT {_COLUMNS} FROM exchange_file WHERE id = $1"  # noqa: S608
_BEGIN: Final = """
WITH begun AS (
    INSERT INTO exchange_file (id, peer_id, direction, name, kind, state, size, modified, so_far, first_at, changed_at,
        attempts, moved_to, code, sentence, answers_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9, 0, '', '', '', $10)
    ON CONFLICT DO NOTHING RETURNING id
)
INSERT INTO exchange_fileevent (file_id, at, state, actor, sentence) SELECT id, $9, $6, $11, $12 FROM begun
RETURNING file_id
"""
_EVENT: Final = "INSERT INTO exchange_fileevent (file_id, at, state, actor, sentence) VALUES ($1, $2, $3, $4, $5)"
_CONTENT: Final = """
INSERT INTO exchange_filecontent (file_id, compressed) VALUES ($1, $2)
ON CONFLICT (file_id) DO UPDATE SET compressed = excluded.compressed
"""
_SAME_CONTENT: Final = """
SELECT id, name FROM exchange_file
WHERE peer_id = $1 AND sha256 = $2 AND direction = 'in' AND state IN ('received', 'handled', 'archived') AND id <> $3
"""
_LOOKED: Final = """
INSERT INTO exchange_filepeerlook (peer_id, at, fault) VALUES ($1, $2, left($3, 300))
ON CONFLICT (peer_id) DO UPDATE SET at = excluded.at, fault = excluded.fault
"""
# What a step may set besides the state.
_SETTABLE: Final = frozenset(
    "size modified sha256 so_far attempts next_attempt_at moved_to duplicate_of_id code sentence subject_id".split()  # noqa: SIM905
)


class File(msgspec.Struct, frozen=True):
    """A file as it stands."""

    id: uuid.UUID
    peer: str
    direction: str
    name: str
    kind: str
    state: FileState
    size: int
    modified: int | None
    sha256: bytes | None
    so_far: int
    first_at: dt.datetime
    changed_at: dt.datetime
    attempts: int
    next_attempt_at: dt.datetime | None
    moved_to: str
    subject_id: uuid.UUID | None
    code: str
    sentence: str


async def files_to_go_on_with(connection: asyncpg.Connection, peer: str, most: int) -> list[File]:
    """What lies in the peer's folder still, or waits to be handled, the oldest first."""
    return [_file(row) for row in await connection.fetch(_AT_PEER, peer, most)]


async def files_to_send(connection: asyncpg.Connection, peer: str, at: dt.datetime, most: int) -> list[File]:
    """What is due to be sent to the peer, the oldest first."""
    return [_file(row) for row in await connection.fetch(_TO_SEND, peer, at, most)]


async def file_by_id(connection: asyncpg.Connection, file_id: uuid.UUID) -> File | None:
    """One file."""
    row = await connection.fetchrow(_ONE, file_id)
    return _file(row) if row else None


async def see(
    connection: asyncpg.Connection, peer: str, name: str, kind: str, size: int, modified: int, at: dt.datetime
) -> uuid.UUID | None:
    """A file lies at the peer that was not there before; None when somebody else has seen it meanwhile."""
    arguments = (uuid7(), peer, "in", name, kind, FileState.SEEN, size, modified, at, None, CLERK, "")
    found = await connection.fetchval(_BEGIN, *arguments)
    return uuid.UUID(int=found.int) if found else None


async def queue(
    connection: asyncpg.Connection,
    peer: str,
    name: str,
    content: Iterable[bytes],
    at: dt.datetime,
    *,
    actor: str,
    kind: str = "",
    answers: uuid.UUID | None = None,
) -> uuid.UUID | None:
    """Keep a file that is to be sent; None when a file of this name is on its way, or was sent, to the peer already."""
    size, compressed = compress(content)
    async with connection.transaction():
        arguments = (uuid7(), peer, "out", name, kind, FileState.QUEUED, size, None, at, answers, actor, "")
        found = await connection.fetchval(_BEGIN, *arguments)
        if found is None:
            return None
        await connection.execute(_CONTENT, found, compressed)
    return uuid.UUID(int=found.int)


async def advance(
    connection: asyncpg.Connection,
    file: File,
    following: FileState,
    at: dt.datetime,
    *,
    actor: str = CLERK,
    told: str = "",
    **columns: Any,  # noqa: ANN401 - as the column has it
) -> bool:
    """Take `file` on to `following`, with what else is to be set; False when it does not stand where it did.

    `told` is for its history. A step that its table does not have raises `LookupError`.
    """
    if following not in NEXT[file.state]:
        raise LookupError(f"a file does not go from {file.state} to {following}")
    columns["state"] = following.value
    columns["ended_at"] = at if following in ENDED else None
    async with connection.transaction():
        if not await _set(connection, file, at, columns):
            return False
        await connection.execute(_EVENT, file.id, at, following.value, actor, told[:500])
    return True


async def note(
    connection: asyncpg.Connection,
    file: File,
    at: dt.datetime,
    *,
    told: str = "",
    **columns: Any,  # noqa: ANN401 - as the column has it
) -> None:
    """Set something without a step; what is `told` goes into its history when it was not the last thing told."""
    async with connection.transaction():
        if told:
            columns["sentence"] = told[:500]
        await _set(connection, file, at, columns)
        if told and told[:500] != file.sentence:
            await connection.execute(_EVENT, file.id, at, file.state.value, CLERK, told[:500])


async def keep_content(connection: asyncpg.Connection, file_id: uuid.UUID, compressed: bytes) -> None:
    """Keep the octets of a file."""
    await connection.execute(_CONTENT, file_id, compressed)


async def content_of(connection: asyncpg.Connection, file_id: uuid.UUID) -> bytes | None:
    """The octets of a file, compressed; None when they are not kept."""
    found: bytes | None = await connection.fetchval(
        "SELECT compressed FROM exchange_filecontent WHERE file_id = $1", file_id
    )
    return found


async def same_content(connection: asyncpg.Connection, file: File, sha256: bytes) -> tuple[uuid.UUID, str] | None:
    """The file of this peer that had the same octets, and its name."""
    row = await connection.fetchrow(_SAME_CONTENT, file.peer, sha256, file.id)
    return (uuid.UUID(int=row["id"].int), row["name"]) if row else None


async def looked(connection: asyncpg.Connection, peer: str, at: dt.datetime, fault: str) -> None:
    """The peer has been looked at; `fault` is what was wrong."""
    await connection.execute(_LOOKED, peer, at, fault)


def compress(content: Iterable[bytes]) -> tuple[int, bytes]:
    """Size and compressed octets."""
    press, pieces, size = zlib.compressobj(level=1), [], 0
    for piece in content:
        size += len(piece)
        pieces.append(press.compress(piece))
    return size, b"".join([*pieces, press.flush()])


def unpacked(compressed: bytes) -> Iterator[bytes]:
    """The octets, piece by piece."""
    press, left = zlib.decompressobj(), compressed
    while left and not press.eof:
        yield press.decompress(left, _PIECE)
        left = press.unconsumed_tail
    yield press.flush()


async def _set(connection: asyncpg.Connection, file: File, at: dt.datetime, columns: dict[str, Any]) -> bool:
    if unknown := set(columns) - _SETTABLE - {"state", "ended_at"}:
        raise LookupError(f"no such columns: {unknown}")
    columns["changed_at"] = at
    names = sorted(columns)
    assignments = ", ".join(f"{name} = ${position}" for position, name in enumerate(names, start=3))
    statement = f"UPDATE exchange_file SET {assignments} WHERE id = $1 AND state = $2"  # noqa: S608 - checked names
    done: str = await connection.execute(statement, file.id, file.state.value, *(columns[name] for name in names))
    return done == "UPDATE 1"


def _file(row: asyncpg.Record) -> File:
    fields = dict(row)
    for name in ("id", "subject_id"):
        fields[name] = uuid.UUID(int=fields[name].int) if fields[name] else None
    return File(**{**fields, "state": FileState(fields["state"])})
