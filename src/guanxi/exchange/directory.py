"""The endpoints and routes of one process: which endpoint serves a leg, and the guarded adapter that speaks to it.

What is asked is answered from memory. A changed endpoint gets a new adapter; the old one finishes what it has begun
and is closed then, so that nothing in flight is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, Self

import msgspec

from guanxi.exchange.guard import Guard
from guanxi.exchange.parameters import Endpoint, EndpointParameters
from guanxi.exchange.routes import make_adapter
from guanxi.exchange.routing import Decision, Facts, Health, Route, choose
from guanxi.kernel.errors import GuanxiError
from guanxi.services.ports import BusinessSystem, SignOfLife
from guanxi.services.request import Leg, ServiceRequest
from guanxi.services.service import Known

_UNGUARDED: Final = EndpointParameters(
    timeout_seconds=6.0, attempts=1, breaker_failures=0, heartbeat_seconds=0
)  # as the exchange itself is patient
_DRAIN_SECONDS: Final = 30.0
_READY_SECONDS: Final = 0.8
_log = logging.getLogger(__name__)


class Directory:
    """The guards by endpoint name, and the routes in order."""

    def __init__(self, make: Callable[[Endpoint], BusinessSystem] = make_adapter, zone: str = "UTC") -> None:
        self.guards: dict[str, Guard] = {}
        self.routes: tuple[Route, ...] = ()
        self._make, self._zone = make, zoneinfo.ZoneInfo(zone)
        self._routed: frozenset[str] = frozenset()
        self._leaving: set[asyncio.Task[None]] = set()

    @classmethod
    def of(cls, adapters: Mapping[str, BusinessSystem]) -> Self:
        """Fixed adapters, which somebody else opens and closes."""
        directory = cls()
        for name, adapter in adapters.items():
            endpoint = Endpoint(name=name, adapter="", protocol="", address="", parameters=_UNGUARDED)
            directory.guards[name] = Guard(endpoint, adapter)
        return directory

    def guard(self, leg: Leg) -> Guard | None:
        """Where `leg` goes, or went."""
        return self.guards.get(leg.endpoint or leg.system)

    def health(self) -> dict[str, Health]:
        """How each endpoint stands."""
        return {name: guard.health() for name, guard in self.guards.items()}

    def routed(self, leg: Leg, request: ServiceRequest, known: Known) -> Leg:
        """`leg` with the endpoint that serves it."""
        if leg.system not in self._routed:
            return msgspec.structs.replace(leg, endpoint=leg.system)
        decision = self.decide(leg, request, known)
        return msgspec.structs.replace(leg, endpoint=decision.endpoint, fail_over=decision.fail_over)

    def decide(self, leg: Leg, request: ServiceRequest, known: Known) -> Decision:
        """Where `leg` would go, and why."""
        return choose(facts_of(leg, request, known, self._zone), self.routes, self.health())

    async def apply(self, endpoints: Sequence[Endpoint], routes: Sequence[Route]) -> list[str]:
        """Be as told; the names of the endpoints that have changed."""
        told = {endpoint.name: endpoint for endpoint in endpoints}
        changed = [name for name, endpoint in told.items() if not self._is(endpoint)]
        await asyncio.gather(*(self._replace(told[name]) for name in changed))
        for name in [name for name in self.guards if name not in told]:
            self._leave(self.guards.pop(name))
        self.routes = tuple(routes)
        self._routed = frozenset(route.system for route in routes if route.enabled)
        return changed

    async def close(self) -> None:
        """Close every adapter."""
        leaving = [*self._leaving, *(asyncio.create_task(_close(guard, 0)) for guard in self.guards.values())]
        self.guards = {}
        await asyncio.gather(*leaving, return_exceptions=True)

    def _is(self, endpoint: Endpoint) -> bool:
        present = self.guards.get(endpoint.name)
        return present is not None and present.endpoint == endpoint and not present.fault

    async def _replace(self, endpoint: Endpoint) -> None:
        """Make the new one ready, put it in the old one's place, and let that one finish."""
        guard = await self._guarded(endpoint)
        if endpoint.name in self.guards and guard.adapter is not None:
            await _until_ready(guard.adapter)
        before = self.guards.get(endpoint.name)
        self.guards[endpoint.name] = guard
        if before is not None:
            self._leave(before)

    async def _guarded(self, endpoint: Endpoint) -> Guard:
        try:
            adapter = self._make(endpoint)
            await adapter.open()
        except GuanxiError as error:
            _log.error("Endpoint %s cannot be used: %s", endpoint.name, error)
            return Guard(endpoint, None, zone=self._zone, fault=str(error))
        except Exception:  # noqa: BLE001 - one peer's adapter must not keep the others from being used
            _log.exception("Endpoint %s cannot be used: its adapter broke", endpoint.name)
            return Guard(endpoint, None, zone=self._zone, fault="Its adapter broke when it was opened: see the log.")
        return Guard(endpoint, adapter, zone=self._zone)

    def _leave(self, guard: Guard) -> None:
        task = asyncio.create_task(_close(guard, _DRAIN_SECONDS))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


def facts_of(leg: Leg, request: ServiceRequest, known: Known, zone: dt.tzinfo) -> Facts:
    """What the rules may ask about `leg`."""
    account = known.accounts.get(str(leg.content.get("account", "")))
    card = next(iter(known.cards.values()), None)
    return Facts(
        system=leg.system,
        at=request.received_at.astimezone(zone),
        service=request.service,
        channel=request.channel.value,
        product=account.product if account else "",
        bin=card.masked_number.partition("*")[0] if card else "",
        amount=_amount(leg.content.get("amount")),
        currency=str(leg.content.get("currency") or (account.currency if account else "")),
    )


def _amount(text: object) -> Decimal | None:
    try:
        return Decimal(str(text)) if text is not None else None
    except InvalidOperation:
        return None


async def _until_ready(adapter: BusinessSystem) -> None:
    """A peer that wants a greeting first has a moment for it, so that no leg is refused meanwhile."""
    if not isinstance(adapter, SignOfLife):
        return
    with contextlib.suppress(TimeoutError, Exception):
        async with asyncio.timeout(_READY_SECONDS):
            while not await adapter.ping():  # noqa: ASYNC110 - the port has a question, no event
                await asyncio.sleep(0.02)


async def _close(guard: Guard, seconds: float) -> None:
    await guard.drained(seconds)
    if guard.adapter is not None:
        await guard.adapter.close()
