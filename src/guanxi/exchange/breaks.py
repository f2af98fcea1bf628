"""Breaks: what journal and business systems do not agree on, or what nobody could bring to an end, kept for a person.

The gateway finds them (a contradiction, a deadline that has passed), and so does reconciliation. People decide in the
office, where a decision is only put on record; the gateway carries it out, because it alone speaks to the systems.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Channel, Outcome
from guanxi.services.request import Actor, Leg, LegReply

if TYPE_CHECKING:
    from guanxi.exchange.process import Exchange

_log = logging.getLogger(__name__)
_AT_ONCE: Final = 50
_AUTHOR: Final = "system:exchange"


class BreakKind(StrEnum):
    """What does not agree."""

    MISSING_THERE = "missing_there"  # we say it is done, the business system does not know it
    MISSING_HERE = "missing_here"  # the business system has done what we never asked for
    AMOUNT_DIFFERS = "amount_differs"  # both know it, with other figures
    STATE_DIFFERS = "state_differs"  # one says done, the other does not
    CONTRADICTORY = "contradictory"  # a business system has said two things of one leg
    OVERDUE = "overdue"  # in doubt beyond its deadline


class Decision(StrEnum):
    """What a person decides."""

    ACCEPT = "accept"  # it is right as it is
    RETRY = "retry"  # ask the business system again
    REVERSE = "reverse"  # have it undone there
    WRITE_OFF = "write_off"  # nothing more can be done; the difference is borne


@dataclasses.dataclass(frozen=True, slots=True)
class FoundBreak:
    """A break as it is found. `subject` is the leg's id, or what the business system calls its operation."""

    system: str
    kind: BreakKind
    subject: str
    ours: Mapping[str, Any] | None = None
    theirs: Mapping[str, Any] | None = None
    day: dt.date | None = None


# What is found again is the same break; one that was closed and is found again is open again.
_KEEP: Final = """
INSERT INTO exchange_break (id, found_at, system, kind, subject, day, leg_id, request_id, ours, theirs, state)
SELECT f.id, $1, f.system, f.kind, f.subject, f.day, l.id, l.request_id, f.ours::jsonb, f.theirs::jsonb, 'open'
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::date[], $7::text[], $8::text[])
    AS f (id, system, kind, subject, day, ours, theirs)
LEFT JOIN exchange_journalleg l ON l.id::text = f.subject
ON CONFLICT (system, kind, subject) DO UPDATE
    SET ours = excluded.ours, theirs = excluded.theirs, found_at = excluded.found_at, state = 'open', closed_at = NULL
    WHERE exchange_break.state = 'closed' AND exchange_break.decision IN ('retry', 'reverse')
"""
_OVERDUE: Final = """
WITH late AS (
    UPDATE exchange_journalleg SET owner = 'people' WHERE id IN (
        SELECT id FROM exchange_journalleg WHERE owner = 'recovery' AND deadline <= $1
        ORDER BY deadline LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING id, system, operation, content, state, reason, attempts
)
INSERT INTO exchange_break (id, found_at, system, kind, subject, leg_id, request_id, ours, state)
SELECT uuidv7(), $1, late.system, 'overdue', late.id::text, late.id, l.request_id, jsonb_build_object(
    'operation', late.operation, 'content', late.content, 'state', late.state, 'reason', late.reason,
    'attempts', late.attempts), 'open'
FROM late JOIN exchange_journalleg l ON l.id = late.id
ON CONFLICT (system, kind, subject) DO UPDATE SET ours = excluded.ours, found_at = $1, state = 'open', closed_at = NULL
"""
_DECIDED: Final = """
SELECT b.id, b.system, b.decision, b.decided_by, b.subject, b.leg_id, l.state, l.operation, l.content, l.undo,
    l.endpoint, r.channel, r.idempotency_key, r.outcome
FROM exchange_break b LEFT JOIN exchange_journalleg l ON l.id = b.leg_id
LEFT JOIN exchange_journalrequest r ON r.id = l.request_id
WHERE b.state = 'decided' ORDER BY b.decided_at LIMIT $1
"""
_CLOSE: Final = """
WITH closed AS (
    UPDATE exchange_break SET state = $2::text, closed_at = CASE WHEN $2::text = 'closed' THEN $3::timestamptz END
    WHERE id = $1 AND state = 'decided' RETURNING id
)
INSERT INTO exchange_breaknote (matter_id, at, author, text) SELECT id, $3::timestamptz, $4, $5 FROM closed
"""
_TAKE_UP_AGAIN: Final = """
UPDATE exchange_journalleg SET owner = 'recovery', deadline = $2, next_attempt_at = $3, attempts = 1
WHERE id = $1 AND state IN ('pending', 'reversing', 'in_doubt')
"""
_TO_BE_UNDONE: Final = """
UPDATE exchange_journalleg
SET state = 'reversing', owner = 'recovery', deadline = $2, next_attempt_at = $3, attempts = 1
WHERE id = $1 AND state IN ('pending', 'in_doubt', 'reversing')
"""
_WRITTEN_OFF: Final = """
UPDATE exchange_journalleg SET state = 'resolved', owner = NULL, deadline = NULL, next_attempt_at = NULL, closed_at = $2
WHERE id = $1 AND state IN ('pending', 'reversing', 'in_doubt')
"""


