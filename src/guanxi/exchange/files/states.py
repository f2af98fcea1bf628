"""The life of a file, as one table. Nothing else decides which state may follow which.

The database holds everybody to the same table: a trigger refuses what is not in it (migration 0008).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class FileState(StrEnum):
    """Where a file stands."""

    SEEN = "seen"  # lies at the peer, not known to be whole yet
    TRANSFERRING = "transferring"  # being fetched
    RECEIVED = "received"  # here, whole, and kept
    HANDLED = "handled"  # what it asks for is durable elsewhere
    ARCHIVED = "archived"  # and out of the way at the peer
    DUPLICATE = "duplicate"  # its content has come before; nothing is done with it
    QUARANTINED = "quarantined"  # something is wrong with it; a person looks at it
    GONE = "gone"  # the peer took it away before it was fetched
    QUEUED = "queued"  # to be sent
    SENDING = "sending"  # being written at the peer, under a name that nobody reads
    SENT = "sent"  # whole at the peer, under its name
    CANCELLED = "cancelled"  # a person has decided not to send it


_S = FileState
NEXT: Final[dict[FileState, frozenset[FileState]]] = {
    _S.SEEN: frozenset({_S.TRANSFERRING, _S.QUARANTINED, _S.GONE}),
    _S.TRANSFERRING: frozenset({_S.RECEIVED, _S.DUPLICATE, _S.QUARANTINED, _S.SEEN, _S.GONE}),
    _S.RECEIVED: frozenset({_S.HANDLED, _S.QUARANTINED}),
    _S.HANDLED: frozenset({_S.ARCHIVED}),
    _S.QUARANTINED: frozenset({_S.RECEIVED}),
    _S.ARCHIVED: frozenset(),
    _S.DUPLICATE: frozenset(),
    _S.GONE: frozenset(),
    _S.QUEUED: frozenset({_S.SENDING, _S.CANCELLED}),
    _S.SENDING: frozenset({_S.SENT, _S.QUEUED}),
    _S.SENT: frozenset(),
    _S.CANCELLED: frozenset(),
}
ENDED: Final = frozenset({_S.ARCHIVED, _S.DUPLICATE, _S.GONE, _S.SENT, _S.CANCELLED})
TO_BE_MOVED: Final = frozenset({_S.HANDLED, _S.DUPLICATE, _S.QUARANTINED})  # out of the peer's folder


def file_steps() -> list[str]:
    """Every step that a file may take, as the database is told it: `seen>transferring`."""
    return sorted(f"{present}>{following}" for present, all_ in NEXT.items() for following in all_)
