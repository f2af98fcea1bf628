"""The life of a leg, as one table. Nothing else decides which state may follow which."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class LegState(StrEnum):
    """Where a leg stands."""

    PLANNED = "planned"  # waits for the legs before it
    SENT = "sent"  # on its way; journalled before it left
    PENDING = "pending"  # taken by the peer, which will confirm later
    CONFIRMED = "confirmed"  # done
    FAILED = "failed"  # refused, or never arrived
    REVERSING = "reversing"  # to be undone; repeated until the peer says it is
    REVERSED = "reversed"  # undone
    IN_DOUBT = "in_doubt"  # the peer did not answer; being asked
    DROPPED = "dropped"  # planned, and never sent because an earlier leg failed


NEXT: Final[dict[LegState, frozenset[LegState]]] = {
    LegState.PLANNED: frozenset({LegState.SENT, LegState.DROPPED}),
    LegState.SENT: frozenset(
        {
            LegState.PENDING,
            LegState.CONFIRMED,
            LegState.FAILED,
            LegState.IN_DOUBT,
            LegState.REVERSING,
            LegState.REVERSED,
        }
    ),
    LegState.PENDING: frozenset({LegState.CONFIRMED, LegState.FAILED, LegState.REVERSING, LegState.REVERSED}),
    LegState.IN_DOUBT: frozenset(
        {LegState.PENDING, LegState.CONFIRMED, LegState.FAILED, LegState.REVERSING, LegState.REVERSED}
    ),
    LegState.CONFIRMED: frozenset({LegState.REVERSING, LegState.REVERSED}),
    LegState.REVERSING: frozenset({LegState.REVERSED}),
    LegState.FAILED: frozenset(),
    LegState.REVERSED: frozenset(),
    LegState.DROPPED: frozenset(),
}

OPEN: Final = frozenset({LegState.SENT, LegState.PENDING, LegState.REVERSING, LegState.IN_DOUBT})


def may_become(present: LegState, following: LegState) -> bool:
    """May a leg go from `present` to `following`?"""
    return following in NEXT[present]
