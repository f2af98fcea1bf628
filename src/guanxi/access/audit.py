"""Who saw and did what: an append-only chain in which each entry's hash covers the one before it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from guanxi.access import audit_chain
from guanxi.access.models import AuditEntry
from guanxi.storage.transactions import open_transaction, present_connection


def record(*, actor: str, action: str, subject: str, at: dt.datetime, detail: Mapping[str, Any] | None = None) -> None:
    """Add an entry to the chain, in a transaction of its own."""
    with open_transaction():
        record_change(actor=actor, action=action, subject=subject, at=at, detail=detail)


def record_change(
    *, actor: str, action: str, subject: str, at: dt.datetime, detail: Mapping[str, Any] | None = None
) -> None:
    """Add an entry to the chain, in the transaction of the change that it tells of: both are kept, or neither."""
    audit_chain.append(present_connection(), actor=actor, action=action, subject=subject, at=at, detail=detail)


def broken_links() -> Iterator[int]:
    """The sequence numbers at which the chain does not hold: altered, removed or inserted entries."""
    previous, expected = audit_chain.FIRST, 1
    for entry in AuditEntry.objects.order_by("sequence").iterator(chunk_size=5000):
        whole = (
            entry.sequence == expected and bytes(entry.previous_hash) == previous and bytes(entry.hash) == _hash(entry)
        )
        if not whole:
            yield entry.sequence
        previous, expected = bytes(entry.hash), entry.sequence + 1


def _hash(entry: AuditEntry) -> bytes:
    content = [entry.sequence, entry.at.isoformat(), entry.actor, entry.action, entry.subject, entry.detail]
    return audit_chain.hash_of(bytes(entry.previous_hash), content)
