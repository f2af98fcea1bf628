"""People's side of a break: take it, note what was found out, decide. Each is audited in the same transaction."""

from __future__ import annotations

import datetime as dt
import uuid

from guanxi.access import audit
from guanxi.exchange.breaks import BreakKind, Decision
from guanxi.exchange.errors import BreakNotYours
from guanxi.exchange.models import Break, BreakNote
from guanxi.storage.transactions import open_transaction

LONGEST_NOTE = 2000


def take_break(*, break_id: uuid.UUID, staff: str, at: dt.datetime) -> None:
    """`staff` works on it from now on; `BreakNotYours` when it is decided already."""
    with open_transaction():
        taken = Break.objects.filter(id=break_id, state__in=["open", "taken"]).update(state="taken", owner=staff)
        if not taken:
            raise BreakNotYours
        audit.record_change(actor=f"staff:{staff}", action="take_break", subject=f"break:{break_id}", at=at)


def note_break(*, break_id: uuid.UUID, staff: str, text: str, at: dt.datetime) -> None:
    """Write down what was found out."""
    with open_transaction():
        BreakNote.objects.create(matter_id=break_id, at=at, author=f"staff:{staff}", text=text[:LONGEST_NOTE])
        audit.record_change(actor=f"staff:{staff}", action="note_break", subject=f"break:{break_id}", at=at)


def decide_break(*, break_id: uuid.UUID, staff: str, decision: Decision, reason: str, at: dt.datetime) -> None:
    """Put a decision on record, with its reason; a gateway carries it out. `BreakNotYours` when there is one."""
    with open_transaction():
        decided = Break.objects.filter(id=break_id, state__in=["open", "taken"]).update(
            state="decided", owner=staff, decision=decision.value, decided_by=staff, decided_at=at
        )
        if not decided:
            raise BreakNotYours
        BreakNote.objects.create(matter_id=break_id, at=at, author=f"staff:{staff}", text=reason[:LONGEST_NOTE])
        audit.record_change(
            actor=f"staff:{staff}",
            action="decide_break",
            subject=f"break:{break_id}",
            at=at,
            detail={"decision": decision.value, "reason": reason[:LONGEST_NOTE]},
        )


def possible_decisions(matter: Break) -> list[Decision]:
    """What can be decided about it: only a leg of ours that is open can be asked after again."""
    if matter.kind == BreakKind.OVERDUE:
        return [Decision.RETRY, Decision.REVERSE, Decision.WRITE_OFF]
    if matter.kind == BreakKind.MISSING_THERE:
        return [Decision.ACCEPT, Decision.WRITE_OFF]
    return [Decision.ACCEPT, Decision.REVERSE, Decision.WRITE_OFF]
