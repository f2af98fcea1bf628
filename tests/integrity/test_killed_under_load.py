"""Kill gateway, sandbox bank and database in the middle of everybody's business; then hold the books against memory."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.integrity import books
from tests.integrity.demo_installation import KILLABLE, Installation, installation

from guanxi.lab.client_log import open_log, read_log
from guanxi.lab.population import populate
from guanxi.lab.tally import Tally
from guanxi.lab.traffic import Order, run_traffic
from guanxi.lab.wallet import DemoFiles

_NOON = dt.datetime(2026, 5, 7, 12, tzinfo=dt.UTC)
_RATE = 25.0
_SECONDS = 30.0
_SEED = 20260507


@pytest.fixture(scope="module")
def bank() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="guanxi-integrity-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with installation(Path(folder), customers=300) as running:
            yield running


@pytest.mark.processes
async def test_what_was_acknowledged_is_in_the_books_once_whatever_was_killed(bank: Installation) -> None:
    log = bank.configuration.home / "client.log"
    async with asyncio.TaskGroup() as together:
        together.create_task(_kill_by_turns(bank, random.Random(_SEED)))
        traffic = together.create_task(_traffic(bank, log))
    tally = traffic.result()
    assert tally.outcomes["completed"] > 100
    requests = books.ended_requests(read_log(log))
    with psycopg.connect(bank.configuration.database_url, autocommit=True) as database:
        await _until_nothing_is_open(database)
        assert books.not_on_record(database, requests, books.this_year()) == []
    with psycopg.connect(bank.configuration.sandbox_database_url, autocommit=True) as ledger:
        booked = books.booked_movements(ledger)
        assert {name: rows for name, rows in books.faults_of_the_ledger(ledger).items() if rows} == {}
    remembered = books.remembered_movements(requests)
    assert remembered - booked == {}, "acknowledged, but not in the books"
    assert booked - remembered == {}, "in the books, but never acknowledged, or twice"


async def _traffic(bank: Installation, log: Path) -> Tally:
    settings = bank.configuration
    files = DemoFiles(settings.home / "demo")
    order = Order(
        rate=_RATE,
        seconds=_SECONDS,
        seed=_SEED,
        host=settings.host,
        iso8583_port=settings.iso8583_port,
        gateway_url=settings.gateway_url,
        time_zone=settings.bank_time_zone,
        at=_NOON,
    )
    with open_log(log) as remember:
        return await run_traffic(
            order, files.machines(), populate(files.wallets(1000), _SEED), remember, lambda _: None
        )


async def _kill_by_turns(bank: Installation, drawn: random.Random) -> None:
    """Each of them, at an instant nobody knows; it comes back after a while."""
    for victim in drawn.sample(KILLABLE * 2, len(KILLABLE) * 2):
        await asyncio.sleep(drawn.uniform(1.0, 3.0))
        await asyncio.to_thread(bank.kill, victim)
        await asyncio.sleep(drawn.uniform(0.1, 1.0))
        await asyncio.to_thread(bank.start, victim)


async def _until_nothing_is_open(database: psycopg.Connection) -> None:
    for _ in range(240):
        left = books.open_matters(database)
        if not left:
            return
        await asyncio.sleep(0.5)
    pytest.fail(f"still open: {left}")
