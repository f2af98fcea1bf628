"""The heartbeat: asks each endpoint for a sign of life as often as it says, and tells the office how all of them stand.

What is told goes into `exchange_endpointhealth` when it changes, and a few times a minute, a row for each gateway.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import logging
import random
import time
import uuid
from collections.abc import Callable
from typing import Final

import asyncpg

from guanxi.exchange.directory import Directory
from guanxi.exchange.guard import Guard
from guanxi.kernel.clock import now
from guanxi.services.ports import SignOfLife

_TICK: Final = 0.25
_TELL_EVERY: Final = 20.0
_TELL_AGAIN: Final = 3.0  # where it could not be told
_AWAY: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_TELL: Final = """
WITH gone AS (
    DELETE FROM exchange_endpointhealth
    WHERE at < $10::timestamptz - interval '10 minutes' OR (gateway = $1 AND endpoint <> ALL ($2::text[]))
)
INSERT INTO exchange_endpointhealth (gateway, endpoint, health, breaker, since, at, milliseconds, fault, version,
    in_flight)
SELECT $1, endpoint, health, breaker, since, $10, milliseconds, fault, version, in_flight
FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::integer[], $7::text[], $8::integer[],
    $9::integer[])
    AS told (endpoint, health, breaker, since, milliseconds, fault, version, in_flight)
ON CONFLICT (endpoint, gateway) DO UPDATE
SET health = excluded.health, breaker = excluded.breaker, since = excluded.since, at = excluded.at,
    milliseconds = excluded.milliseconds, fault = excluded.fault, version = excluded.version,
    in_flight = excluded.in_flight
"""
_log = logging.getLogger(__name__)


@dataclasses.dataclass(slots=True)
class _Pulse:
    """What this process has noted of one guard."""

    guard: Guard
    due: float
    since: dt.datetime
    standing: tuple[str, str] = ("", "")
    asking: asyncio.Task[object] | None = None


class Heart:
    """Beats for one process until cancelled."""

    def __init__(
        self, pool: asyncpg.Pool, directory: Directory, gateway: uuid.UUID, clock: Callable[[], dt.datetime] = now
    ) -> None:
        self._pool, self._directory, self._gateway, self._clock = pool, directory, gateway, clock
        self._pulses: dict[str, _Pulse] = {}

    async def beat(self) -> None:
        """Ask and tell, until cancelled."""
        told = 0.0
        try:
            while True:
                changed = self._look()
                if changed or time.monotonic() - told >= _TELL_EVERY:
                    told = time.monotonic() - (0 if await self._tell() else _TELL_EVERY - _TELL_AGAIN)
                await asyncio.sleep(_TICK)
        finally:
            for pulse in self._pulses.values():
                if pulse.asking is not None:
                    pulse.asking.cancel()

    def _look(self) -> bool:
        """Ask those that are due; whether anything stands otherwise than told."""
        changed, at = False, time.monotonic()
        for name in [name for name in self._pulses if name not in self._directory.guards]:
            del self._pulses[name]
            changed = True
        for name, guard in self._directory.guards.items():
            pulse = self._pulses.get(name)
            if pulse is None or pulse.guard is not guard:
                pulse = self._pulses[name] = _Pulse(guard, at, self._clock())
            self._ask_if_due(pulse, at)
            standing = (guard.health(), guard.breaker_state())
            if standing != pulse.standing:
                pulse.standing, pulse.since, changed = standing, self._clock(), True
        return changed

    def _ask_if_due(self, pulse: _Pulse, at: float) -> None:
        every, adapter = pulse.guard.endpoint.parameters.heartbeat_seconds, pulse.guard.adapter
        if not every or not isinstance(adapter, SignOfLife):
            return
        # A breaker that is half open waits for one call to try: better ours than a customer's.
        wanted = at >= pulse.due or pulse.guard.breaker_state() == "half_open"
        if wanted and (pulse.asking is None or pulse.asking.done()):
            pulse.due = at + every * random.uniform(0.9, 1.1)  # noqa: S311 - spreads gateways, guards nothing
            pulse.asking = asyncio.create_task(pulse.guard.probe(adapter.ping))

    async def _tell(self) -> bool:
        pulses = sorted(self._pulses.items())
        guards = [pulse.guard for _, pulse in pulses]
        try:
            await self._pool.execute(
                _TELL,
                self._gateway,
                [name for name, _ in pulses],
                [pulse.standing[0] for _, pulse in pulses],
                [pulse.standing[1] for _, pulse in pulses],
                [pulse.since for _, pulse in pulses],
                [None if guard.answered_in is None else round(guard.answered_in * 1000) for guard in guards],
                [guard.last_fault[:300] for guard in guards],
                [guard.endpoint.version for guard in guards],
                [guard.in_flight for guard in guards],
                self._clock(),
            )
        except _AWAY as error:
            _log.warning("How the endpoints stand cannot be told: %s", error)
            return False
        return True
