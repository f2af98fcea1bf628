"""What stands between the exchange and one endpoint: how long, how often, how many at once, and when not at all.

Only calls that are safe to repeat are repeated: looks, enquiries, reversals; one with an effect only when the adapter
says that it never left. A leg that is refused here never left either.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import random
import time
import zoneinfo
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from guanxi.exchange.breaker import Breaker
from guanxi.exchange.errors import ExchangeBusy
from guanxi.exchange.pacing import TokenBucket, backoff
from guanxi.exchange.parameters import Endpoint
from guanxi.exchange.recorder import LOOKS_ONLY
from guanxi.exchange.routing import Health
from guanxi.exchange.windows import any_covers, read_window
from guanxi.kernel.clock import now
from guanxi.kernel.vocabulary import Reason
from guanxi.services.ports import BusinessSystem
from guanxi.services.request import Leg, LegReply

Verb = Literal["perform", "enquire", "undo"]
_REFUSED: Final = {
    "perform": LegReply("failed", Reason.SYSTEM_UNAVAILABLE),  # it never left
    "enquire": LegReply("unknown", Reason.SYSTEM_UNAVAILABLE),
    "undo": LegReply("unknown", Reason.SYSTEM_UNAVAILABLE),
}
_log = logging.getLogger(__name__)


def never_left(reply: LegReply) -> bool:
    """Whether the peer cannot have had the call, by the promise of the port."""
    return reply.state == "failed" and reply.reason is Reason.SYSTEM_UNAVAILABLE


class Guard:
    """One endpoint in this process. `adapter` is None where it could not be made, and `fault` says why."""

    def __init__(
        self,
        endpoint: Endpoint,
        adapter: BusinessSystem | None,
        *,
        zone: dt.tzinfo | None = None,
        fault: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parameters = endpoint.parameters
        self.endpoint, self.adapter, self.fault = endpoint, adapter, fault
        self.breaker = Breaker(parameters.breaker_failures, parameters.breaker_seconds)
        self.in_flight = 0
        self.last_fault = fault
        self.answered_in: float | None = None  # seconds, the last answer
        self._clock = clock
        self._bucket = TokenBucket(parameters.per_second, parameters.burst) if parameters.per_second else None
        self._places = asyncio.Semaphore(parameters.concurrency) if parameters.concurrency else None
        self._windows = tuple(map(read_window, parameters.maintenance))
        self._zone = zone or zoneinfo.ZoneInfo("UTC")
        self._idle = asyncio.Event()
        self._idle.set()

    def health(self) -> Health:
        """Whether a leg could go now."""
        if not self.endpoint.enabled:
            return "disabled"
        if self.adapter is None:
            return "down"
        if self._windows and any_covers(self._windows, now().astimezone(self._zone)):
            return "maintenance"
        return "up" if self.breaker.would_admit(self._clock()) else "down"

    def breaker_state(self) -> str:
        """Where the breaker stands."""
        return self.breaker.state(self._clock())

    async def call(self, verb: Verb, leg: Leg, seconds: float) -> LegReply:
        """What the endpoint says within `seconds`, all attempts together; never an exception of the adapter."""
        if self.health() != "up" or self.adapter is None:
            return _REFUSED[verb]
        self.in_flight += 1
        self._idle.clear()
        try:
            until = self._clock() + seconds
            if not await self._find_place(until):
                return _REFUSED[verb]
            try:
                return await self._attempts(verb, getattr(self.adapter, verb), leg, until)
            finally:
                if self._places is not None:
                    self._places.release()
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self._idle.set()

    async def probe(self, ping: Callable[[], Awaitable[bool]]) -> bool | None:
        """Ask for a sign of life, also while the breaker is half open; None when it may not be asked now."""
        if self.health() != "up" or not self.breaker.admit(self._clock()):
            return None
        started = self._clock()
        try:
            async with asyncio.timeout(self.endpoint.parameters.timeout_seconds):
                alive = await ping()
        except TimeoutError:
            alive = False
        except Exception:  # noqa: BLE001 - an adapter's fault must not end the heartbeat
            _log.exception("The adapter of %s broke on a heartbeat", self.endpoint.name)
            alive = False
        except asyncio.CancelledError:
            self.breaker.withdraw()
            raise
        self._note(alive, "It gave no sign of life.", started)
        return alive

    async def drained(self, seconds: float) -> None:
        """Wait until nothing is in flight here, so long at most."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            _log.warning("%s still has %d calls in flight", self.endpoint.name, self.in_flight)

    async def _find_place(self, until: float) -> bool:
        """A place among the calls under way, and a turn at the rate; False when that would take too long."""
        if self._places is None and self._bucket is None:
            return True
        patience = min(self.endpoint.parameters.wait_seconds, max(0.0, until - self._clock()))
        last = self._clock() + patience
        if self._places is not None:
            try:
                async with asyncio.timeout(patience):
                    await self._places.acquire()
            except TimeoutError:
                return False
        wait = self._bucket.take(self._clock(), max(0.0, last - self._clock())) if self._bucket else 0.0
        if wait is None:
            if self._places is not None:
                self._places.release()
            return False
        if wait:
            try:
                await asyncio.sleep(wait)
            except asyncio.CancelledError:
                if self._places is not None:
                    self._places.release()
                raise
        return True

    async def _attempts(
        self, verb: Verb, call: Callable[[Leg], Awaitable[LegReply]], leg: Leg, until: float
    ) -> LegReply:
        parameters, repeatable = self.endpoint.parameters, verb != "perform" or leg.operation in LOOKS_ONLY
        reply = _REFUSED[verb]
        for attempt in range(1, parameters.attempts + 1):
            if not self.breaker.admit(self._clock()):
                return reply
            reply = await self._once(call, leg, min(parameters.timeout_seconds, until - self._clock()))
            silent = reply.state == "unknown" or never_left(reply)
            if not silent or not (repeatable or never_left(reply)) or attempt == parameters.attempts:
                break
            pause = backoff(attempt, parameters.backoff_seconds, random.random())  # noqa: S311 - spreads, guards nothing
            if self._clock() + pause >= until:
                break
            await asyncio.sleep(pause)
        return reply

    async def _once(self, call: Callable[[Leg], Awaitable[LegReply]], leg: Leg, seconds: float) -> LegReply:
        started, fault = self._clock(), "It did not answer in time."
        try:
            async with asyncio.timeout(seconds):
                reply = await call(leg)
        except TimeoutError:
            reply = LegReply("unknown", Reason.SYSTEM_TIMEOUT)
        except ExchangeBusy:  # our own queue is full: it never left, and tells nothing of the peer
            self.breaker.withdraw()
            return _REFUSED["perform"]
        except asyncio.CancelledError:
            self.breaker.withdraw()
            raise
        except Exception:  # noqa: BLE001 - an adapter's fault must not leave a leg without a state
            _log.exception("The adapter of %s broke on leg %s", self.endpoint.name, leg.id)
            reply, fault = LegReply("unknown", Reason.SYSTEM_TIMEOUT), "Its adapter broke: see the log."
        if never_left(reply):
            fault = "It cannot be reached."
        self._note(reply.state != "unknown" and not never_left(reply), fault, started)
        return reply

    def _note(self, answered: bool, fault: str, started: float) -> None:  # noqa: FBT001 - how it went
        at = self._clock()
        if answered:
            self.breaker.succeeded(at)
            self.answered_in, self.last_fault = at - started, ""
        else:
            self.breaker.failed(at)
            self.last_fault = fault
