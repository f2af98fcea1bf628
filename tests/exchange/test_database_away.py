"""The database's connections are cut while money moves: requests are refused or done, and each only once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import asyncpg
import pytest
from tests.exchange.conftest import Clock, ask
from tests.peers.scripted_rest_system import ScriptedRestSystem

from guanxi.exchange.errors import JournalUnavailable
from guanxi.exchange.process import Exchange
from guanxi.kernel.vocabulary import Outcome
from guanxi.services.catalogue.internal_transfer import InternalTransfer
from guanxi.services.request import ServiceReply

TRANSFER = InternalTransfer("SV0001", "SV0002", Decimal(1), "CNY")
KEYS = [f"cut-{number}" for number in range(120)]
CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> $1"


@pytest.fixture
async def outside(bank_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that is not the exchange's."""
    connection = await asyncpg.connect(bank_url)
    yield connection
    await connection.close()


async def test_requests_whose_connections_are_cut_have_one_effect_each(
    exchange: Exchange, outside: asyncpg.Connection, peer: ScriptedRestSystem, clock: Clock
) -> None:
    workers = [asyncio.create_task(attempts(exchange, KEYS[start::10])) for start in range(10)]
    for _ in range(10):
        await asyncio.wait(workers, timeout=0.03)
        await outside.fetchval(CUT, outside.get_server_pid())
    told = {key: reply for replies in await asyncio.gather(*workers) for key, reply in replies.items()}
    while await outside.fetchval("SELECT count(*) FROM exchange_journalrequest WHERE state <> 'closed'"):
        clock.pass_by(seconds=31)
        await exchange.recover()
    again = await asyncio.gather(*(attempt(exchange, key) for key in KEYS))
    assert {reply.outcome for reply in again if reply} == {Outcome.COMPLETED}
    assert None not in again
    for key, after in zip(KEYS, again, strict=True):
        before = told[key]
        assert before is None or (before.outcome, before.request_id) == (Outcome.COMPLETED, after.request_id)
    assert peer.standing("transfer") == ["posted"] * len(KEYS)


async def attempts(exchange: Exchange, keys: list[str]) -> dict[str, ServiceReply | None]:
    """One after the other."""
    return {key: await attempt(exchange, key) for key in keys}


async def attempt(exchange: Exchange, key: str) -> ServiceReply | None:
    """The reply, or None when the journal was away."""
    try:
        return await exchange.handle(ask("internal_transfer", TRANSFER, key=key))
    except JournalUnavailable:
        return None
