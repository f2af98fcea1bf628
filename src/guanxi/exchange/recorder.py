"""What passes through the exchange, told to whoever watches: every wire message, and how much of what went where.

Nothing waits for it: the doors and the legs hand over what they have, and a task of its own writes it a moment later
in batches, with commits that do not wait for the disk. What is lost with a killed process is in the journal all the
same. When more comes than can be written, messages are left out and counted. Of those that only look at something, and
find it, so many are kept that customers who look do not wait for it.
"""

from __future__ import annotations

import asyncio
import collections
import datetime as dt
import logging
import time
from collections.abc import Callable
from typing import Any, Final, Literal

import asyncpg

from guanxi.exchange.message_rows import COLUMNS, Heard, row_of
from guanxi.exchange.traffic import Traffic
from guanxi.kernel.clock import now
from guanxi.kernel.vocabulary import Outcome, Reason
from guanxi.services.request import Leg, LegReply, ServiceReply, ServiceRequest

Call = Literal["perform", "enquire", "undo"]
_EVERY: Final = 0.25  # seconds between batches
_TRAFFIC_EVERY: Final = 2.0
_MOST_WAITING: Final = 20_000
_AT_ONCE: Final = 500
_LOOKS_AT_ONCE: Final = 100  # messages in `_EVERY` that only looked at something and found it
_TURN: Final = 16  # messages made ready before others may go on
_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
LOOKS_ONLY: Final = frozenset({"balance", "entries"})  # operations without an effect
_OUTCOMES: Final = {
    "confirmed": Outcome.COMPLETED,
    "pending": Outcome.PENDING,
    "reversed": Outcome.REVERSED,
    "unknown": Outcome.IN_DOUBT,
}
NOT_BUSINESS: Final = frozenset({Reason.SYSTEM_UNAVAILABLE, Reason.SYSTEM_TIMEOUT})
_log = logging.getLogger(__name__)


class Recorder:
    """Takes notes for one process; `run` writes them down."""

    def __init__(self, pool: asyncpg.Pool, clock: Callable[[], dt.datetime] = now) -> None:
        self._pool, self._clock = pool, clock
        self._waiting: collections.deque[Heard] = collections.deque()
        self._running = False
        self._looks_left = _LOOKS_AT_ONCE
        self.traffic = Traffic()
        self.left_out = 0  # messages that nobody had time to write

    def answered(self, request: ServiceRequest, reply: ServiceReply | None, seconds: float) -> None:
        """A request has been answered, or could not be."""
        outcome = reply.outcome if reply else Outcome.FAILED
        self.traffic.count(request.channel.value, request.service, "", outcome, seconds)

    def called(
        self, call: Call, leg: Leg, endpoint: str, reply: LegReply, request: ServiceRequest | None, seconds: float
    ) -> None:
        """A business system has been called for `request` and has answered, or has not."""
        channel, service = (request.channel.value, request.service) if request else ("", "")
        outcome = _outcome(reply)
        self.traffic.count(channel, service, endpoint, outcome, seconds)
        wire = reply.wire
        self.heard(
            Heard(
                at=self._clock() - dt.timedelta(seconds=seconds),
                milliseconds=seconds * 1000,
                direction="out",
                format=wire.format if wire else "json",
                request_id=request.id if request else None,
                leg_id=leg.id,
                channel=channel,
                endpoint=endpoint,
                service=service,
                name=leg.operation if call == "perform" else call,
                outcome=outcome.value,
                looks_only=leg.operation in LOOKS_ONLY,
                said=wire.said if wire else {"operation": leg.operation, **leg.content},
                answered=wire.answered if wire else _told(reply),
            )
        )

    def heard(self, message: Heard) -> None:
        """One message and its answer, to be kept."""
        if not self._running:
            return
        if message.looks_only and message.outcome == "completed":
            if not self._looks_left:
                return
            self._looks_left -= 1
        if len(self._waiting) >= _MOST_WAITING:
            self.left_out += 1
            return
        self._waiting.append(message)

    async def run(self) -> None:
        """Write down what comes, until cancelled; then what is left."""
        self._running = True
        told = time.monotonic()
        try:
            while True:
                await asyncio.sleep(_EVERY)
                self._looks_left = _LOOKS_AT_ONCE
                await self._write_messages()
                if time.monotonic() - told >= _TRAFFIC_EVERY:
                    told = time.monotonic()
                    await self._write_traffic()
        finally:
            self._running = False
            await self._write_messages()
            await self._write_traffic()

    async def _write_messages(self) -> None:
        while self._waiting:
            rows: list[tuple[Any, ...]] = []
            while self._waiting and len(rows) < _AT_ONCE:
                rows += self._row(self._waiting.popleft())
                if len(rows) % _TURN == 0:
                    await asyncio.sleep(0)
            try:
                await self._copy(rows)
            except _AWAY as error:
                self.left_out += len(rows)
                _log.warning("%d messages could not be written down: %s", len(rows), error)

    def _row(self, message: Heard) -> list[tuple[Any, ...]]:
        try:
            return [row_of(message)]
        except Exception:  # noqa: BLE001 - whatever a peer has said, the messages after it are kept
            self.left_out += 1
            _log.exception("A message of %s cannot be kept", message.name)
            return []

    async def _copy(self, rows: list[tuple[Any, ...]]) -> None:
        async with self._pool.acquire() as connection:
            try:
                await _copy_rows(connection, rows)
            except asyncpg.CheckViolationError:  # no partition for a day among them
                days = [row[0] for row in rows]
                await connection.execute("SELECT exchange_ensure_days($1, $2)", min(days), max(days))
                await _copy_rows(connection, rows)

    async def _write_traffic(self) -> None:
        try:
            async with self._pool.acquire() as connection:
                await self.traffic.write(connection, self._clock(), self.left_out)
        except _AWAY as error:
            _log.warning("The traffic could not be written down: %s", error)


def _outcome(reply: LegReply) -> Outcome:
    if reply.state == "failed":
        return Outcome.FAILED if reply.reason in NOT_BUSINESS else Outcome.DECLINED
    return _OUTCOMES[reply.state]


def _told(reply: LegReply) -> dict[str, object] | None:
    """The answer as the port has it, for protocols whose own words are the same."""
    if reply.state == "unknown":
        return None
    envelope = {"status": reply.state, "reason": reply.reason, "reference": reply.reference}
    return {name: value for name, value in envelope.items() if value} | reply.content


async def _copy_rows(connection: asyncpg.Connection, rows: list[tuple[Any, ...]]) -> None:
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = off")
        await connection.copy_records_to_table("exchange_message", records=rows, columns=COLUMNS)
