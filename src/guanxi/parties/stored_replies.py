"""One request of a machine client has one effect: what it was answered is kept with the effect, and answered again.

The row is put in before the effect, in the same transaction, so that the same request sent twice at once waits for the
first to end: then it finds the reply, or, if the first was undone, does the work itself.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from guanxi.parties.errors import KeyUsedBefore

_BEGIN: Final = """
INSERT INTO parties_storedreply (client, key, fingerprint, status, body, headers, at)
VALUES (%s, %s, %s, 0, '', '{}', %s) ON CONFLICT DO NOTHING
"""
_FIND: Final = "SELECT fingerprint, status, body, headers FROM parties_storedreply WHERE client = %s AND key = %s"
_KEEP: Final = """
UPDATE parties_storedreply SET status = %s, body = %s, headers = %s::jsonb WHERE client = %s AND key = %s
"""


class Reply(NamedTuple):
    """What is answered: JSON text, and headers by name."""

    status: int
    body: str
    headers: dict[str, str]


def fingerprint_of(*parts: bytes) -> bytes:
    """Of an operation and what was sent with it."""
    return hashlib.sha256(b"\x1f".join(hashlib.sha256(part).digest() for part in parts)).digest()


def begin(
    connection: psycopg.Connection[Any], *, client: str, key: str, fingerprint: bytes, at: dt.datetime
) -> Reply | None:
    """The stored reply to an equal request; None when this is the first. `KeyUsedBefore` when it was another."""
    if connection.execute(_BEGIN, [client, key, fingerprint, at]).rowcount:
        return None
    row = connection.execute(_FIND, [client, key]).fetchone()
    if row is None or bytes(row[0]) != fingerprint:
        raise KeyUsedBefore
    return Reply(*row[1:])


def keep(connection: psycopg.Connection[Any], reply: Reply, *, client: str, key: str) -> None:
    """Keep what is answered, in the transaction of the effect."""
    headers = msgspec.json.encode(reply.headers).decode()
    connection.execute(_KEEP, [reply.status, reply.body, headers, client, key])