async def keep_breaks(pool: asyncpg.Pool, found: Sequence[FoundBreak], at: dt.datetime) -> None:
    """Put breaks on record, once each."""
    if not found:
        return
    columns = list(zip(*((uuid7(), *_columns(each)) for each in found), strict=True))
    await pool.execute(_KEEP, at, *columns)


def contradiction(leg: Leg, state: str, reference: str | None, told: LegReply) -> FoundBreak:
    """What is kept when a business system says of a leg what cannot be true with what it has said before."""
    ours = {"operation": leg.operation, "content": leg.content, "state": state, "reference": reference}
    theirs = {"state": told.state, "reason": told.reason, "reference": told.reference}
    return FoundBreak(leg.system, BreakKind.CONTRADICTORY, str(leg.id), ours, theirs)


async def hand_over_overdue(pool: asyncpg.Pool, at: dt.datetime) -> None:
    """What is open beyond its deadline becomes a break; recovery goes on trying all the same."""
    await pool.execute(_OVERDUE, at, _AT_ONCE)


async def carry_out_decisions(exchange: Exchange) -> int:
    """Do what people have decided about breaks; how many were looked at."""
    rows = await exchange.pool.fetch(_DECIDED, _AT_ONCE)
    for row in rows:
        state, note = await _carry_out(exchange, row)
        await exchange.pool.execute(_CLOSE, row["id"], state, exchange.clock(), _AUTHOR, note)
    return len(rows)


async def _carry_out(exchange: Exchange, row: asyncpg.Record) -> tuple[str, str]:
    """The break's state afterwards, and what is noted."""
    at = exchange.clock()
    deadline = at + exchange.patience.doubt
    match Decision(row["decision"]):
        case Decision.ACCEPT:
            return "closed", "Accepted as it is."
        case Decision.RETRY:
            await exchange.pool.execute(_TAKE_UP_AGAIN, row["leg_id"], deadline, at)
            return "closed", "The business system is asked again."
        case Decision.WRITE_OFF:
            await exchange.pool.execute(_WRITTEN_OFF, row["leg_id"], at)
            return "closed", "Written off."
        case Decision.REVERSE:
            return await _reverse(exchange, row, at, deadline)


async def _reverse(exchange: Exchange, row: asyncpg.Record, at: dt.datetime, deadline: dt.datetime) -> tuple[str, str]:
    """An open leg is left to recovery, a request that is done is reversed wholly, and anything else there and now."""
    if await exchange.pool.execute(_TO_BE_UNDONE, row["leg_id"], deadline, at) != "UPDATE 0":
        return "closed", "The leg is being reversed."
    if row["outcome"] == Outcome.COMPLETED:
        actor = Actor("staff", row["decided_by"] or "")
        reply = await exchange.reverse(Channel(row["channel"]), row["idempotency_key"], actor)
        done = reply.outcome is Outcome.REVERSED
        return ("closed", "The whole request is reversed.") if done else ("open", "The request is being worked on.")
    leg = _leg(row)
    if leg is None:
        return "open", "The business system's own operation cannot be reversed from here."
    told = await exchange.systems.undo(leg)
    if told.state == "reversed":
        return "closed", "The business system has reversed it."
    _log.warning("The reversal of %s, which a person decided, was not done: %s", leg.id, told.reason)
    return "open", f"The reversal was not done: {told.reason or 'no answer'}."


def _leg(row: asyncpg.Record) -> Leg | None:
    """The leg to be undone: ours, or one that only the business system knows."""
    if row["leg_id"] is not None:
        return Leg(
            row["leg_id"],
            row["system"],
            row["operation"],
            json.loads(row["content"]),
            row["undo"],
            row["endpoint"] or "",
        )
    try:
        return Leg(uuid.UUID(row["subject"]), row["system"], "unknown", {})
    except ValueError:
        return None


def _columns(found: FoundBreak) -> tuple[Any, ...]:
    return (found.system, found.kind.value, found.subject, found.day, _json(found.ours), _json(found.theirs))


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)
