"""Making the legs of one request, one after the other, and undoing those that must not stand.

A leg that is refused undoes the confirmed ones before it. A leg without an answer is asked after once; if that does not
help, a customer at a terminal is told no and the leg is reversed until the peer agrees, while anybody else is told that
it is in doubt and recovery finds out.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import asyncpg
import msgspec

from guanxi.exchange.directory import Directory
from guanxi.exchange.errors import LegStateForbidden
from guanxi.exchange.guard import never_left
from guanxi.exchange.journal import BalanceTold, Journal, LegStanding, send_elsewhere
from guanxi.exchange.recorder import Call, Recorder
from guanxi.exchange.states import OPEN, OWNED, LegState, may_become
from guanxi.kernel.vocabulary import Channel, Outcome, Reason
from guanxi.services.request import Leg, LegReply, ServiceRequest

AT_TERMINALS: Final = frozenset({Channel.ATM, Channel.POS})  # whoever waits there does not come back to ask
_NOT_BUSINESS: Final = frozenset({Reason.SYSTEM_UNAVAILABLE, Reason.SYSTEM_TIMEOUT})
_STATES: Final = {
    "confirmed": LegState.CONFIRMED,
    "pending": LegState.PENDING,
    "failed": LegState.FAILED,
    "reversed": LegState.REVERSED,
    "unknown": LegState.IN_DOUBT,
}

_LARGEST_BALANCE: Final = Decimal(10) ** 15  # numeric(19, 4)

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take. The lease is longer than all legs of a request may take together."""

    leg: dt.timedelta = dt.timedelta(seconds=6)
    lease: dt.timedelta = dt.timedelta(seconds=30)
    pending: dt.timedelta = dt.timedelta(seconds=60)  # then a peer that promised to confirm is asked
    again: dt.timedelta = dt.timedelta(seconds=3)  # until the first new attempt to settle what is in doubt
    longest: dt.timedelta = dt.timedelta(minutes=5)  # between two of the later ones
    doubt: dt.timedelta = dt.timedelta(minutes=30)  # then a person is told of what is still open

    def before_attempt(self, attempts: int, leg_id: uuid.UUID, *, pending: bool = False) -> dt.timedelta:
        """How long to wait after so many attempts: twice as long each time, half of it left to chance.

        "Equal jitter" of Marc Brooker, "Exponential Backoff And Jitter" (2015): legs that went wrong together are not
        taken up together. Chance is drawn from the leg's id, so that it is the same wherever it is reckoned.
        """
        first = self.pending if pending else self.again
        whole = min(first * (1 << min(max(attempts - 1, 0), 20)), max(self.longest, first))
        chance = random.Random(leg_id.int ^ attempts).random()  # noqa: S311 - nothing secret
        return whole / 2 + whole / 2 * chance


class Systems:
    """The business systems behind their endpoints, each call bounded in time and never an exception."""

    def __init__(self, directory: Directory, patience: dt.timedelta, recorder: Recorder | None = None) -> None:
        self.directory = directory
        self._seconds = patience.total_seconds()
        self._recorder = recorder

    async def perform(self, leg: Leg, asker: ServiceRequest | None = None) -> LegReply:
        """Do `leg` for `asker`. An endpoint that we do not have refuses as unavailable."""
        return await self._watched("perform", leg, asker) or LegReply("failed", Reason.SYSTEM_UNAVAILABLE)

    async def enquire(self, leg: Leg, asker: ServiceRequest | None = None) -> LegReply:
        """What became of `leg`. One that went where we have nothing any more stays in doubt."""
        return await self._watched("enquire", leg, asker) or LegReply("unknown", Reason.SYSTEM_UNAVAILABLE)

    async def undo(self, leg: Leg, asker: ServiceRequest | None = None) -> LegReply:
        """Take `leg` back."""
        return await self._watched("undo", leg, asker) or LegReply("unknown", Reason.SYSTEM_UNAVAILABLE)

    async def _watched(self, verb: Call, leg: Leg, asker: ServiceRequest | None) -> LegReply | None:
        """The call, told to whoever watches; None without such an endpoint."""
        guard = self.directory.guard(leg)
        if guard is None:
            return None
        if self._recorder is None:
            return await guard.call(verb, leg, self._seconds)
        started, endpoint = time.perf_counter(), guard.endpoint.name
        with self._recorder.traffic.under_way(endpoint):
            reply = await guard.call(verb, leg, self._seconds)
        self._recorder.called(verb, leg, endpoint, reply, asker, time.perf_counter() - started)
        return reply


