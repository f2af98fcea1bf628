"""Kill -9 in the middle of everything: nothing acknowledged is missing, nothing is half done, money is conserved."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest
from tests.exchange.conftest import Clock
from tests.sandbox_process import Sandbox, start_sandbox

from guanxi.exchange.process import Exchange
from guanxi.systems.rest import RestSystem

ROOT = Path(__file__).parents[2]
OPEN_LEGS = "SELECT count(*) FROM exchange_journalleg WHERE state IN ('sent', 'pending', 'reversing', 'in_doubt')"


@pytest.fixture(scope="module")
def sandbox(empty_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    running = start_sandbox(empty_database_url, tmp_path_factory.mktemp("files"))
    savings = [{"number": number, "currency": "CNY", "opening_balance": "100000.00"} for number in ("SV0001", "SV0002")]
    running.open_accounts("savings", *savings)
    running.open_accounts("integrated", {"number": "IN0001", "currency": "CNY", "opening_balance": "0.00"})
    yield running
    running.assert_balanced()
    running.stop()


@pytest.fixture
async def exchange(pool: asyncpg.Pool, sandbox: Sandbox, clock: Clock) -> AsyncIterator[Exchange]:
    systems = {name: RestSystem(f"{sandbox.url}/{name}") for name in ("savings", "integrated")}
    for system in systems.values():
        await system.open()
    yield Exchange(pool, systems, clock=clock)
    for system in systems.values():
        await system.close()


@pytest.mark.processes
@pytest.mark.parametrize("acknowledged_before", [1, 150, 400])
async def test_after_a_kill_recovery_leaves_nothing_open_and_nothing_lost(
    exchange: Exchange, pool: asyncpg.Pool, sandbox: Sandbox, bank_url: str, clock: Clock, acknowledged_before: int
) -> None:
    acknowledged = _traffic_until_killed(bank_url, sandbox, acknowledged_before)
    while await pool.fetchval(OPEN_LEGS) or await pool.fetchval(
        "SELECT count(*) FROM exchange_journalrequest WHERE state <> 'closed'"
    ):
        clock.pass_by(seconds=31)
        await exchange.recover()
    completed = {str(row["id"]) for row in await pool.fetch(_COMPLETED)}
    assert set(acknowledged) <= completed
    assert await _moved(pool) == _held(sandbox)
    assert await pool.fetchval(_HALF_DONE) == 0
    assert await pool.fetchval(_NOT_ON_TIMELINE) == 0


def _traffic_until_killed(bank_url: str, sandbox: Sandbox, replies: int) -> list[str]:
    """Ids of the requests that were acknowledged, those included that were said while the kill was on its way."""
    command = [sys.executable, "-m", "tests.exchange.traffic", bank_url, str(sandbox.http_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(replies)]
        process.kill()
        said += process.stdout.readlines()
    return [line.strip() for line in said if line.endswith("\n")]


def _held(sandbox: Sandbox) -> dict[str, Decimal]:
    """What the business systems hold, less what they began with."""
    began = {"savings/accounts/SV0001": 100000, "savings/accounts/SV0002": 100000, "integrated/accounts/IN0001": 0}
    return {
        path[-6:]: Decimal(sandbox.call("GET", f"/{path}")[1]["ledger_balance"]) - opening
        for path, opening in began.items()
    }


async def _moved(pool: asyncpg.Pool) -> dict[str, Decimal]:
    """What the journal's completed requests moved."""
    rows = await pool.fetch(_BY_SERVICE)
    count = {(row["service"], row["payee"]): row["count"] for row in rows}
    gained = {payee: Decimal(count.get(("internal_transfer", payee), 0)) for payee in ("SV0002", "IN0001")}
    withdrawn = Decimal(count.get(("cash_withdrawal", None), 0))
    return {"SV0001": -sum(gained.values(), withdrawn), **gained}


_COMPLETED = """
SELECT id FROM exchange_journalrequest WHERE outcome = 'completed'
"""
_BY_SERVICE = """
SELECT service, arguments ->> 'to_account' AS payee, count(*) FROM exchange_journalrequest
WHERE outcome = 'completed' GROUP BY 1, 2
"""
_HALF_DONE = """
SELECT count(*) FROM exchange_journalrequest r JOIN exchange_journalleg l ON l.request_id = r.id
WHERE (r.outcome = 'completed') <> (l.state = 'confirmed')
"""
_NOT_ON_TIMELINE = """
SELECT count(*) FROM exchange_journalrequest r
WHERE (SELECT count(*) FROM interactions_interaction i WHERE i.request_id = r.id AND i.outcome = r.outcome)
    <> CASE WHEN r.outcome = 'completed' AND r.arguments ->> 'to_account' = 'SV0002' THEN 2 ELSE 1 END
"""
