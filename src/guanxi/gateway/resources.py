"""What the doors of one gateway process share (connections, sessions, the exchange, counters), opened and closed."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import asyncpg

from guanxi.access.credentials import PasswordCheck
from guanxi.access.failure_limit import FailureLimit
from guanxi.access.machine_clients import ClientBook
from guanxi.access.rate_limit import RateLimit
from guanxi.access.sessions import SessionBook
from guanxi.exchange.payments.desk import Desk, open_desk
from guanxi.exchange.process import Exchange, open_exchange
from guanxi.gateway.customers.desk import CustomerDesk
from guanxi.gateway.metrics import Metrics
from guanxi.storage.configuration import Configuration
from guanxi.storage.errors import DatabaseUnavailable

_DRAIN_SECONDS = 10.0


@dataclasses.dataclass(slots=True)
class Gateway:
    """One gateway process. `in_flight` counts requests being worked on; `stopping` turns new ones away."""

    configuration: Configuration
    pool: asyncpg.Pool
    exchange: Exchange
    desk: Desk
    sessions: SessionBook
    passwords: PasswordCheck
    failures: FailureLimit
    metrics: Metrics
    clients: ClientBook
    rates: RateLimit
    customers: CustomerDesk
    in_flight: int = 0
    stopping: bool = False


@contextlib.asynccontextmanager
async def open_gateway(configuration: Configuration) -> AsyncIterator[Gateway]:
    """Everything a gateway needs, for as long as it serves; on the way out what is in flight is finished first."""
    async with contextlib.AsyncExitStack() as stack:
        pool = await stack.enter_async_context(_open_pool(configuration.database_url))
        exchange = await stack.enter_async_context(open_exchange(pool, configuration))
        bic, zone = configuration.bank_bic, configuration.bank_time_zone
        desk = await stack.enter_async_context(open_desk(exchange, bic=bic, time_zone=zone))
        passwords = PasswordCheck()
        stack.callback(passwords.close)
        sessions = SessionBook(pool)
        customers = CustomerDesk(configuration.database_url)
        stack.callback(customers.close)
        gateway = Gateway(
            configuration,
            pool,
            exchange,
            desk,
            sessions,
            passwords,
            FailureLimit(),
            Metrics(),
            ClientBook(pool),
            RateLimit(),
            customers,
        )
        gateway.metrics.watch("guanxi_requests_in_flight", "Requests being worked on.", lambda: gateway.in_flight)
        gateway.metrics.watch("guanxi_journal_queue", "Appends waiting.", lambda: exchange.journal.waiting)
        watch = asyncio.create_task(sessions.keep_current())
        stack.push_async_callback(_end, watch)
        try:
            yield gateway
        finally:
            gateway.stopping = True
            await _drain(gateway)


# Every statement here finds its rows by index. The journal grows faster than the statistics about it: a plan made while
# it was small would read all of it again and again until they are renewed.
_PLANNING = {"enable_seqscan": "off"}


@contextlib.asynccontextmanager
async def _open_pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    try:
        pool = await asyncpg.create_pool(
            database_url,
            min_size=2,
            max_size=12,
            command_timeout=30,
            reset=_nothing_to_reset,
            server_settings=_PLANNING,
        )
    except (OSError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(
            f"The database cannot be reached: {error}.", next_step="Check GUANXI_DATABASE_URL and that PostgreSQL runs."
        ) from error
    try:
        yield pool
    finally:
        await pool.close()


async def _nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """Nothing here changes a connection's settings, and to ask for their reset costs a round trip at each release."""


async def _drain(gateway: Gateway) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while gateway.in_flight:  # noqa: ASYNC110 - polled once, when the process ends
                await asyncio.sleep(0.01)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
