"""The journal: durable before anything is sent, closed together with what the timeline shows of it.

Three writes, each for many requests at once: take in (request and legs), close (outcome, leg states, balances,
timeline), and both in one for what needs no leg. A request is closed only once: whoever comes second changes nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import asyncpg
import msgspec

from guanxi.exchange.batching import Batcher
from guanxi.exchange.errors import NotStorable
from guanxi.exchange.statements import CLOSE, MARK_SENT, SEND_ELSEWHERE, STORED, TAKE_IN, TAKE_IN_AND_CLOSE
from guanxi.exchange.states import LegState
from guanxi.kernel.vocabulary import InteractionKind, Outcome, Reason
from guanxi.services.request import Leg, ServiceRequest
from guanxi.services.service import Entry

_encode: Final = msgspec.json.Encoder(decimal_format="string", order="sorted").encode
_NOTIFY_AT_ONCE: Final = 200  # party ids in one notification: 40 octets each, and PostgreSQL carries 8000


@dataclasses.dataclass(frozen=True, slots=True)
class Intake:
    """A request with its legs, the first of them about to be sent. `lease_until` is when recovery may look at it."""

    request: ServiceRequest
    fingerprint: bytes
    entries: Sequence[Entry]
    legs: Sequence[Leg]
    lease_until: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class LegStanding:
    """Where a leg has got to. `milliseconds` is None when it was not sent just now."""

    leg: Leg
    state: LegState
    reason: Reason | None = None
    reference: str | None = None
    milliseconds: int | None = None
    next_attempt_at: dt.datetime | None = None
    deadline: dt.datetime | None = None  # of a leg that somebody must bring to an end


@dataclasses.dataclass(frozen=True, slots=True)
class BalanceTold:
    """A balance as a back-end told it."""

    account: str
    ledger: Decimal
    available: Decimal
    at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class Closing:
    """How a request ended, at `at`. `from_outcome` is the outcome it must have now: None while it is unanswered."""

    request: ServiceRequest
    kind: InteractionKind
    outcome: Outcome
    reason: Reason | None
    result: Mapping[str, Any]
    entries: Sequence[Entry]
    at: dt.datetime
    legs: Sequence[LegStanding] = ()
    balances: Sequence[BalanceTold] = ()
    from_outcome: Outcome | None = None
    on_timeline: bool = True


class Stored(msgspec.Struct, frozen=True):
    """A request that the journal already has under the same key."""

    id: uuid.UUID
    fingerprint: bytes
    state: str
    outcome: str | None
    reason: str | None
    reply: dict[str, Any] | None


def fingerprint(request: ServiceRequest) -> bytes:
    """What tells a repeat of a request from another request under the same key: SHA-256 over what was asked by whom."""
    return hashlib.sha256(_encode([request.service, str(request.actor), request.arguments])).digest()


class Journal:
    """Writes to the journal and the timeline. Concurrent writes share statements and commits."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._intakes = Batcher(self._write_intakes, lanes=2)
        # What has been taken in can always be closed: the bound is on the intake.
        self._closings = Batcher(self._write_closings, lanes=2, bounded=False)
        self._inquiries = Batcher(self._write_inquiries, lanes=2)
        self._sendings = Batcher(self._write_sendings, lanes=2, bounded=False)

    async def take_in(self, intake: Intake) -> bool:
        """Make the request and its legs durable; False when its key has been used before. May raise `NotStorable`."""
        try:
            return await self._intakes.submit(intake)
        except asyncpg.DataError as error:
            raise NotStorable from error

    async def mark_sent(self, leg: Leg, at: dt.datetime, lease_until: dt.datetime) -> bool:
        """A planned leg is about to be sent; False when it must not be any more, because its request was given up."""
        return await self._sendings.submit((leg.id, at, lease_until))

    async def close(self, closing: Closing) -> bool:
        """Make the end durable, all of it at once; False when somebody else has closed the request."""
        return await self._closings.submit(closing)

    async def take_in_and_close(self, intake: Intake, closing: Closing) -> bool:
        """Both in one write, for what needs no leg; False when the key has been used before."""
        try:
            return await self._inquiries.submit((intake, closing))
        except asyncpg.DataError as error:
            raise NotStorable from error

    async def stored(self, channel: str, idempotency_key: str) -> Stored | None:
        """What the journal has under this key."""
        row = await self._pool.fetchrow(STORED, channel, idempotency_key)
        if row is None:
            return None
        reply = json.loads(row["reply"]) if row["reply"] else None
        return Stored(
            uuid.UUID(int=row["id"].int), row["fingerprint"], row["state"], row["outcome"], row["reason"], reply
        )

    @property
    def waiting(self) -> int:
        """How many appends wait for the next write."""
        return sum(batcher.waiting for batcher in self._batchers)

    async def flush(self) -> None:
        """Wait for everything under way."""
        for batcher in self._batchers:
            await batcher.flush()

    @property
    def _batchers(self) -> tuple[Batcher[Any, Any], ...]:
        return self._intakes, self._closings, self._inquiries, self._sendings

    async def _write_intakes(self, batch: Sequence[Intake]) -> list[bool]:
        legs = [(intake, position) for intake in batch for position in range(len(intake.legs))]
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(TAKE_IN, *_columns(map(_request_row, batch), 10), *_leg_columns(legs))
        added = {row["id"] for row in rows}
        return [intake.request.id in added for intake in batch]

    async def _write_inquiries(self, batch: Sequence[tuple[Intake, Closing]]) -> list[bool]:
        async with self._pool.acquire() as connection:
            added = await take_in_and_close_many(connection, batch)
        return [intake.request.id in added for intake, _ in batch]

    async def _write_sendings(self, batch: Sequence[tuple[uuid.UUID, dt.datetime, dt.datetime]]) -> list[bool]:
        async with self._pool.acquire() as connection:
            rows = await connection.fetch(MARK_SENT, *_columns(batch, 3))
        may_go = {row["id"] for row in rows}
        return [leg_id in may_go for leg_id, _, _ in batch]

    async def _write_closings(self, batch: Sequence[Closing]) -> list[bool]:
        answers = [False] * len(batch)
        async with self._pool.acquire() as connection:
            for turn in _turns(batch):
                closed = await close_many(connection, [batch[position] for position in turn])
                for position in turn:
                    answers[position] = batch[position].request.id in closed
        return answers


