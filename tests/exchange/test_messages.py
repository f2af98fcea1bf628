"""What passes on the wire is written down a moment later, and found again by anything that is in it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import asyncpg
import psycopg
import pytest
from tests.exchange.conftest import ask

from guanxi.exchange.message_rows import COLUMNS, Heard, row_of
from guanxi.exchange.message_tokens import words_of
from guanxi.exchange.process import Exchange
from guanxi.exchange.recorder import Recorder
from guanxi.kernel.clock import now
from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Outcome
from guanxi.services.catalogue.internal_transfer import InternalTransfer

TRANSFER = InternalTransfer("SV0001", "IN0001", Decimal(25), "CNY", "午餐 Lunch")
# Reads one JSON question a line, answers the said sides of what was found.
_ASK = """
import json, sys, django
django.setup()
from guanxi.exchange.messages import Wanted, search
for line in sys.stdin:
    found = search(Wanted(**json.loads(line)))
    print(json.dumps([[message.said, message.cursor, str(message.request_id)] for message in found]), flush=True)
"""
Ask = Callable[..., list[list[Any]]]


@pytest.fixture(scope="module")
def find(bank_url: str) -> Iterator[Ask]:
    """Looks for messages in a process with Django in it."""
    environment = {**os.environ, "GUANXI_DATABASE_URL": bank_url}
    process = subprocess.Popen(
        [sys.executable, "-c", _ASK], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    asking, answering = process.stdin, process.stdout

    def ask_for(text: str = "", **filters: str) -> list[list[Any]]:
        asking.write(json.dumps({"text": text, **filters}) + "\n")
        asking.flush()
        return json.loads(answering.readline())

    yield ask_for
    asking.close()
    process.wait(20)


def put(url: str, *messages: Heard) -> None:
    columns = ", ".join(COLUMNS)
    marks = ", ".join(["%s"] * len(COLUMNS))
    with psycopg.connect(url, autocommit=True) as connection:
        days = [message.at for message in messages]
        connection.execute("SELECT exchange_ensure_days(%s, %s)", [min(days), max(days)])
        connection.cursor().executemany(
            f"INSERT INTO exchange_message ({columns}) VALUES ({marks})", [row_of(message) for message in messages]
        )


def withdrawal(stan: str = "000123", at: dt.datetime | None = None, **given: Any) -> Heard:
    said = {0: "0200", 2: "6222020000000000", 4: "000000050000", 11: stan, 37: "ABC000000123", 41: "ATM00001"}
    said |= {49: "156", 52: "0123456789ABCDEF"} | given.pop("said", {})
    return Heard(
        at=at or now(),
        milliseconds=12,
        direction="in",
        format="iso8583",
        channel=given.get("channel", "atm"),
        service="cash_withdrawal",
        name="cash_withdrawal",
        outcome=given.get("outcome", "completed"),
        request_id=given.get("request_id"),
        said=said,
        answered={0: "0210", 39: "00", 38: "7F3A21"},
    )


@pytest.mark.parametrize(
    "text",
    [
        *("000123", "stan:000123", "ABC000000123", "rrn:ABC000000123", "ATM00001 000123", "terminal:ATM00001", "0000"),
        *("500", "500.00", "amount:500", "amount:500.00", "7f3a21", "cash_withdrawal stan:000123", "card:0000"),
    ],
)
def test_a_message_is_found_by_any_of_its_fields(bank_url: str, find: Ask, text: str) -> None:
    put(bank_url, withdrawal())
    assert find(text)[0][0]["11"] == "000123"


@pytest.mark.parametrize("text", ["rrn:000123", "stan:ABC000000123", "amount:501", "amount:5000", "000123 000124", "x"])
def test_a_word_in_another_place_or_not_there_finds_nothing(bank_url: str, find: Ask, text: str) -> None:
    put(bank_url, withdrawal())
    assert find(text) == []


def test_an_unfinished_word_finds_the_newest(bank_url: str, find: Ask) -> None:
    put(bank_url, withdrawal("777001"))
    assert find("7770")[0][0]["11"] == "777001"


def test_a_request_and_a_leg_are_found_by_their_ids(bank_url: str, find: Ask) -> None:
    request_id = uuid7()
    put(bank_url, withdrawal("888001", request_id=request_id))
    assert [found[0]["11"] for found in find(str(request_id))] == ["888001"]


def test_filters_and_words_go_together(bank_url: str, find: Ask) -> None:
    put(bank_url, withdrawal("555001", outcome="declined"), withdrawal("555001", channel="pos"))
    assert len(find("555001")) == 2
    assert len(find("555001", channel="pos")) == 1
    assert len(find("555001", outcome="declined", channel="atm")) == 1
    assert find("555001", outcome="failed") == []


def test_pages_follow_each_other_without_gap_or_repeat(bank_url: str, find: Ask) -> None:
    start = now() - dt.timedelta(days=3)
    put(bank_url, *(withdrawal(f"9{number:05}", start + dt.timedelta(hours=number // 3), said={41: "ATM00777"})
                    for number in range(120)))  # fmt: skip
    seen, before = [], ""
    while found := find("terminal:ATM00777", before=before):
        seen += [each[0]["11"] for each in found]
        before = found[-1][1]
    assert sorted(seen, reverse=True) == [f"9{number:05}" for number in reversed(range(120))]
    assert len(set(seen)) == 120


def test_words_are_the_same_for_whoever_writes_and_whoever_asks() -> None:
    assert set(words_of("午餐 Lunch")) == set(words_of("lunch 午餐"))
    assert set(words_of("轉賬")) == set(words_of("转账"))
    assert list(words_of("0196A1F0-5a10-7e11-8c55-2f6d0b1c9e37")) == ["0196a1f0-5a10-7e11-8c55-2f6d0b1c9e37"]


async def rows_of(pool: asyncpg.Pool, request_id: uuid.UUID, number: int) -> list[asyncpg.Record]:
    """The messages of a request, once there are so many."""
    async with asyncio.timeout(10):
        while True:
            rows = await pool.fetch("SELECT * FROM exchange_message WHERE request_id = $1 ORDER BY at", request_id)
            if len(rows) >= number:
                return rows
            await asyncio.sleep(0.05)


@pytest.fixture
async def recording(exchange: Exchange) -> Any:
    """The exchange with its recorder writing."""
    task = asyncio.create_task(exchange.recorder.run())
    await asyncio.sleep(0)
    yield exchange
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_each_call_of_a_leg_is_written_down(recording: Exchange, pool: asyncpg.Pool, find: Ask) -> None:
    request = ask("internal_transfer", TRANSFER)
    assert (await recording.handle(request)).outcome is Outcome.COMPLETED
    rows = await rows_of(pool, request.id, 2)
    assert [(row["endpoint"], row["name"], row["outcome"]) for row in rows] == [
        ("savings", rows[0]["name"], "completed"),
        ("integrated", rows[1]["name"], "completed"),
    ]
    assert {row["channel"] for row in rows} == {"internet"}
    assert json.loads(rows[0]["said"])["amount"] == "25.00"
    found = await asyncio.to_thread(find, f"{request.id} SV0001 amount:25")
    assert [each[2] for each in found] == [str(request.id)]


async def test_a_day_without_a_partition_gets_one(pool: asyncpg.Pool) -> None:
    recorder, request_id = Recorder(pool), uuid7()
    task = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)
    recorder.heard(withdrawal("666001", now() - dt.timedelta(days=400), request_id=request_id))
    assert len(await rows_of(pool, request_id, 1)) == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await pool.fetchval("SELECT exchange_drop_days($1)", (now() - dt.timedelta(days=300)).date()) == 1
    assert await pool.fetch("SELECT id FROM exchange_message WHERE request_id = $1", request_id) == []


async def test_traffic_adds_up_by_channel_service_and_endpoint(recording: Exchange, pool: asyncpg.Pool) -> None:
    for _ in range(3):
        await recording.handle(ask("internal_transfer", TRANSFER))
    question = """
    SELECT channel, service, endpoint, sum(answered), (SELECT sum(n) FROM unnest(max(buckets)) n)
    FROM exchange_traffic WHERE gateway = $1 GROUP BY 1, 2, 3 ORDER BY 3
    """
    rows: list[asyncpg.Record] = []
    async with asyncio.timeout(10):
        while sum(row[3] for row in rows) < 9:
            await asyncio.sleep(0.05)
            rows = await pool.fetch(question, recording.recorder.traffic.gateway)
    assert [tuple(row)[:4] for row in rows] == [
        ("internet", "internal_transfer", "", 3),
        ("internet", "internal_transfer", "integrated", 3),
        ("internet", "internal_transfer", "savings", 3),
    ]
