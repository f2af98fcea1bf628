"""Who saw and did what: an append-only chain in which each entry's hash covers the one before it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.db import connection

from guanxi.access.models import AuditEntry
from guanxi.storage.transactions import open_transaction, require_transaction

_CHAIN_LOCK: Final = 71_215
_FIRST: Final = bytes(32)


def record(*, actor: str, action: str, subject: str, at: dt.datetime, detail: Mapping[str, Any] | None = None) -> None:
    """Add an entry to the chain, in a transaction of its own."""
    with open_transaction():
        record_change(actor=actor, action=action, subject=subject, at=at, detail=detail)


def record_change(
    *, actor: str, action: str, subject: str, at: dt.datetime, detail: Mapping[str, Any] | None = None
) -> None:
    """Add an entry to the chain, in the transaction of the change that it tells of: both are kept, or neither."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
    last = AuditEntry.objects.order_by("-sequence").first()
    entry = AuditEntry(
        sequence=last.sequence + 1 if last else 1,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        detail=dict(detail or {}),
        previous_hash=bytes(last.hash) if last else _FIRST,
    )
    entry.hash = _hash(entry)
    entry.save(force_insert=True)


def broken_links() -> Iterator[int]:
    """The sequence numbers at which the chain does not hold: altered, removed or inserted entries."""
    previous, expected = _FIRST, 1
    for entry in AuditEntry.objects.order_by("sequence").iterator(chunk_size=5000):
        whole = (
            entry.sequence == expected and bytes(entry.previous_hash) == previous and bytes(entry.hash) == _hash(entry)
        )
        if not whole:
            yield entry.sequence
        previous, expected = bytes(entry.hash), entry.sequence + 1


def _hash(entry: AuditEntry) -> bytes:
    content = [entry.sequence, entry.at.isoformat(), entry.actor, entry.action, entry.subject, entry.detail]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(bytes(entry.previous_hash) + text.encode()).digest()
