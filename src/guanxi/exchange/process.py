"""From a service request to its durable reply, the same way for every channel.

Look up what it names, plan (pure), journal, make the legs, journal the end with what the timeline shows, reply.
Nothing with an effect is sent before it is in the journal; nothing is replied before the end is.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import functools
import logging
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

import asyncpg

from guanxi.exchange.directory import Directory
from guanxi.exchange.directory_desk import DirectoryDesk
from guanxi.exchange.errors import JournalUnavailable, NotStorable
from guanxi.exchange.heart import Heart
from guanxi.exchange.journal import Closing, Intake, Journal, LegStanding, close_many, fingerprint
from guanxi.exchange.legs import (
    LegProgress,
    LegRun,
    Patience,
    Systems,
    balances_in,
    look,
)
from guanxi.exchange.lookup import Lookup
from guanxi.exchange.recorder import LOOKS_ONLY, NOT_BUSINESS, Recorder
from guanxi.exchange.recovery import Work, claim_due, recover_due, settle_leg, take_up
from guanxi.exchange.refusal import Decide, refuse_asker
from guanxi.exchange.reversal import reverse_request
from guanxi.exchange.stand_in import stand_in
from guanxi.exchange.states import LegState
from guanxi.kernel.clock import now
from guanxi.kernel.vocabulary import Channel, Outcome, Reason
from guanxi.services import catalogue
from guanxi.services.errors import ServiceUnknown
from guanxi.services.ports import BusinessSystem
from guanxi.services.request import Actor, LegReply, ServiceReply, ServiceRequest
from guanxi.services.service import Entry, Known, LocalChange, Plan, Service
from guanxi.storage.configuration import Configuration
from guanxi.storage.wiring import modules_of

SERVICES: Final[dict[str, Service]] = {
    module.SERVICE.name: module.SERVICE for module in modules_of(catalogue) if hasattr(module, "SERVICE")
}
UNREACHABLE: Final = (
    OSError,  # includes TimeoutError
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the driver's own words for a connection that was cut while it was picked up
    asyncpg.OperatorInterventionError,  # the server shuts down, crashes or starts
    asyncpg.InsufficientResourcesError,  # a disk write failed, or there are no connections left
)

_TAKEN_UP_AT_ONCE: Final = 100  # requests that one gateway recovers side by side
_LOOK_AGAIN, _ROOM_SOON = 1.0, 0.1  # seconds
_log = logging.getLogger(__name__)


class Exchange:
    """Handles service requests. One a process; made by `open_exchange`."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        systems: Mapping[str, BusinessSystem] | Directory,
        *,
        clock: Callable[[], dt.datetime] = now,
        patience: Patience | None = None,
    ) -> None:
        self.pool = pool
        self.services = SERVICES
        self.clock = clock
        self.patience = patience or Patience()
        self.recorder = Recorder(pool, clock)
        self.directory = systems if isinstance(systems, Directory) else Directory.of(systems)
        self.systems = Systems(self.directory, self.patience.leg, self.recorder)
        self.journal = Journal(pool)
        self.lookup = Lookup(pool)

    async def handle(self, request: ServiceRequest) -> ServiceReply:
        """Do what `request` asks, once for its key, and answer what has become durable.

        Raises `ServiceUnknown`, `ExchangeBusy` and `JournalUnavailable`: send the same request again.
        """
        service, reply, started = service_for(request), None, time.perf_counter()
        try:
            with self.recorder.traffic.under_way(request.channel.value):
                reply = await self._handle(service, request)
        except NotStorable:
            reply = ServiceReply(request.id, Outcome.DECLINED, Reason.INVALID_REQUEST)
        except UNREACHABLE as error:
            raise JournalUnavailable from error
        finally:
            self.recorder.answered(request, reply, time.perf_counter() - started)
        return reply

    async def settle(self, leg_id: uuid.UUID, reply: LegReply) -> None:
        """A late confirmation or refusal of a pending leg. Once it is settled, more of them change nothing."""
        await settle_leg(self, leg_id, reply)

    async def reverse(self, channel: Channel, original_key: str, actor: Actor) -> ServiceReply:
        """Undo what the request under `original_key` did, or see to it that it never does anything."""
        try:
            return await reverse_request(self, channel, original_key, actor)
        except UNREACHABLE as error:
            raise JournalUnavailable from error

    async def refuse_asker(self, request: ServiceRequest, decide: Decide, entry: Entry) -> ServiceReply:
        """Put on record that `request` is refused for who asks, for the reason `decide` finds in that transaction."""
        started = time.perf_counter()
        try:
            reply = await refuse_asker(self, request, decide, entry)
        except UNREACHABLE as error:
            raise JournalUnavailable from error
        self.recorder.answered(request, reply, time.perf_counter() - started)
        return reply

    async def recover(self) -> int:
        """Take up what others left open and is due; how many requests were looked at."""
        return await recover_due(self)

    def run_of(self, request: ServiceRequest, progress: list[LegProgress]) -> LegRun:
        """The legs of `request`, ready to go on."""
        return LegRun(
            request,
            progress,
            systems=self.systems,
            pool=self.pool,
            journal=self.journal,
            clock=self.clock,
            patience=self.patience,
        )

    async def conclude(self, service: Service, plan: Plan, run: LegRun, present: Outcome | None = None) -> ServiceReply:
        """Close the request as its legs have ended; what is durable then is the reply.

        `present` is the outcome the request has now, when it has been answered before.
        """
        outcome, reason = (present, None) if present is Outcome.REVERSED else run.outcome()
        done = outcome is Outcome.COMPLETED
        closing = Closing(
            request=run.request,
            kind=service.kind,
            outcome=outcome,
            reason=reason,
            result={**plan.result, **service.conclude(run.replies)} if done else dict(plan.result),
            entries=plan.entries if outcome in {Outcome.COMPLETED, Outcome.PENDING} else plan.entries[:1],
            at=self.clock(),
            legs=run.standings(),
            balances=tuple(run.balances()),
            from_outcome=present,
            on_timeline=outcome is not present,
        )
        if done and plan.change:
            changed = await close_with_change(self.pool, closing, plan.change)
            if changed is not None:
                return reply_of(changed)
        elif await self._close_in_the_end(closing):
            return reply_of(closing)
        stored = await self.journal.stored(run.request.channel.value, run.request.idempotency_key)
        if stored is None or stored.outcome is None:
            raise JournalUnavailable
        told = Reason(stored.reason) if stored.reason else None
        return ServiceReply(stored.id, Outcome(stored.outcome), told, stored.reply or {})

    async def _handle(self, service: Service, request: ServiceRequest) -> ServiceReply:
        known = await self.lookup.find(service.names(request))
        plan = self._routed(service.plan(request, known), request, known)
        if plan.declined or not (plan.legs or plan.change):
            return await self._answer_at_once(service, plan, request)
        if all(leg.operation in LOOKS_ONLY for leg in plan.legs) and not plan.change:
            return await self._look(service, plan, request, known)
        intake = self._intake(request, plan)
        if not await self.journal.take_in(intake):
            return await self._repeated(intake)
        if plan.change and not plan.legs:
            return await self._change(service, plan, request, plan.change)
        run = self.run_of(request, [LegProgress(leg, LegState.PLANNED) for leg in plan.legs])
        run.progress[0].state = LegState.SENT
        await run.go()
        return await self.conclude(service, plan, run)

    def _routed(self, plan: Plan, request: ServiceRequest, known: Known) -> Plan:
        """The plan with the endpoint of each leg, which the journal keeps."""
        if not plan.legs:
            return plan
        return dataclasses.replace(plan, legs=tuple(self.directory.routed(leg, request, known) for leg in plan.legs))

    async def _change(self, service: Service, plan: Plan, request: ServiceRequest, change: LocalChange) -> ServiceReply:
        closing = Closing(
            request=request,
            kind=service.kind,
            outcome=Outcome.COMPLETED,
            reason=None,
            result=plan.result,
            entries=plan.entries,
            at=self.clock(),
        )
        try:
            changed = await close_with_change(self.pool, closing, change)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
            _log.exception("The change that %s %s asked for cannot be kept", request.service, request.id)
            return await self.refuse(service, plan, request, Reason.INVALID_REQUEST)
        if changed is None:
            raise JournalUnavailable
        return reply_of(changed)

    async def refuse(self, service: Service, plan: Plan, request: ServiceRequest, reason: Reason) -> ServiceReply:
        """Close a journalled request of which nothing was done."""
        closing = Closing(
            request=request,
            kind=service.kind,
            outcome=Outcome.FAILED,
            reason=reason,
            result={},
            entries=plan.entries[:1],
            at=self.clock(),
        )
        await self._close_in_the_end(closing)
        return reply_of(closing)

    def _intake(self, request: ServiceRequest, plan: Plan) -> Intake:
        lease_until = self.clock() + self.patience.lease
        return Intake(request, fingerprint(request), plan.entries, plan.legs, lease_until)

    async def _answer_at_once(self, service: Service, plan: Plan, request: ServiceRequest) -> ServiceReply:
        closing = Closing(
            request=request,
            kind=service.kind,
            outcome=Outcome.DECLINED if plan.declined else Outcome.COMPLETED,
            reason=plan.declined,
            result=plan.result,
            entries=plan.entries[:1] if plan.declined else plan.entries,
            at=self.clock(),
        )
        return await self._write_at_once(self._intake(request, plan), closing)

    async def _look(self, service: Service, plan: Plan, request: ServiceRequest, known: Known) -> ServiceReply:
        """Legs without an effect need no journal before them: ask first, then write all of it at once."""
        leg = plan.legs[0]
        reply, milliseconds = await look(self.systems, leg, request)
        state, at = LegState.FAILED if reply.state == "failed" else LegState.CONFIRMED, self.clock()
        own = stand_in(self.directory, leg, request, known) if reply.reason in NOT_BUSINESS else None
        failed = state is LegState.FAILED and own is None
        closing = Closing(
            request=request,
            kind=service.kind,
            outcome=Outcome.FAILED if failed else Outcome.COMPLETED,
            reason=reply.reason if own is None else None,
            result={} if failed else service.conclude([own or reply]),
            entries=plan.entries,
            at=at,
            legs=[LegStanding(leg, state, reply.reason, reply.reference, milliseconds)],
            balances=tuple(balances_in(leg, reply, at)),
        )
        return await self._write_at_once(self._intake(request, plan), closing)

    async def _write_at_once(self, intake: Intake, closing: Closing) -> ServiceReply:
        if await self.journal.take_in_and_close(intake, closing):
            return reply_of(closing)
        return await self._repeated(intake)

    async def _repeated(self, intake: Intake) -> ServiceReply:
        """The key has been used: the stored answer for the same request, a refusal for another one."""
        request = intake.request
        stored = await self.journal.stored(request.channel.value, request.idempotency_key)
        if stored is None:
            raise JournalUnavailable
        if stored.fingerprint != intake.fingerprint:
            return ServiceReply(request.id, Outcome.DECLINED, Reason.DUPLICATE_REQUEST)
        if stored.outcome is None:
            return ServiceReply(stored.id, Outcome.FAILED, Reason.IN_PROGRESS)
        reason = Reason(stored.reason) if stored.reason else None
        return ServiceReply(stored.id, Outcome(stored.outcome), reason, stored.reply or {}, replayed=True)

    async def _close_in_the_end(self, closing: Closing) -> bool:
        """Close; when the database has gone away meanwhile, keep trying while the lease is ours."""
        until = time.monotonic() + self.patience.lease.total_seconds() / 2
        while True:
            try:
                return await self.journal.close(closing)
            except asyncpg.DataError:
                _log.exception("What the systems told of request %s cannot be kept", closing.request.id)
                closing = without_what_was_told(closing)
            except UNREACHABLE as error:
                if time.monotonic() > until:
                    raise JournalUnavailable from error
                _log.warning("The journal cannot be closed yet: %s", error)
                await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def open_exchange(
    pool: asyncpg.Pool, configuration: Configuration, *, patience: Patience | None = None
) -> AsyncIterator[Exchange]:
    """An exchange over the configured systems, recovering what is due, for as long as the block lasts."""
    desk = DirectoryDesk(pool, configuration)
    await desk.load()
    exchange = Exchange(pool, desk.directory, patience=patience)
    work = (
        recover_for_ever(exchange),
        exchange.recorder.run(),
        desk.keep_current(),
        Heart(pool, desk.directory, exchange.recorder.traffic.gateway).beat(),
    )
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield exchange
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await exchange.journal.flush()
        await desk.directory.close()