@dataclasses.dataclass(slots=True)
class LegProgress:
    """One leg and how far it has got in this process."""

    leg: Leg
    state: LegState
    reply: LegReply = dataclasses.field(default_factory=lambda: LegReply("unknown"))
    milliseconds: int | None = None
    told_at: dt.datetime | None = None
    attempts: int = 1
    left: bool = False  # it may have been sent before, by a process that is gone

    def become(self, following: LegState) -> None:
        """Go on to `following`, which the table of states must allow."""
        if following is not self.state and not may_become(self.state, following):
            raise LegStateForbidden(self.leg.id, self.state, following)
        self.state = following


class LegRun:
    """The legs of one request on their way."""

    def __init__(
        self,
        request: ServiceRequest,
        progress: Sequence[LegProgress],
        *,
        systems: Systems,
        pool: asyncpg.Pool,
        journal: Journal,
        clock: Callable[[], dt.datetime],
        patience: Patience,
    ) -> None:
        self.request = request
        self.progress = list(progress)
        self._systems, self._pool, self._clock, self._patience = systems, pool, clock, patience
        self._journal = journal

    @property
    def replies(self) -> list[LegReply]:
        """What each leg's system said."""
        return [each.reply for each in self.progress]

    async def go(self) -> None:
        """Send what is to be sent, in order, until all is confirmed or something stops it."""
        for each in self.progress:
            if each.state is LegState.PLANNED:
                await self._mark_sent(each)
            if each.state is LegState.SENT:
                await self._send(each)
            if each.state in {LegState.FAILED, LegState.REVERSED, LegState.REVERSING}:
                await self.back_out()
            if each.state is not LegState.CONFIRMED:
                return

    async def back_out(self) -> None:
        """Undo what was or may have been done, newest first, and drop what was planned."""
        for each in self.progress:
            if each.state is LegState.PLANNED:
                each.become(LegState.DROPPED)
        for each in reversed(self.progress):
            if each.state in {LegState.CONFIRMED, LegState.SENT, LegState.IN_DOUBT, LegState.REVERSING}:
                await self._undo(each)

    def take(self, each: LegProgress, reply: LegReply) -> None:
        """What the leg's system says, now or late."""
        each.become(_STATES[reply.state])
        each.reply, each.told_at = reply, self._clock()

    def outcome(self) -> tuple[Outcome, Reason | None]:
        """What all of it comes to for the customer."""
        states = {each.state for each in self.progress}
        if LegState.IN_DOUBT in states:
            return Outcome.IN_DOUBT, Reason.SYSTEM_TIMEOUT
        if states & {LegState.FAILED, LegState.REVERSING, LegState.REVERSED}:
            return self._why_not()
        if states & {LegState.PENDING, LegState.SENT, LegState.PLANNED}:
            return Outcome.PENDING, None
        return Outcome.COMPLETED, None

    def standings(self) -> list[LegStanding]:
        """Each leg as the journal and the timeline are to have it."""
        return [
            LegStanding(
                leg=each.leg,
                state=each.state,
                reason=each.reply.reason,
                reference=each.reply.reference,
                milliseconds=each.milliseconds,
                next_attempt_at=self._due(each),
                deadline=self._clock() + self._patience.doubt if each.state in OWNED else None,
            )
            for each in self.progress
        ]

    def balances(self) -> Iterator[BalanceTold]:
        """The balances that the systems told on the way."""
        for each in self.progress:
            if each.told_at is not None:
                yield from balances_in(each.leg, each.reply, each.told_at)

    def _why_not(self) -> tuple[Outcome, Reason]:
        refused = next((each for each in self.progress if each.state is LegState.FAILED), None)
        if refused is None:
            return Outcome.FAILED, Reason.SYSTEM_TIMEOUT
        reason = refused.reply.reason or Reason.REFUSED_BY_SYSTEM
        return (Outcome.FAILED if reason in _NOT_BUSINESS else Outcome.DECLINED), reason

    def _due(self, each: LegProgress) -> dt.datetime | None:
        if each.state not in OPEN:
            return None
        pending = each.state is LegState.PENDING
        return self._clock() + self._patience.before_attempt(each.attempts, each.leg.id, pending=pending)

    async def _mark_sent(self, each: LegProgress) -> None:
        """A leg whose request was given up while this process slept stays planned, and is not sent."""
        at = self._clock()
        if await self._journal.mark_sent(each.leg, at, at + self._patience.lease):
            each.become(LegState.SENT)

    async def _send(self, each: LegProgress) -> None:
        started = time.perf_counter()
        reply = await self._systems.perform(each.leg, self.request)
        while never_left(reply) and not each.left and each.leg.fail_over:
            each.leg = next_endpoint(each.leg)
            await send_elsewhere(self._pool, each.leg)
            reply = await self._systems.perform(each.leg, self.request)
        if never_left(reply) and each.left:  # now; what was sent before may have arrived
            reply = LegReply("unknown", reply.reason)
        if reply.state == "unknown":
            reply = await self._systems.enquire(each.leg, self.request)
        each.milliseconds = round((time.perf_counter() - started) * 1000)
        self.take(each, reply)
        if each.state is LegState.IN_DOUBT and self.request.channel in AT_TERMINALS:
            each.become(LegState.REVERSING)

    async def _undo(self, each: LegProgress) -> None:
        reply = await self._systems.undo(each.leg, self.request)
        each.become(LegState.REVERSED if reply.state == "reversed" else LegState.REVERSING)
        each.told_at = self._clock()
        each.reply = LegReply(each.reply.state, each.reply.reason, each.reply.reference, reply.content)


