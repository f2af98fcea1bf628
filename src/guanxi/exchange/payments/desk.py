"""The payment desk of one gateway: takes up files that wait, carries their payments out, and notes how each ended.

Every payment is one service request through `Exchange.handle` under a key that follows from its file and its place in
it, so that whatever was under way when a process was killed is taken up where it was, and nothing is done twice. A file
belongs to one desk at a time, by a lease that ends soon after its desk does.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import logging
import uuid
import zoneinfo
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import asyncpg
import msgspec

from guanxi.exchange.batching import Batcher
from guanxi.exchange.errors import ExchangeBusy, JournalUnavailable
from guanxi.exchange.payments import statements
from guanxi.exchange.payments.checking import House, arguments_of
from guanxi.exchange.payments.loading import load
from guanxi.exchange.payments.reasons import INVALID_FILE, code_of, sentence_of
from guanxi.exchange.process import UNREACHABLE, Exchange
from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Channel, Outcome, Reason
from guanxi.services.request import Actor, ServiceReply, ServiceRequest

AT_ONCE: Final = 192  # payments under way: shared statements are full enough, and customers at machines have room
_WINDOW: Final = 1000
_MOST_ATTEMPTS: Final = 30
_LAST_SECONDS: Final = 10.0  # to end what is under way when the process stops
_AWAY: Final = (*UNREACHABLE, asyncpg.PostgresError, JournalUnavailable, ExchangeBusy)
_NOT_NOW: Final = frozenset({Reason.SYSTEM_UNAVAILABLE, Reason.SYSTEM_TIMEOUT})

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class End:
    """How a payment ended, or that its end is not known yet (`pending`)."""

    id: uuid.UUID
    state: str
    reason: str = ""
    explanation: str = ""
    reference: str = ""


class Desk:
    """Works on payment files. `run` runs until stopped; `wake` tells it that there is a new one."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        bic: str,
        time_zone: str,
        lease: dt.timedelta = dt.timedelta(seconds=30),
        pause: dt.timedelta = dt.timedelta(seconds=10),
        lanes: int = 4,
    ) -> None:
        self._exchange, self._pool, self._clock = exchange, exchange.pool, exchange.clock
        self._bic, self._zone = bic, zoneinfo.ZoneInfo(time_zone)
        self._lease, self._pause, self._lanes = lease, pause, lanes
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._ends: Batcher[End, None] = Batcher(self._write_ends, largest=500, bounded=False)
        self._news = asyncio.Event()
        self._stopping = False

    def stop(self) -> None:
        """Begin nothing more; `run` ends when what is under way has ended."""
        self._stopping = True
        self._news.set()

    def wake(self) -> None:
        """There is a file to take up."""
        self._news.set()

    async def run(self) -> None:
        """Take up files, and settle what was pending, until stopped."""
        settling = asyncio.create_task(self._settle_for_ever())
        try:
            await asyncio.gather(*(self._work_for_ever() for _ in range(self._lanes)))
        finally:
            settling.cancel()

    async def work(self) -> bool:
        """Take up one file that waits and go on with it as far as is possible now; False when none waits."""
        at = self._clock()
        row = await self._pool.fetchrow(statements.CLAIM, at + self._lease, at)
        if row is None:
            return False
        file_id, party_id = uuid.UUID(int=row["id"].int), uuid.UUID(int=row["party_id"].int)
        async with self._leased(file_id):
            if row["state"] == "received":
                await load(self._pool, file_id, party_id, self._house(), self._clock())
            interrupted = await self._process(file_id, party_id)
            await self._ends.flush()
        await self._let_go(file_id, interrupted=interrupted)
        return True

    async def settle(self) -> int:
        """Note the ends of pending payments, as the journal has them by now; how many."""
        rows = await self._pool.fetch(statements.PENDING)
        ends = [_ended(uuid.UUID(int=row["id"].int), row["outcome"], row["reason"], row["reference"]) for row in rows]
        if ends:
            await self._write_ends(ends)
        return len(ends)

    async def _process(self, file_id: uuid.UUID, party_id: uuid.UUID) -> bool:
        """Carry out what is due; True when something stood in the way and the rest has to wait."""
        stopped = asyncio.Event()
        last = -1
        async with asyncio.TaskGroup() as group:
            while rows := await self._pool.fetch(statements.WINDOW, file_id, last, self._house().today, _WINDOW):
                for row in rows:
                    await self._slots.acquire()
                    if stopped.is_set() or self._stopping:
                        self._slots.release()
                        return True
                    task = group.create_task(self._pay(file_id, party_id, row, stopped))
                    task.add_done_callback(lambda _task: self._slots.release())
                    if last < 0:  # alone, to see whether the systems are there at all
                        await task
                    last = row["position"]
        return stopped.is_set()

    async def _pay(self, file_id: uuid.UUID, party_id: uuid.UUID, row: asyncpg.Record, stopped: asyncio.Event) -> None:
        payment_id = uuid.UUID(int=row["id"].int)
        try:
            request = self._request(file_id, party_id, payment_id, row)
        except msgspec.ValidationError as error:
            await self._ends.submit(End(payment_id, "rejected", INVALID_FILE, str(error)))
            return
        try:
            reply = await self._exchange.handle(request)
            if reply.outcome is Outcome.FAILED and reply.reason in _NOT_NOW and row["attempt"] < _MOST_ATTEMPTS:
                await self._pool.execute(statements.TRY_AGAIN, payment_id, uuid7())
                stopped.set()
            else:
                await self._ends.submit(_end_of(payment_id, reply))
        except _AWAY as error:
            _log.warning("Payment %s has to wait: %s", payment_id, error)
            stopped.set()

    def _request(
        self, file_id: uuid.UUID, party_id: uuid.UUID, payment_id: uuid.UUID, row: asyncpg.Record
    ) -> ServiceRequest:
        attempt = f":{row['attempt']}" if row["attempt"] else ""
        return ServiceRequest(
            id=payment_id,
            channel=Channel.CORPORATE_FILE,
            service="credit_transfer",
            idempotency_key=f"{file_id.hex}:{row['position']}{attempt}",
            actor=Actor("party", str(party_id), party_id),
            arguments=arguments_of(
                debtor_account=row["debtor_account"],
                creditor_account=row["creditor_account"],
                creditor_agent=row["creditor_agent"],
                amount=row["amount"],
                currency=row["currency"],
                end_to_end_id=row["end_to_end_id"],
                creditor=row["creditor"],
                remittance=row["remittance"],
                bic=self._bic,
            ),
            received_at=self._clock(),
        )

    async def _write_ends(self, ends: Sequence[End]) -> list[None]:
        columns: list[list[Any]] = [list(column) for column in zip(*map(_row, ends), strict=True)]
        await self._pool.execute(statements.END_PAYMENTS, *columns, self._clock())
        return [None] * len(ends)

    @contextlib.asynccontextmanager
    async def _leased(self, file_id: uuid.UUID) -> AsyncIterator[None]:
        keeping = asyncio.create_task(self._keep(file_id))
        try:
            yield
        finally:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping

    async def _keep(self, file_id: uuid.UUID) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 4)
            try:
                await self._pool.execute(statements.RENEW, file_id, self._clock() + self._lease)
            except _AWAY as error:
                _log.warning("The lease of payment file %s could not be renewed: %s", file_id, error)

    async def _let_go(self, file_id: uuid.UUID, *, interrupted: bool) -> None:
        """Until when nobody need look at the file: a moment after a fault, or the day that its other payments name."""
        at = self._clock()
        if not interrupted:
            tomorrow = at.astimezone(self._zone).date() + dt.timedelta(days=1)
            until = dt.datetime.combine(tomorrow, dt.time(), self._zone)
        else:
            until = at + self._pause
        await self._pool.execute(statements.RELEASE, file_id, until)

    async def _work_for_ever(self) -> None:
        while not self._stopping:
            try:
                worked = await self.work()
            except (*_AWAY, ExceptionGroup) as error:
                _log.warning("The payment desk has to wait: %s", error)
                worked = False
            if not worked and not self._stopping:
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 1)

    async def _settle_for_ever(self) -> None:
        while True:
            started = asyncio.get_running_loop().time()
            try:
                found = await self.settle()
            except _AWAY as error:
                _log.warning("Pending payments have to wait: %s", error)
                found = 0
            if not found:  # a long list of what is still open is not looked through all the time
                await asyncio.sleep(max(0.5, 10 * (asyncio.get_running_loop().time() - started)))

    def _house(self) -> House:
        return House(self._bic, self._clock().astimezone(self._zone).date())