async def take_in_and_close_many(
    connection: asyncpg.Connection, batch: Sequence[tuple[Intake, Closing]]
) -> set[uuid.UUID]:
    """Take in and close each request of `batch` whose key has not been used before; the ids of those."""
    requests = _columns((_request_row(intake) + _reply_row(closing) for intake, closing in batch), 14)
    closings = [closing for _, closing in batch]
    entries, balances = _entry_columns(closings), _columns(_newest(closings), 4)
    rows = await connection.fetch(TAKE_IN_AND_CLOSE, *requests, *entries, _parties(closings), *balances)
    return {row["id"] for row in rows}


async def close_many(connection: asyncpg.Connection, batch: Sequence[Closing]) -> set[uuid.UUID]:
    """Close each request of `batch` that is still as its `from_outcome` says; the ids of those that were."""
    rows = await connection.fetch(
        CLOSE,
        *_columns((_closing_row(closing) for closing in batch), 6),
        *_columns((_standing_row(closing, leg) for closing in batch for leg in closing.legs), 8),
        *_columns(_newest(batch), 4),
        *_entry_columns(batch),
        _parties(batch),
    )
    return {row["id"] for row in rows}


async def send_elsewhere(pool: asyncpg.Pool, leg: Leg) -> None:
    """A leg that has not left goes to another endpoint: `leg.endpoint`."""
    await pool.execute(SEND_ELSEWHERE, leg.id, leg.endpoint)


def _turns(batch: Sequence[Closing]) -> list[list[int]]:
    """Positions in `batch`, in as many turns as one request is in it: two ends of it never meet in one statement."""
    turns: list[list[int]] = []
    seen: Counter[uuid.UUID] = Counter()
    for position, closing in enumerate(batch):
        turn = seen[closing.request.id]
        seen[closing.request.id] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(position)
    return turns


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as the columns that `unnest` takes; `width` empty ones for no rows."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in range(width)]


