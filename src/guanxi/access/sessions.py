"""Customers signed in on a channel: an opaque token of 256 random bits, of which only the SHA-256 is kept.

A session in use costs no query of its own: it is remembered, and once a second one statement asks about all remembered
sessions together. What has not been confirmed within two seconds is not believed, so a session revoked anywhere, by any
process, is refused everywhere two seconds later at most, also when the database cannot be asked.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import hashlib
import logging
import secrets
import time
import uuid
from typing import Final

import asyncpg

from guanxi.kernel.vocabulary import Channel

BELIEVED_FOR: Final = 2.0  # seconds
_ASK_EVERY: Final = 1.0
_REMEMBERED_UNUSED: Final = 30.0
_TOKEN_LENGTH: Final = 43  # 32 bytes in URL-safe base64

_OPEN: Final = """
INSERT INTO access_customersession (token_hash, party_id, channel, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
"""
_FIND: Final = """
SELECT party_id, channel, expires_at FROM access_customersession WHERE token_hash = $1 AND revoked_at IS NULL
"""
_STILL_VALID: Final = """
SELECT token_hash FROM access_customersession WHERE token_hash = ANY ($1::bytea[]) AND revoked_at IS NULL
"""
_REVOKE: Final = """
UPDATE access_customersession SET revoked_at = $2 WHERE token_hash = $1 AND revoked_at IS NULL
"""

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Session:
    """A customer signed in on a channel until `expires_at`."""

    token_hash: bytes
    party_id: uuid.UUID
    channel: Channel
    expires_at: dt.datetime


@dataclasses.dataclass(slots=True)
class _Remembered:
    session: Session
    confirmed_at: float  # time.monotonic()
    used_at: float


async def open_session(
    connection: asyncpg.Connection, *, party_id: uuid.UUID, channel: Channel, at: dt.datetime, lasts: dt.timedelta
) -> tuple[str, Session]:
    """A new session and its token, which is told once and kept nowhere."""
    token = secrets.token_urlsafe(32)
    session = Session(_hash(token), party_id, channel, at + lasts)
    await connection.execute(_OPEN, session.token_hash, party_id, channel.value, at, session.expires_at)
    return token, session


class SessionBook:
    """The sessions this process has seen lately. `keep_current` must run beside it."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._remembered: dict[bytes, _Remembered] = {}

    def recall(self, token: str, at: dt.datetime) -> Session | None:
        """The valid session of `token` if it was confirmed a moment ago; None means: ask `find`."""
        entry = self._remembered.get(_hash(token))
        now = time.monotonic()
        if entry is None or now - entry.confirmed_at >= BELIEVED_FOR or entry.session.expires_at <= at:
            return None
        entry.used_at = now
        return entry.session

    async def find(self, token: str, at: dt.datetime) -> Session | None:
        """The valid session of `token`, asking the database; None when there is none."""
        if len(token) != _TOKEN_LENGTH:
            return None
        asked_at = time.monotonic()
        token_hash = _hash(token)
        row = await self._pool.fetchrow(_FIND, token_hash)
        if row is None or row["expires_at"] <= at:
            self._remembered.pop(token_hash, None)
            return None
        party_id = uuid.UUID(int=row["party_id"].int)
        session = Session(token_hash, party_id, Channel(row["channel"]), row["expires_at"])
        self._remembered[token_hash] = _Remembered(session, confirmed_at=asked_at, used_at=asked_at)
        return session

    async def revoke(self, connection: asyncpg.Connection, session: Session, at: dt.datetime) -> bool:
        """End `session`; was it this call that ended it?"""
        self._remembered.pop(session.token_hash, None)
        status: str = await connection.execute(_REVOKE, session.token_hash, at)
        return status == "UPDATE 1"

    async def keep_current(self) -> None:
        """Ask once a second, in one statement, which of the remembered sessions still hold. Runs until cancelled."""
        while True:
            await asyncio.sleep(_ASK_EVERY)
            try:
                await self._confirm()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                _log.warning("Sessions could not be confirmed: %s", error)

    async def _confirm(self) -> None:
        asked_at = time.monotonic()
        for token_hash, entry in list(self._remembered.items()):
            if asked_at - entry.used_at > _REMEMBERED_UNUSED:
                del self._remembered[token_hash]
        if not self._remembered:
            return
        rows = await self._pool.fetch(_STILL_VALID, list(self._remembered))
        valid = {row["token_hash"] for row in rows}
        for token_hash, entry in list(self._remembered.items()):
            if token_hash in valid:
                entry.confirmed_at = max(entry.confirmed_at, asked_at)
            elif entry.confirmed_at < asked_at:
                del self._remembered[token_hash]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
