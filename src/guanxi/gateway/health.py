"""`GET /health` and `GET /metrics`: is it alive, is it ready, what has it counted."""

from __future__ import annotations

import importlib.metadata
import time
from typing import Final

import asyncpg
import msgspec

from guanxi.gateway.answers import ALWAYS, Answer, json_answer
from guanxi.gateway.operations import Answers, Operation
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call

_PATIENCE: Final = 5.0  # seconds
_VERSION: Final = importlib.metadata.version("guanxi")
_OPEN_LEGS: Final = """
SELECT system, state, count(*) AS legs, count(*) FILTER (WHERE next_attempt_at < now() - interval '1 minute') AS overdue
FROM exchange_journalleg WHERE state IN ('sent', 'pending', 'reversing', 'in_doubt') GROUP BY system, state
"""


class DatabaseHealth(msgspec.Struct, frozen=True):
    """Does PostgreSQL answer, and how fast."""

    reachable: bool
    milliseconds: float


class RecoveryHealth(msgspec.Struct, frozen=True):
    """Legs that are not closed yet, and how many of those should have been looked at a minute ago."""

    open_legs: int
    overdue_legs: int


class Health(msgspec.Struct, frozen=True):
    """Whoever reads this knows the process is alive; `ready` says whether it should be sent requests."""

    ready: bool
    version: str
    in_flight: int
    database: DatabaseHealth
    recovery: RecoveryHealth


async def _health(gateway: Gateway, _call: Call) -> Answer:
    started = time.perf_counter()
    rows = await _open_legs(gateway)
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    reachable = rows is not None
    health = Health(
        ready=reachable and not gateway.stopping,
        version=_VERSION,
        in_flight=gateway.in_flight,
        database=DatabaseHealth(reachable, milliseconds),
        recovery=RecoveryHealth(
            open_legs=sum(row["legs"] for row in rows or []), overdue_legs=sum(row["overdue"] for row in rows or [])
        ),
    )
    return json_answer(health, status=200 if health.ready else 503)


async def _metrics(gateway: Gateway, _call: Call) -> Answer:
    rows = await _open_legs(gateway)
    gateway.metrics.set_open_legs((row["system"], row["state"], row["legs"]) for row in rows or [])
    headers = ((b"content-type", b"text/plain; version=0.0.4; charset=utf-8"), *ALWAYS)
    return Answer(200, gateway.metrics.exposition(), headers, "completed")


async def _open_legs(gateway: Gateway) -> list[asyncpg.Record] | None:
    """The open legs by system and state; None when the database does not answer."""
    try:
        rows: list[asyncpg.Record] = await gateway.pool.fetch(_OPEN_LEGS, timeout=_PATIENCE)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        return None
    return rows


_EXAMPLE: Final = {
    "ready": True,
    "version": "0.1.0",
    "in_flight": 1,
    "database": {"reachable": True, "milliseconds": 0.6},
    "recovery": {"open_legs": 0, "overdue_legs": 0},
}

OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/health",
        name="health",
        tag="Operation",
        summary="Health",
        description="Any answer means the process is alive; 200 that it is ready, 503 that it should get no requests.",
        run=_health,
        answers={
            200: Answers("Ready.", Health, _EXAMPLE),
            503: Answers("Alive, not ready.", Health, {**_EXAMPLE, "ready": False}),
        },
    ),
    Operation(
        method="GET",
        path="/metrics",
        name="metrics",
        tag="Operation",
        summary="Metrics",
        description="Counters in the Prometheus text format. Keep it inside the bank's network.",
        run=_metrics,
        answers={200: Answers("The counters.", media_type="text/plain")},
    ),
)
