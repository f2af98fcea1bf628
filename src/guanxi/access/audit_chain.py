"""The audit chain itself, for every door: each entry's hash covers its content and the hash before it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import psycopg

CHAIN_LOCK: Final = 71_215
FIRST: Final = bytes(32)
_LAST: Final = "SELECT sequence, hash FROM access_auditentry ORDER BY sequence DESC LIMIT 1"
_ADD: Final = """
INSERT INTO access_auditentry (sequence, at, actor, action, subject, detail, previous_hash, hash)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s, %s)
"""


def append(
    connection: psycopg.Connection[Any],
    *,
    actor: str,
    action: str,
    subject: str,
    at: dt.datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry in the transaction of the change that it tells of: both are kept, or neither."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    last = connection.execute(_LAST).fetchone()
    sequence, previous = (last[0] + 1, bytes(last[1])) if last else (1, FIRST)
    told = dict(detail or {})
    entry_hash = hash_of(previous, [sequence, at.isoformat(), actor, action, subject, told])
    body = json.dumps(told, ensure_ascii=False)
    connection.execute(_ADD, [sequence, at, actor, action, subject, body, previous, entry_hash])


def hash_of(previous: bytes, content: list[Any]) -> bytes:
    """The hash of an entry: SHA-256 over the one before it and its own content."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(previous + text.encode()).digest()
