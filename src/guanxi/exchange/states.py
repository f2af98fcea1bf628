"""The lives of a request and of its legs, as two tables. Nothing else decides which state may follow which.

The database holds everybody to the same tables: a trigger refuses what is not in them (migration 0005).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    RESOLVED = "resolved"  # nobody could find out or undo it; a person has settled it
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
    LegState.PENDING: frozenset(
        {LegState.CONFIRMED, LegState.FAILED, LegState.REVERSING, LegState.REVERSED, LegState.RESOLVED}
    ),
    LegState.IN_DOUBT: frozenset(
        {
            LegState.PENDING,
            LegState.CONFIRMED,
            LegState.FAILED,
            LegState.REVERSING,
            LegState.REVERSED,
            LegState.RESOLVED,
        }
    ),
    LegState.CONFIRMED: frozenset({LegState.REVERSING, LegState.REVERSED}),
    LegState.REVERSING: frozenset({LegState.REVERSED, LegState.RESOLVED}),
    LegState.FAILED: frozenset(),
    LegState.REVERSED: frozenset(),
    LegState.RESOLVED: frozenset(),
    LegState.DROPPED: frozenset(),
}

OPEN: Final = frozenset({LegState.SENT, LegState.PENDING, LegState.REVERSING, LegState.IN_DOUBT})
OWNED: Final = frozenset({LegState.PENDING, LegState.REVERSING, LegState.IN_DOUBT})  # somebody must end these in time


class RequestState(StrEnum):
    """Where a request stands: its outcome, and before it has one, how far it has got."""

    RECEIVED = "received"  # taken in; a change of our own record is to be made
    AUTHORISED = "authorised"  # permitted, and its legs are journalled: they may be sent
    PENDING = "pending"  # answered: accepted, a peer will confirm
    IN_DOUBT = "in_doubt"  # answered: a peer was silent, being resolved
    COMPLETED = "completed"  # done
    DECLINED = "declined"  # refused for a business reason; nothing moved
    FAILED = "failed"  # could not be done; nothing moved
    REVERSED = "reversed"  # was done, or may have been, and is taken back


_ENDS: Final = frozenset({RequestState.COMPLETED, RequestState.DECLINED, RequestState.FAILED, RequestState.REVERSED})
_UNDER_WAY: Final = frozenset({RequestState.PENDING, RequestState.IN_DOUBT})

REQUEST_NEXT: Final[dict[RequestState, frozenset[RequestState]]] = {
    RequestState.RECEIVED: frozenset({RequestState.COMPLETED, RequestState.DECLINED, RequestState.FAILED}),
    RequestState.AUTHORISED: _ENDS | _UNDER_WAY,
    RequestState.PENDING: _ENDS | {RequestState.IN_DOUBT},
    RequestState.IN_DOUBT: _ENDS | {RequestState.PENDING},
    RequestState.COMPLETED: frozenset({RequestState.REVERSED}),
    RequestState.DECLINED: frozenset(),
    RequestState.FAILED: frozenset(),
    RequestState.REVERSED: frozenset(),
}


def may_become(present: LegState, following: LegState) -> bool:
    """May a leg go from `present` to `following`?"""
    return following in NEXT[present]


def steps() -> list[str]:
    """Every step that a leg may take, as the database is told it: `sent>confirmed`."""
    return sorted(f"{present}>{following}" for present, all_ in NEXT.items() for following in all_)


def request_steps() -> list[str]:
    """Every step that a request may take."""
    return sorted(f"{present}>{following}" for present, all_ in REQUEST_NEXT.items() for following in all_)


def drawn(table: Mapping[LegState, frozenset[LegState]] | Mapping[RequestState, frozenset[RequestState]]) -> str:
    """The table as a Mermaid state diagram, for the reference."""
    return "\n".join(["```mermaid", "stateDiagram-v2", *_arrows(table), "```"])


def _arrows(
    table: Mapping[LegState, frozenset[LegState]] | Mapping[RequestState, frozenset[RequestState]],
) -> Iterator[str]:
    reached = {following for all_ in table.values() for following in all_}
    for present, all_ in table.items():
        if present not in reached:
            yield f"    [*] --> {present}"
        yield from (f"    {present} --> {following}" for following in sorted(all_))
        if not all_:
            yield f"    {present} --> [*]"
