"""How much of what went where: counts and times by channel, service and endpoint in steps of ten seconds.

Each gateway adds up in memory and writes its present step every few seconds, so that pictures of the last minutes are
drawn from a few hundred small rows, however many messages there are. Times are kept as counts in buckets that double
(up to 1, 2, 4 ... milliseconds), which can be added up over gateways and steps.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import datetime as dt
import os
import socket
from collections.abc import Iterator
from typing import Any, Final

import asyncpg
import msgspec

from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Outcome

STEP: Final = 10  # seconds
BUCKETS: Final = 18  # the last one begins at 65 seconds
_FAULTS: Final = frozenset({Outcome.FAILED, Outcome.IN_DOUBT})
_encode: Final = msgspec.json.Encoder().encode
_WRITE: Final = """
INSERT INTO exchange_traffic (at, gateway, channel, service, endpoint, answered, declined, failed, milliseconds,
    buckets)
SELECT at, $1, channel, service, endpoint, answered, declined, failed, milliseconds, buckets::integer[]
FROM unnest($2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::integer[], $8::integer[],
    $9::bigint[], $10::text[])
    AS t (at, channel, service, endpoint, answered, declined, failed, milliseconds, buckets)
ON CONFLICT (at, gateway, channel, service, endpoint) DO UPDATE
SET answered = excluded.answered, declined = excluded.declined, failed = excluded.failed,
    milliseconds = excluded.milliseconds, buckets = excluded.buckets
"""
_PULSE: Final = """
INSERT INTO exchange_pulse (gateway, place, started_at, at, in_flight, left_out) VALUES ($1, $2, $3, $3, $4, $5)
ON CONFLICT (gateway) DO UPDATE SET at = excluded.at, in_flight = excluded.in_flight, left_out = excluded.left_out
"""
_Key = tuple[str, str, str]


@dataclasses.dataclass(slots=True)
class Count:
    """What one step has had of one kind."""

    answered: int = 0
    declined: int = 0
    failed: int = 0
    milliseconds: float = 0.0
    buckets: list[int] = dataclasses.field(default_factory=lambda: [0] * BUCKETS)


class Traffic:
    """The counts of one process that have not been written yet, and what it has in flight."""

    def __init__(self) -> None:
        self.gateway = uuid7()
        self.in_flight: collections.Counter[str] = collections.Counter()  # by channel, and by endpoint
        self._present: dict[_Key, Count] = {}
        self._step: dt.datetime | None = None

    @contextlib.contextmanager
    def under_way(self, name: str) -> Iterator[None]:
        """Something is in flight on a channel or to an endpoint for as long as the block lasts."""
        self.in_flight[name] += 1
        try:
            yield
        finally:
            self.in_flight[name] -= 1

    def count(self, channel: str, service: str, endpoint: str, outcome: Outcome, seconds: float) -> None:
        """One answer; `endpoint` is empty for what a channel was answered."""
        key = (channel, service, endpoint)
        count = self._present.get(key)
        if count is None:
            count = self._present[key] = Count()
        count.answered += 1
        count.declined += outcome is Outcome.DECLINED
        count.failed += outcome in _FAULTS
        milliseconds = seconds * 1000
        count.milliseconds += milliseconds
        count.buckets[min(int(milliseconds).bit_length(), BUCKETS - 1)] += 1

    async def write(self, connection: asyncpg.Connection, at: dt.datetime, left_out: int) -> None:
        """Write the present step as it stands, and begin the next one when it is over."""
        step = at.replace(microsecond=0) - dt.timedelta(seconds=at.second % STEP)
        rows = [(self._step or step, *key, *_figures(count)) for key, count in self._present.items()]
        if self._step != step:  # before anything is awaited: what is counted meanwhile belongs to the next step
            self._step, self._present = step, {}
        if rows:
            await connection.execute(_WRITE, self.gateway, *(list(column) for column in zip(*rows, strict=True)))
        in_flight = _encode({name: number for name, number in self.in_flight.items() if number}).decode()
        place = f"{socket.gethostname()}:{os.getpid()}"
        await connection.execute(_PULSE, self.gateway, place, at, in_flight, left_out)


def _figures(count: Count) -> tuple[Any, ...]:
    buckets = "{" + ",".join(map(str, count.buckets)) + "}"
    return count.answered, count.declined, count.failed, round(count.milliseconds), buckets