async def recover_for_ever(exchange: Exchange) -> None:
    """Take up what is due, many at a time, as long as the process lives.

    A slow one keeps no other waiting, and nothing that goes wrong ends it; when the database is away it waits.
    """
    under_way: dict[uuid.UUID, asyncio.Task[bool]] = {}
    try:
        while True:
            room = _TAKEN_UP_AT_ONCE - len(under_way)
            due = await _due(exchange, room) if room else []
            for request_id, work in due:
                if request_id not in under_way:
                    task = asyncio.create_task(take_up(exchange, request_id, work))
                    under_way[request_id] = task
                    task.add_done_callback(functools.partial(_forget, under_way, request_id))
            await asyncio.sleep(_LOOK_AGAIN if room and len(due) < room else _ROOM_SOON)
    finally:
        for task in list(under_way.values()):
            task.cancel()


def _forget(under_way: dict[uuid.UUID, asyncio.Task[bool]], request_id: uuid.UUID, _done: asyncio.Task[bool]) -> None:
    under_way.pop(request_id, None)


async def _due(exchange: Exchange, room: int) -> list[Work]:
    try:
        return await claim_due(exchange, room)
    except (*UNREACHABLE, asyncpg.PostgresError, JournalUnavailable) as error:
        _log.warning("Recovery has to wait: %s", error)
    except Exception:  # noqa: BLE001 - recovery goes on, whatever it is
        _log.exception("Recovery could not look for what is due")
    return []


