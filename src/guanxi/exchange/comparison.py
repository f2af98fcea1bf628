"""The journal's legs and a business system's operations, merged by name and compared. Pure."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import msgspec

from guanxi.exchange.breaks import BreakKind, FoundBreak
from guanxi.exchange.states import LegState
from guanxi.services.ports import BookedOperation

_First, _Second = TypeVar("_First"), TypeVar("_Second")
_STANDS: Final = frozenset({"posted", "confirmed", "accepted"})
_MUST_STAND: Final = frozenset({LegState.CONFIRMED})
_MUST_NOT_STAND: Final = frozenset({LegState.FAILED, LegState.REVERSED, LegState.DROPPED, LegState.PLANNED})


class JournalledLeg(msgspec.Struct, frozen=True):
    """A leg as the journal has it. `name` is what the business system calls it; `in_day` whether it is of that day."""

    id: uuid.UUID
    name: str
    system: str
    operation: str
    content: dict[str, Any]
    state: LegState
    reference: str | None
    in_day: bool


async def merged(
    ours: AsyncIterator[JournalledLeg], theirs: AsyncIterator[BookedOperation]
) -> AsyncIterator[tuple[JournalledLeg | None, BookedOperation | None]]:
    """Both in the order of names, side by side where they have the same one. Each must come in that order."""
    mine, other = await anext(ours, None), await anext(theirs, None)
    while mine is not None or other is not None:
        if other is None or (mine is not None and mine.name < other.id):
            yield mine, None
            mine = await anext(ours, None)
        elif mine is None or other.id < mine.name:
            yield None, other
            other = await anext(theirs, None)
        else:
            yield mine, other
            mine, other = await anext(ours, None), await anext(theirs, None)


def compare(leg: JournalledLeg, booked: BookedOperation, day: dt.date) -> FoundBreak | None:
    """What of a leg and its operation does not agree. What is open is being worked on, and no break yet."""
    stands = booked.status in _STANDS
    if (leg.state in _MUST_STAND and not stands) or (leg.state in _MUST_NOT_STAND and stands):
        kind = BreakKind.STATE_DIFFERS
    elif leg.state in _MUST_STAND and _amounts_differ(leg, booked):
        kind = BreakKind.AMOUNT_DIFFERS
    else:
        return None
    return FoundBreak(leg.system, kind, str(leg.id), our_side(leg), their_side(booked), day)


def missing_there(leg: JournalledLeg, day: dt.date) -> FoundBreak | None:
    """The break of a leg that the business system does not know; none when it need not know it."""
    if leg.state not in _MUST_STAND:
        return None
    return FoundBreak(leg.system, BreakKind.MISSING_THERE, str(leg.id), our_side(leg), None, day)


def missing_here(system: str, booked: BookedOperation, day: dt.date) -> FoundBreak | None:
    """The break of an operation that the journal does not know; none when nothing of it stands."""
    if booked.status not in _STANDS:
        return None
    return FoundBreak(system, BreakKind.MISSING_HERE, booked.id, None, their_side(booked), day)


def our_side(leg: JournalledLeg) -> dict[str, Any]:
    """A leg as people read it beside the other side."""
    shown = {name: leg.content.get(name) for name in ("account", "amount", "currency")}
    return {"operation": leg.operation, "status": leg.state.value, **shown, "reference": leg.reference}


def their_side(booked: BookedOperation) -> dict[str, Any]:
    """An operation as people read it beside the other side."""
    return {
        "operation": booked.operation,
        "status": booked.status,
        "account": booked.account,
        "amount": booked.amount,
        "currency": booked.currency,
        "reference": booked.reference,
        "at": booked.at,
    }


def _amounts_differ(leg: JournalledLeg, booked: BookedOperation) -> bool:
    amount = leg.content.get("amount")
    if amount is None or booked.amount is None:
        return False
    try:
        differ = Decimal(str(amount)) != Decimal(booked.amount)
    except InvalidOperation:
        return True
    return differ or (booked.currency is not None and leg.content.get("currency", booked.currency) != booked.currency)