def _request_row(intake: Intake) -> tuple[Any, ...]:
    request = intake.request
    first = intake.entries[0] if intake.entries else None
    return (
        request.id,
        request.channel.value,
        request.idempotency_key,
        intake.fingerprint,
        request.service,
        str(request.actor),
        first.party_id if first else None,
        first.account_id if first else None,
        _encode(request.arguments).decode(),
        request.received_at,
    )


def _reply_row(closing: Closing) -> tuple[Any, ...]:
    reason = closing.reason.value if closing.reason else None
    return closing.outcome.value, reason, _encode(closing.result).decode(), closing.at


def _closing_row(closing: Closing) -> tuple[Any, ...]:
    return (
        closing.request.id,
        closing.from_outcome.value if closing.from_outcome else None,
        *_reply_row(closing),
    )


def _standing_row(closing: Closing, standing: LegStanding) -> tuple[Any, ...]:
    is_open = standing.next_attempt_at is not None
    return (
        closing.request.id,
        standing.leg.id,
        standing.state.value,
        standing.reason.value if standing.reason else None,
        standing.reference,
        None if is_open else closing.at,
        standing.next_attempt_at,
        standing.deadline,
    )


def _leg_columns(legs: Sequence[tuple[Intake, int]]) -> list[list[Any]]:
    return _columns((_leg_row(intake, position) for intake, position in legs), 10)


def _leg_row(intake: Intake, position: int) -> tuple[Any, ...]:
    leg = intake.legs[position]
    state = LegState.PLANNED if position else LegState.SENT
    due = None if position else intake.lease_until
    content = _encode(leg.content).decode()
    row = leg.id, intake.request.id, position, leg.system, leg.operation, content, leg.undo, state.value, due
    return *row, leg.endpoint


def _newest(batch: Sequence[Closing]) -> list[tuple[Any, ...]]:
    """One balance an account, the newest, in a fixed order so that writers do not wait for each other in a circle."""
    newest: dict[str, BalanceTold] = {}
    for closing in batch:
        for told in closing.balances:
            if told.account not in newest or newest[told.account].at <= told.at:
                newest[told.account] = told
    return [(told.account, told.ledger, told.available, told.at) for _, told in sorted(newest.items())]


def _entry_columns(batch: Sequence[Closing]) -> list[list[Any]]:
    rows = (_entry_row(closing, entry) for closing in batch if closing.on_timeline for entry in closing.entries)
    return _columns(rows, 12)


def _entry_row(closing: Closing, entry: Entry) -> tuple[Any, ...]:
    request = closing.request
    legs = [_leg_shown(standing) for standing in closing.legs]
    detail = {name: value for name, value in entry.detail.items() if value}
    if closing.reason:
        detail["reason"] = closing.reason.value
    return (
        request.id,
        closing.at,
        entry.party_id,
        entry.account_id,
        entry.amount,
        entry.currency if entry.amount is not None else None,
        max(0, round((closing.at - request.received_at).total_seconds() * 1000)),
        request.channel.value,
        closing.kind.value,
        request.service,
        closing.outcome.value,
        _encode({"legs": legs, "detail": detail}).decode(),
    )


def _leg_shown(standing: LegStanding) -> dict[str, Any]:
    shown = {
        "system": standing.leg.system,
        "operation": standing.leg.operation,
        "state": standing.state.value,
        "milliseconds": standing.milliseconds,
        "reference": standing.reference,
        "reason": standing.reason.value if standing.reason else None,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _parties(closings: Iterable[Closing]) -> list[str]:
    """Whose timelines grow, as the payloads of as many notifications as that takes."""
    parties = sorted({str(entry.party_id) for closing in closings if closing.on_timeline for entry in closing.entries})
    return [json.dumps(parties[start : start + _NOTIFY_AT_ONCE]) for start in range(0, len(parties), _NOTIFY_AT_ONCE)]
