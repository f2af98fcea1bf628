"""(d) Search through ten million messages by any field, and what writing them costs.

Half of the messages are withdrawals as terminals say them, half the legs made for them, over ten days. The questions go
through the search that the office's page uses; the anchor is the barest SQL that finds the same by one word. Writing is
measured as gateways do it, COPY by COPY, against the same rows into a table without any index.

`GUANXI_BENCH_MESSAGES` sets how many; ten million take some ten minutes on two cores.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import psycopg

from benchmarks import fresh
from benchmarks.result import Result
from guanxi.exchange.message_rows import COLUMNS, Heard, row_of

MESSAGES = int(os.environ.get("GUANXI_BENCH_MESSAGES", "10000000"))
_DAYS = 10
_FIRST = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
_TERMINALS, _CARDS = 2000, 400_000
_QUESTIONS = 100
_WRITTEN, _BATCH = 50_000, 500
_GOAL = 1000.0  # milliseconds
_COPY = f"COPY exchange_message ({', '.join(COLUMNS)}) FROM STDIN"
Row = tuple[Any, ...]


def measure() -> list[Result]:
    """Load, index, ask, write."""
    with fresh.database() as url:
        loaded = time.perf_counter()
        _load(url)
        built = time.perf_counter()
        sizes = _index(url)
        figures = [("load by COPY, without the index of words", f"{built - loaded:,.0f} s"),
                   ("index of words built afterwards", f"{time.perf_counter() - built:,.0f} s"), *sizes]  # fmt: skip
        environment = {**os.environ, "GUANXI_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "guanxi.office.settings"}
        command = [sys.executable, "-m", "benchmarks.messages", url]
        told = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout
        times: dict[str, list[float]] = json.loads(told.splitlines()[-1])
        figures += [(f"{kind}: median / 95th percentile", _cuts(found)) for kind, found in times.items()]
        figures += _writing(url)
    worst = max(_p95(found) for found in times.values())
    return [
        Result(
            name="Message search",
            question=f"How long does it take to find among {MESSAGES:,} messages, and what does it cost to write one?",
            figures=tuple(figures),
            verdict=f"p95 {worst:.0f} ms for the slowest kind of question",
            goal=f"<= {_GOAL:.0f} ms",
            met=worst <= _GOAL,
        )
    ]


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[18]


def _cuts(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} / {_p95(times):.1f} ms"


def _word(text: str) -> int:
    return zlib.crc32(text.lower().encode()) - 0x8000_0000


def rows_of(number: int) -> tuple[Row, Row]:
    """The withdrawal of that number and its leg, as `row_of` would make them; the same number, the same rows."""
    chance = random.Random(number)
    at = _FIRST + dt.timedelta(seconds=number * _DAYS * 86_400 / (MESSAGES // 2 + 1))
    request_id, leg_id = (uuid.UUID(int=chance.getrandbits(128), version=4) for _ in range(2))
    terminal, card = f"ATM{chance.randrange(_TERMINALS):05}", chance.randrange(_CARDS)
    stan, rrn, auth = f"{number % 10**6:06}", f"{number:012}", request_id.hex[-6:].upper()
    amount, last = chance.choice((100, 200, 300, 500, 800, 1000, 1500, 2000)), f"{card % 10_000:04}"
    account, reference = f"110{card:011}17", f"SA{leg_id.hex[-14:].upper()}"
    outcome = "declined" if number % 20 == 0 else "completed"
    echoed = f'"11":"{stan}","37":"{rrn}"'
    said = (
        f'{{"0":"0200","2":"622202******{last}","3":"010000","4":"{amount * 100:012}",{echoed},"41":"{terminal}",'
        f'"49":"156","52":"•••"}}'
    )
    answered = f'{{"0":"0210",{echoed},"38":"{auth}","39":"{"51" if outcome == "declined" else "00"}"}}'
    words = [str(request_id), last, stan, rrn, terminal, str(amount), auth, "cash_withdrawal"]
    leg_said = f'{{"operation":"withdraw","account":"{account}","amount":"{amount}.00","currency":"CNY"}}'
    leg_answered = f'{{"status":"confirmed","reference":"{reference}"}}'
    leg_words = [str(request_id), str(leg_id), account, str(amount), reference, "withdraw"]
    shared = (14, "in", "iso8583", "atm", "", "cash_withdrawal", "cash_withdrawal", outcome)
    leg_shared = (6, "out", "json", "atm", "savings", "cash_withdrawal", "withdraw", outcome)
    first = uuid.UUID(int=chance.getrandbits(128), version=4)
    second = uuid.UUID(int=chance.getrandbits(128), version=4)
    return (
        (at, first, request_id, None, *shared, said, answered, _hashes(words)),
        (at + dt.timedelta(milliseconds=4), second, request_id, leg_id, *leg_shared, leg_said, leg_answered,
         _hashes(leg_words)),
    )  # fmt: skip


def _hashes(words: list[str]) -> list[int]:
    split = itertools.chain.from_iterable([word] if "-" in word else word.split("_") for word in words)
    return [_word(word) for word in dict.fromkeys(split)]


def _check() -> None:
    """The quick rows here are those that a gateway writes."""
    for quick in rows_of(4711):
        said, answered = json.loads(quick[12]), json.loads(quick[13])
        true = row_of(
            Heard(at=quick[0], milliseconds=quick[4], direction=quick[5], format=quick[6], channel=quick[7],
                  endpoint=quick[8], service=quick[9], name=quick[10], outcome=quick[11], request_id=quick[2],
                  leg_id=quick[3], said=said, answered=answered)
        )  # fmt: skip
        assert (json.loads(true[12]), json.loads(true[13])) == (said, answered)
        assert sorted(true[14]) == sorted(quick[14]), (true, quick)


def _load(url: str) -> None:
    _check()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP INDEX exchange_message_words")
        connection.execute("SELECT exchange_ensure_days(%s, %s)", [_FIRST, _FIRST + dt.timedelta(days=_DAYS)])
    half = MESSAGES // 4
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.starmap(_copy, [(url, 0, half), (url, half, MESSAGES // 2)])


def _copy(url: str, first: int, last: int) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for number in range(first, last):
            for row in rows_of(number):
                copy.write_row(row)


def _index(url: str) -> list[tuple[str, str]]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute(_INDEX)
        connection.execute("VACUUM ANALYZE exchange_message")
        rows = connection.execute(_SIZES).fetchall()
    return [(name, f"{size / 2**20:,.0f} MB") for name, size in rows]


_INDEX = """
CREATE INDEX exchange_message_words ON exchange_message USING gin (words) WITH (gin_pending_list_limit = 8192)
"""
_SIZES = """
SELECT CASE WHEN c.relkind = 'r' THEN 'rows' WHEN a.amname = 'gin' THEN 'index of words' ELSE 'index of times' END,
    sum(pg_relation_size(c.oid))::bigint
