"""Taking a payment file in: kept as it came, known again by its key and by its content. Nothing is done with it yet.

The same octets again from the same sender, under whatever name, are kept on record as a duplicate (AM05) and never
looked into.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import uuid
import zlib
from collections.abc import Iterator
from typing import Final

import asyncpg

from guanxi.exchange.errors import PaymentFileRefused
from guanxi.exchange.payments import statements
from guanxi.exchange.payments.reasons import DUPLICATION
from guanxi.kernel.identity import uuid7
from guanxi.kernel.iso20022.xml import LARGEST_STREAM

LARGEST_KEPT: Final = 64 * 1024 * 1024  # octets once compressed; XML shrinks ten- to twentyfold
_PIECE: Final = 64 * 1024


class Spool:
    """A payment file as it arrives, piece by piece: compressed, counted and hashed on the way."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._press = zlib.compressobj(level=1)
        self._pieces: list[bytes] = []
        self._kept = 0
        self.octets = 0

    def add(self, piece: bytes) -> None:
        """The next piece; `PaymentFileRefused` when it becomes too much."""
        self._hash.update(piece)
        self.octets += len(piece)
        self._keep(self._press.compress(piece))
        if self.octets > LARGEST_STREAM or self._kept > LARGEST_KEPT:
            raise PaymentFileRefused(
                f"A payment file has {LARGEST_STREAM:,} octets at most.", next_step="Send it in parts."
            )

    def finish(self) -> tuple[bytes, bytes]:
        """The content hash, and the compressed octets."""
        self._keep(self._press.flush())
        if not self.octets:
            raise PaymentFileRefused("The payment file is empty.", next_step="Send a pain.001 message.")
        return self._hash.digest(), b"".join(self._pieces)

    def _keep(self, pressed: bytes) -> None:
        self._kept += len(pressed)
        if pressed:
            self._pieces.append(pressed)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """Who sends a payment file, how, and what they call it."""

    party_id: uuid.UUID
    way: str  # api, sftp
    name: str = ""
    idempotency_key: str | None = None
    received_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """What became of it. `replayed`: it had been taken under the same key before."""

    id: uuid.UUID
    state: str
    duplicate_of: uuid.UUID | None = None
    replayed: bool = False


async def take_in(pool: asyncpg.Pool, new: NewFile, spool: Spool) -> Taken:
    """Make the file durable. `PaymentFileRefused` when its key has been used with other content."""
    content_hash, compressed = spool.finish()
    async with pool.acquire() as connection, connection.transaction():
        if new.idempotency_key and (known := await _known(connection, new, content_hash)):
            return known
        taken = await _insert(connection, new, spool.octets, content_hash, None)
        if taken is None and (original := await connection.fetchval(statements.BY_CONTENT, new.party_id, content_hash)):
            taken = await _insert(connection, new, spool.octets, content_hash, uuid.UUID(int=original.int))
        if taken is None:
            known = await _known(connection, new, content_hash)
            if known is None:
                raise LookupError("a payment file that could not be kept is not there either")
            return known
        if taken.duplicate_of is None:
            await connection.execute(statements.INSERT_CONTENT, taken.id, compressed)
        return taken


def unpacked(compressed: bytes) -> Iterator[bytes]:
    """The octets of a file that was taken in, piece by piece."""
    press, left = zlib.decompressobj(), compressed
    while left and not press.eof:
        yield press.decompress(left, _PIECE)
        left = press.unconsumed_tail
    yield press.flush()


async def _known(connection: asyncpg.Connection, new: NewFile, content_hash: bytes) -> Taken | None:
    row = await connection.fetchrow(statements.BY_KEY, new.party_id, new.idempotency_key)
    if row is None:
        return None
    if row["content_hash"] != content_hash:
        raise PaymentFileRefused(
            "This Idempotency-Key belongs to another payment file.",
            next_step="Use a new key for a new file.",
            used_key=True,
        )
    return Taken(uuid.UUID(int=row["id"].int), row["state"], replayed=True)


async def _insert(
    connection: asyncpg.Connection, new: NewFile, octets: int, content_hash: bytes, original: uuid.UUID | None
) -> Taken | None:
    state = "rejected" if original else "received"
    explanation = f"The same file was received before, as {original}." if original else ""
    identity = await connection.fetchval(
        statements.INSERT_FILE,
        uuid7(),
        new.party_id,
        new.way,
        new.name[:200],
        new.idempotency_key,
        content_hash,
        octets,
        new.received_at,
        state,
        DUPLICATION if original else "",
        explanation,
        original,
        new.received_at if original else None,
    )
    return Taken(uuid.UUID(int=identity.int), state, original) if identity else None
