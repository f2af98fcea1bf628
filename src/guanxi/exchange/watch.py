"""The exchange as it is this minute: what flows where, how well, what is open, which gateways are alive.

Read from the small tables that gateways keep for this (`exchange_traffic`, `exchange_pulse`) and from partial indexes
on what is open, never from the journal or the messages as a whole.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection

from guanxi.exchange.traffic import BUCKETS

_ALIVE: Final = dt.timedelta(seconds=10)  # a gateway tells every two seconds
_SUMS: Final = ", ".join(f"sum(buckets[{number}])" for number in range(1, BUCKETS + 1))
_FLOWS: Final = f"""
SELECT channel, service, endpoint, sum(answered), sum(declined), sum(failed), ARRAY[{_SUMS}]
FROM exchange_traffic WHERE at > %s GROUP BY channel, service, endpoint ORDER BY 1, 2, 3 LIMIT 2000
"""  # noqa: S608
_MINUTES: Final = """
SELECT date_trunc('minute', at), sum(answered), sum(failed) FROM exchange_traffic
WHERE at > %s AND endpoint = '' GROUP BY 1 ORDER BY 1 LIMIT 200
"""
_PULSES: Final = """
SELECT place, started_at, at, in_flight, left_out FROM exchange_pulse WHERE at > %s ORDER BY place LIMIT 100
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Figures:
    """What a stretch of time has had of something."""

    answered: int = 0
    declined: int = 0
    failed: int = 0
    buckets: tuple[int, ...] = (0,) * BUCKETS

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.answered + other.answered,
            self.declined + other.declined,
            self.failed + other.failed,
            tuple(map(int.__add__, self.buckets, other.buckets)),
        )

    @property
    def failed_share(self) -> float:
        """How much of it failed, 0 to 1. What was refused for a business reason has not failed."""
        return self.failed / self.answered if self.answered else 0.0

    @property
    def health(self) -> str:
        """In a word: idle, well, poorly (1 in 100 fails), ill (1 in 10)."""
        if not self.answered:
            return "idle"
        return "ill" if self.failed_share >= 0.1 else "poorly" if self.failed_share >= 0.01 else "well"

    def percentile(self, share: float) -> float:
        """The time in milliseconds within which that share was answered, straight within a bucket."""
        rank, seen = share * sum(self.buckets), 0
        for number, count in enumerate(self.buckets):
            if count and seen + count >= rank:
                low, high = (2 ** (number - 1) if number else 0), 2**number
                return float(low + (high - low) * (rank - seen) / count)
            seen += count
        return 0.0

    @property
    def p50(self) -> float:
        """Half were faster."""
        return self.percentile(0.5)

    @property
    def p95(self) -> float:
        """One in twenty was slower."""
        return self.percentile(0.95)


NOTHING: Final = Figures()


@dataclasses.dataclass(frozen=True, slots=True)
class Flow:
    """What one service had on one channel, or sent to one endpoint."""

    channel: str
    service: str
    endpoint: str
    figures: Figures


@dataclasses.dataclass(frozen=True, slots=True)
class Minute:
    """How much was answered in a minute."""

    at: dt.datetime
    answered: int
    failed: int


@dataclasses.dataclass(frozen=True, slots=True)
class Pulse:
    """A gateway that is alive."""

    place: str
    started_at: dt.datetime
    at: dt.datetime
    in_flight: dict[str, int]
    left_out: int


def flows(since: dt.datetime) -> list[Flow]:
    """What flowed since then."""
    with connection.cursor() as cursor:
        cursor.execute(_FLOWS, [since])
        rows = cursor.fetchall()
    return [
        Flow(channel, service, endpoint, Figures(answered, declined, failed, tuple(map(int, buckets))))
        for channel, service, endpoint, answered, declined, failed, buckets in rows
    ]


def minutes(since: dt.datetime) -> list[Minute]:
    """How much all channels were answered in each minute since then."""
    with connection.cursor() as cursor:
        cursor.execute(_MINUTES, [since])
        return [Minute(*row) for row in cursor.fetchall()]


def pulses(now: dt.datetime) -> list[Pulse]:
    """The gateways that have been heard of in the last seconds."""
    with connection.cursor() as cursor:
        cursor.execute(_PULSES, [now - _ALIVE])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [
        Pulse(place, started_at, at, json.loads(told) if isinstance(told, str) else told, left_out)
        for place, started_at, at, told, left_out in rows
    ]


def in_flight(alive: Iterable[Pulse]) -> dict[str, int]:
    """What is being worked on now, by channel and by endpoint."""
    total: collections.Counter[str] = collections.Counter()
    for pulse in alive:
        total.update(pulse.in_flight)
    return dict(total)


def summed(found: Sequence[Flow], by: str, *, to_endpoints: bool) -> dict[str, Figures]:
    """The flows added up by `channel`, `service` or `endpoint`; those to endpoints, or those on channels."""
    total: dict[str, Figures] = {}
    for flow in found:
        if bool(flow.endpoint) is to_endpoints:
            name = getattr(flow, by)
            total[name] = total.get(name, NOTHING) + flow.figures
    return total
