"""Computers that speak in their own name: a key of 256 random bits, of which only the SHA-256 is kept.

A key in use costs one look-up in two seconds; one that was revoked anywhere is refused everywhere two seconds later at
most. A key looks like `gxk_` and 43 letters and digits, so that scanners for secrets find it where it should not be.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import secrets
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import asyncpg
import psycopg

from guanxi.access import audit_chain
from guanxi.access.errors import ClientUnknown

BELIEVED_FOR: Final = 2.0  # seconds
_PREFIX: Final = "gxk_"
_LENGTH: Final = len(_PREFIX) + 43
_MOST_REMEMBERED: Final = 10_000

_FIND: Final = """
SELECT client.name, client.scopes, client.sources, client.requests_per_second, key.expires_at
FROM access_machinekey key JOIN access_machineclient client ON client.name = key.client_id
WHERE key.key_hash = $1 AND key.revoked_at IS NULL AND client.disabled_at IS NULL
"""
_REGISTER: Final = """
INSERT INTO access_machineclient (name, title, scopes, sources, requests_per_second, created_at, disabled_at)
VALUES (%(name)s, %(title)s, %(scopes)s, %(sources)s, %(requests_per_second)s, %(at)s, NULL)
ON CONFLICT (name) DO UPDATE SET title = excluded.title, scopes = excluded.scopes, sources = excluded.sources,
    requests_per_second = excluded.requests_per_second, disabled_at = NULL
"""
_ADD_KEY: Final = """
INSERT INTO access_machinekey (key_hash, client_id, created_at, expires_at)
SELECT %s, name, %s, %s FROM access_machineclient WHERE name = %s AND disabled_at IS NULL
"""
_REVOKE: Final = """
UPDATE access_machinekey SET revoked_at = %s WHERE client_id = %s AND revoked_at IS NULL AND created_at < %s
"""
_DISABLE: Final = "UPDATE access_machineclient SET disabled_at = %s WHERE name = %s AND disabled_at IS NULL"
_LIST: Final = """
SELECT client.name, client.title, client.scopes, client.sources, client.requests_per_second, client.disabled_at,
    (SELECT count(*) FROM access_machinekey key WHERE key.client_id = client.name AND key.revoked_at IS NULL
        AND (key.expires_at IS NULL OR key.expires_at > %s))
FROM access_machineclient client ORDER BY client.name LIMIT 500
"""


class NewClient(NamedTuple):
    """A client as it is to be."""

    name: str
    title: str
    scopes: Sequence[str]
    sources: Sequence[str]
    requests_per_second: int


@dataclasses.dataclass(frozen=True, slots=True)
class MachineClient:
    """A client that has shown its key."""

    name: str
    scopes: frozenset[str]
    sources: frozenset[str]
    requests_per_second: int

    @property
    def actor(self) -> str:
        """As the audit trail calls it."""
        return f"api:{self.name}"

    def may_tell(self, source: str) -> bool:
        """Whether it may tell records of `source`: its own, and those it was given."""
        return source == self.name or source in self.sources


class ClientBook:
    """The clients this process has seen lately."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._remembered: dict[bytes, tuple[MachineClient, dt.datetime | None, float]] = {}

    async def find(self, key: str, at: dt.datetime) -> MachineClient | None:
        """Whose key it is; None when it is nobody's, or not any more."""
        if len(key) != _LENGTH or not key.startswith(_PREFIX):
            return None
        key_hash, now = _hash(key), time.monotonic()
        remembered = self._remembered.get(key_hash)
        if remembered is None or now - remembered[2] >= BELIEVED_FOR:
            remembered = await self._ask(key_hash, now)
        if remembered is None or (remembered[1] is not None and remembered[1] <= at):
            return None
        return remembered[0]

    async def _ask(self, key_hash: bytes, now: float) -> tuple[MachineClient, dt.datetime | None, float] | None:
        row = await self._pool.fetchrow(_FIND, key_hash)
        if row is None:
            self._remembered.pop(key_hash, None)
            return None
        client = MachineClient(
            row["name"], frozenset(row["scopes"]), frozenset(row["sources"]), row["requests_per_second"]
        )
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[key_hash] = (client, row["expires_at"], now)
        return self._remembered[key_hash]


def register_client(connection: psycopg.Connection[Any], new: NewClient, *, by: str, at: dt.datetime) -> None:
    """Make a client, or let it be as `new` says from now on; its keys stay. Runs in the caller's transaction."""
    connection.execute(_REGISTER, {**new._asdict(), "scopes": list(new.scopes), "sources": list(new.sources), "at": at})
    detail = {"scopes": list(new.scopes), "sources": list(new.sources), "per_second": new.requests_per_second}
    audit_chain.append(
        connection, actor=by, action="register_client", subject=f"client:{new.name}", at=at, detail=detail
    )


def add_key(
    connection: psycopg.Connection[Any], name: str, *, by: str, at: dt.datetime, until: dt.datetime | None = None
) -> str:
    """A new key of the client, which is told once and kept nowhere; `ClientUnknown` when it may not speak at all."""
    key = _PREFIX + secrets.token_urlsafe(32)
    if not connection.execute(_ADD_KEY, [_hash(key), at, until, name]).rowcount:
        raise ClientUnknown(name)
    audit_chain.append(connection, actor=by, action="add_client_key", subject=f"client:{name}", at=at)
    return key


def revoke_keys(
    connection: psycopg.Connection[Any], name: str, *, by: str, at: dt.datetime, before: dt.datetime
) -> int:
    """Take back the keys made before then; how many."""
    revoked = connection.execute(_REVOKE, [at, name, before]).rowcount
    detail = {"keys": revoked}
    audit_chain.append(
        connection, actor=by, action="revoke_client_keys", subject=f"client:{name}", at=at, detail=detail
    )
    return revoked


def disable_client(connection: psycopg.Connection[Any], name: str, *, by: str, at: dt.datetime) -> None:
    """The client may not speak any more, whatever keys it has; `ClientUnknown` when there is none that may."""
    if not connection.execute(_DISABLE, [at, name]).rowcount:
        raise ClientUnknown(name)
    audit_chain.append(connection, actor=by, action="disable_client", subject=f"client:{name}", at=at)


def list_clients(connection: psycopg.Connection[Any], at: dt.datetime) -> list[tuple[Any, ...]]:
    """Name, title, scopes, sources, requests a second, since when disabled, and how many keys hold."""
    return connection.execute(_LIST, [at]).fetchall()


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