@contextlib.asynccontextmanager
async def open_desk(exchange: Exchange, *, bic: str, time_zone: str) -> AsyncIterator[Desk]:
    """A desk at work for as long as the block lasts."""
    desk = Desk(exchange, bic=bic, time_zone=time_zone)
    running = asyncio.create_task(desk.run())
    try:
        yield desk
    finally:
        desk.stop()
        await asyncio.wait([running], timeout=_LAST_SECONDS)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def _row(end: End) -> tuple[uuid.UUID, str, str, str, str]:
    return end.id, end.state, end.reason, end.explanation, end.reference


def _end_of(payment_id: uuid.UUID, reply: ServiceReply) -> End:
    if reply.reason is Reason.IN_PROGRESS:
        return End(payment_id, "pending")
    reason = reply.reason.value if reply.reason else None
    return _ended(payment_id, reply.outcome.value, reason, reply.result.get("reference"))


def _ended(payment_id: uuid.UUID, outcome: str, reason: str | None, reference: str | None) -> End:
    match outcome:
        case "completed":
            return End(payment_id, "accepted", reference=reference or "")
        case "pending" | "in_doubt":
            return End(payment_id, "pending", reference=reference or "")
        case _:
            return End(payment_id, "rejected", code_of(reason), sentence_of(reason), reference or "")