FROM pg_class c LEFT JOIN pg_am a ON a.oid = c.relam
WHERE c.relname LIKE 'exchange_message_20%' AND c.relkind IN ('r', 'i') GROUP BY 1 ORDER BY 1
"""


def _writing(url: str) -> list[tuple[str, str]]:
    """What a message costs when gateways write it, with and without indexes, in microseconds of waiting for COPY."""
    rows = [row for number in range(MESSAGES // 2, MESSAGES // 2 + _WRITTEN // 2) for row in rows_of(number)]
    shift = _FIRST + dt.timedelta(days=_DAYS - 1) - rows[0][0]
    rows = [(row[0] + shift, *row[1:]) for row in rows]
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE bare (LIKE exchange_message)")
        connection.commit()
        bare = _written(connection, rows, _COPY.replace("exchange_message", "bare"))
        indexed = _written(connection, rows, _COPY)
    return [
        ("writing a message, table without indexes (anchor)", f"{bare:.0f} µs"),
        ("writing a message, all indexes kept", f"{indexed:.0f} µs ({indexed / bare:.1f} of the anchor)"),
    ]


def _written(connection: psycopg.Connection[Any], rows: list[Row], statement: str) -> float:
    started = time.perf_counter()
    for start in range(0, len(rows), _BATCH):
        connection.execute("SET LOCAL synchronous_commit = off")
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows[start : start + _BATCH]:
                copy.write_row(row)
        connection.commit()
    return (time.perf_counter() - started) / len(rows) * 1_000_000


def _questions() -> Iterator[tuple[str, Callable[[Row, Row], dict[str, str]]]]:
    """What people ask for, of a withdrawal and its leg that are there."""
    field = {"stan": "11", "rrn": "37", "terminal": "41"}
    for name, number in field.items():
        yield f"{name}:…", lambda row, _leg, n=name, f=number: {"text": f"{n}:{json.loads(row[12])[f]}"}  # type: ignore[misc]
    yield "last four of a card", lambda row, _leg: {"text": json.loads(row[12])["2"][-4:]}
    yield "account", lambda _row, leg: {"text": json.loads(leg[12])["account"]}
    yield "reference", lambda _row, leg: {"text": json.loads(leg[13])["reference"]}
    yield "request id", lambda row, _leg: {"text": str(row[2])}
    yield "amount, which one in eight has", lambda _row, leg: {"text": f"amount:{json.loads(leg[12])['amount']}"}
    yield (
        "terminal and amount",
        lambda row, leg: {"text": f"{json.loads(row[12])['41']} {json.loads(leg[12])['amount']}"},
    )
    yield "terminal, declined only", lambda row, _leg: {"text": json.loads(row[12])["41"], "outcome": "declined"}
    yield "channel and outcome, no word", lambda _row, _leg: {"channel": "atm", "outcome": "declined"}
    yield "an unfinished word", lambda row, _leg: {"text": json.loads(row[12])["41"][:6]}
    yield "a word that is nowhere", lambda row, _leg: {"text": f"{row[2].hex[:9]}zz"}


def ask(url: str) -> None:
    """In a process with Django in it: the times of each kind of question, and of the anchor, as JSON."""
    import django

    django.setup()
    from guanxi.exchange.messages import Wanted, search

    chance, times = random.Random(11), dict[str, list[float]]()
    for kind, make in _questions():
        for number in range(-5, _QUESTIONS):  # the first ones do not count
            question = make(*rows_of(chance.randrange(MESSAGES // 2)))
            started = time.perf_counter()
            found = search(Wanted(**question))
            if number >= 0:
                times.setdefault(kind, []).append((time.perf_counter() - started) * 1000)
            assert found or "nowhere" in kind or "declined only" in kind, question
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(_QUESTIONS):
            words = [_word(json.loads(rows_of(chance.randrange(MESSAGES // 2))[0][12])["37"])]
            started = time.perf_counter()
            connection.execute("SELECT * FROM exchange_message WHERE words @> %s", [words]).fetchall()
            times.setdefault("one word in bare SQL (anchor)", []).append((time.perf_counter() - started) * 1000)
    print(json.dumps(times))


if __name__ == "__main__":
    ask(sys.argv[1])
