"""Where a load can be, and a row that was held."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class LoadState(StrEnum):
    """Where a load is."""

    WAITING = "waiting"  # for a worker
    LOADING = "loading"
    STOPPING = "stopping"  # somebody has asked; it stops after the batch under way
    RESOLVING = "resolving"  # all rows are in; the changed records are being resolved
    STOPPED = "stopped"  # and can go on
    DOUBTFUL = "doubtful"  # so many records would be gone that somebody must say so
    COMPLETE = "complete"
    REPEATED = "repeated"  # the very file that was loaded last: nothing was done
    FAILED = "failed"


class HeldState(StrEnum):
    """What became of a row that was held."""

    OPEN = "open"
    SAME = "same"  # it is the same one, changed
    ANOTHER = "another"  # the number was given to somebody else
    DISMISSED = "dismissed"  # the row is wrong
    LAPSED = "lapsed"  # the source has said something else since


OPEN: Final = [LoadState.WAITING.value, LoadState.LOADING.value, LoadState.STOPPING.value, LoadState.RESOLVING.value]
ENDED: Final = frozenset({LoadState.COMPLETE, LoadState.REPEATED})
RESUMABLE: Final = frozenset({LoadState.STOPPED, LoadState.FAILED})