async def close_with_change(pool: asyncpg.Pool, closing: Closing, change: LocalChange) -> Closing | None:
    """Change our own record and close the request, both or neither; None when somebody else has closed it."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            told = await change(connection)
            closing = dataclasses.replace(closing, result={**closing.result, **told})
            closed = bool(await close_many(connection, [closing]))
        except BaseException:
            await transaction.rollback()
            raise
        await (transaction.commit() if closed else transaction.rollback())
    return closing if closed else None


def without_what_was_told(closing: Closing) -> Closing:
    """The same end without the details that systems gave: a balance or a reference that no column can hold."""
    legs = [dataclasses.replace(standing, reference=None) for standing in closing.legs]
    return dataclasses.replace(closing, result={}, balances=(), legs=legs)


def service_for(request: ServiceRequest) -> Service:
    """The catalogue's service that `request` asks for; `ServiceUnknown` when its channel does not offer it."""
    service = SERVICES.get(request.service)
    if service is None or request.channel not in service.channels:
        raise ServiceUnknown(
            f"The service {request.service!r} is not offered on the channel {request.channel.value}.",
            next_step="See the reference of services for what each channel offers.",
        )
    return service


def reply_of(closing: Closing) -> ServiceReply:
    """What the channel is told of it."""
    return ServiceReply(closing.request.id, closing.outcome, closing.reason, dict(closing.result))