async def look(systems: Systems, leg: Leg, asker: ServiceRequest | None = None) -> tuple[LegReply, int]:
    """The answer to a leg without an effect, and how many milliseconds it took; no answer is a plain failure."""
    started = time.perf_counter()
    reply = await systems.perform(leg, asker)
    while (reply.state == "unknown" or never_left(reply)) and leg.fail_over:
        leg = next_endpoint(leg)
        reply = await systems.perform(leg, asker)
    if reply.state == "unknown":
        reply = LegReply("failed", reply.reason or Reason.SYSTEM_TIMEOUT)
    return reply, round((time.perf_counter() - started) * 1000)


def next_endpoint(leg: Leg) -> Leg:
    """`leg`, on its way to where it fails over next."""
    return msgspec.structs.replace(leg, endpoint=leg.fail_over[0], fail_over=leg.fail_over[1:])


def balances_in(leg: Leg, reply: LegReply, at: dt.datetime) -> Iterator[BalanceTold]:
    """The balances that `reply` tells: of the leg's account and, for a transfer, of the other one."""
    for prefix, account in (("", leg.content.get("account")), ("to_", leg.content.get("to_account"))):
        ledger, available = (
            reply.content.get(f"{prefix}ledger_balance"),
            reply.content.get(f"{prefix}available_balance"),
        )
        if account and ledger is not None and available is not None:
            try:
                yield BalanceTold(account, _balance(ledger), _balance(available), at)
            except (InvalidOperation, TypeError, ValueError):
                _log.warning("%s told a balance that is no amount for leg %s", leg.system, leg.id)


def _balance(text: str) -> Decimal:
    """The amount in `text`, as an account of ours can hold it."""
    amount = Decimal(text)
    if not abs(amount) < _LARGEST_BALANCE:
        raise ValueError(text)
    return amount
