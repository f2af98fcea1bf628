"""(e) Ten thousand idle connections: terminals on one gateway over ISO 8583, open timelines on one office (SSE).

Every terminal signs on under its own keys and then says nothing but an echo a minute; every browser watches a timeline.
What is measured is the process that holds them: its memory (proportional set size), what it does while nobody says
anything, whether all of them are still alive at the end, and how long another terminal waits for its answer meanwhile.

`GUANXI_BENCH_CONNECTIONS` sets how many of each.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import asyncpg
import psycopg
import uvloop

from benchmarks import fresh
from benchmarks.result import Result
from benchmarks.screens import signed_in
from guanxi.access.terminals import NewTerminal, register_terminal
from guanxi.kernel.clock import now
from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.framing import FrameParser, frame
from guanxi.kernel.iso8583.message import Message, decode
from guanxi.storage import embedded
from guanxi.storage.open_files import allow_open_files

CONNECTIONS = int(os.environ.get("GUANXI_BENCH_CONNECTIONS", "10000"))
_GOAL = 1024.0  # megabytes
_IDLE_SECONDS = 20
_ECHO_SECONDS = 60
_AT_ONCE = 100
_SECRET = "for benchmarks only"
_KEY = bytes(range(16))
_MAC = MacKey(_KEY)
_PARTY = """
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at,
    updated_at)
VALUES (%s, '1', 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '', '', '', now(), now())
"""
_STAFF = """
import django; django.setup()
from guanxi.access.models import StaffMember
StaffMember.objects.create_user("agent", password="guanxi", role="agent")
"""


def measure() -> list[Result]:
    """Terminals first, then browsers."""
    most = allow_open_files() - 200
    if most < CONNECTIONS:
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        raise SystemExit(f"This benchmark needs {CONNECTIONS + 200} open files; the system allows {hard}.")
    with fresh.database() as url:
        return [_terminals(url), _browsers(url)]


def _terminals(url: str) -> Result:
    port = embedded.free_port()
    asyncio.run(_register(url))
    with fresh.gateway_process(url, GUANXI_ISO8583_PORT=str(port)) as (_, process):
        before = _megabytes(process.pid)
        figures = uvloop.run(_hold_terminals(port, process.pid))
        figures = (("memory of the gateway before", f"{before:.0f} MB"), *figures[:-1])
        held = _megabytes(process.pid)
    return _result("Idle terminals", "ISO 8583 connections on one gateway", held, figures)


async def _register(url: str) -> None:
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        for number in range(CONNECTIONS + 1):
            new = NewTerminal(f"ATM{number:05}", "GUANXI000000001", "atm", "", "CNY", _KEY, _KEY)
            await register_terminal(connection, _SECRET, new)
    await connection.close()


class Terminal(asyncio.Protocol):
    """One connection that waits for one answer at a time."""

    def __init__(self, number: int) -> None:
        self.name, self.lost = f"ATM{number:05}", False
        self._parser, self._answer = FrameParser(), asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to answer."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """An answer, or part of one."""
        for raw in self._parser.feed(data):
            if not self._answer.done():
                self._answer.set_result(decode(raw))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """The gateway has hung up."""
        self.lost = True

    async def network(self, code: str, number: int) -> float:
        """Sign on (001) or echo (301); how many milliseconds it took."""
        self._answer, started = asyncio.get_running_loop().create_future(), time.perf_counter()
        fields = {7: now().strftime("%m%d%H%M%S"), 11: f"{number:06}", 41: self.name, 70: code}
        self._transport.write(frame(_MAC.seal(Message("0800", fields))))  # type: ignore[attr-defined]
        answer = await asyncio.wait_for(self._answer, 120)
        assert answer.fields[39] == "00", answer
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


async def _hold_terminals(port: int, process_id: int) -> tuple[tuple[str, str], ...]:
    loop, turns = asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)

    async def connect(number: int) -> Terminal:
        async with turns:
            _, terminal = await loop.create_connection(lambda: Terminal(number), "127.0.0.1", port)
            await terminal.network("001", 1)
            return terminal

    started = time.perf_counter()
    held = await asyncio.gather(*(connect(number) for number in range(CONNECTIONS)))
    signed_on = time.perf_counter() - started
    idle = await _share_of_processor(process_id, asyncio.sleep(_IDLE_SECONDS))
    busy = await connect(CONNECTIONS)
    times: list[float] = []
    echoing = await _share_of_processor(process_id, _echo(held, busy, times))
    alive = sum(not terminal.lost for terminal in held)
    memory = _megabytes(process_id)
    assert alive == CONNECTIONS, f"{CONNECTIONS - alive} connections were lost"
    for terminal in (*held, busy):
        terminal.close()
    return (
        ("all signed on after", f"{signed_on:.1f} s"),
        ("memory of the gateway with all of them", f"{memory:.0f} MB"),
        (f"alive after {_IDLE_SECONDS + _ECHO_SECONDS} s and an echo each", f"{alive:,}"),
        ("processor of the gateway while nobody speaks", f"{idle:.1%}"),
        (f"processor while each echoes once in {_ECHO_SECONDS} s", f"{echoing:.1%}"),
        ("another terminal's echo meanwhile, median / p95",
         f"{statistics.median(times):.1f} / {statistics.quantiles(times, n=20)[18]:.1f} ms"),
        ("", str(memory)),
    )  # fmt: skip


async def _echo(held: list[Terminal], busy: Terminal, times: list[float]) -> None:
    """Everybody echoes once, evenly spread, while one terminal asks all the time."""
    begin = time.perf_counter()

    async def late(place: int, terminal: Terminal) -> None:
        await asyncio.sleep(place * _ECHO_SECONDS / len(held))
        await terminal.network("301", 2)

    echoes = asyncio.gather(*(late(place, terminal) for place, terminal in enumerate(held)))
    while time.perf_counter() - begin < _ECHO_SECONDS:
        times.append(await busy.network("301", len(times) + 2))
        await asyncio.sleep(0.02)
    await echoes


def _browsers(url: str) -> Result:
    party, port = uuid.UUID(int=0xA1), embedded.free_port()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_PARTY, [party])
    with tempfile.TemporaryDirectory() as home:
        own = {"GUANXI_DATABASE_URL": url, "GUANXI_HOME": home, "GUANXI_OFFICE_PORT": str(port)}
        environment = {**os.environ, **own, "DJANGO_SETTINGS_MODULE": "guanxi.office.settings"}
        subprocess.run([sys.executable, "-c", _STAFF], check=True, env=environment)
        office = subprocess.Popen(
            [sys.executable, "-m", "guanxi.cli", "office"], env=environment, start_new_session=True
        )
        try:
            fresh.await_answer(f"http://127.0.0.1:{port}/health", office)
            cookie = next(cookie for cookie in signed_in(f"http://127.0.0.1:{port}") if cookie.name == "sessionid")
            worker = max(_family(office.pid), key=_megabytes)
            before = _megabytes(worker)
            figures, held = uvloop.run(_hold_browsers(url, port, party, f"sessionid={cookie.value}", worker))
        finally:
            os.killpg(office.pid, signal.SIGTERM)
            office.wait(30)
    figures = (("memory of the office before", f"{before:.0f} MB"), *figures)
    return _result("Open timelines", "server-sent event streams on one office", held, figures)


async def _hold_browsers(
    url: str, port: int, party: uuid.UUID, cookie: str, process_id: int
) -> tuple[tuple[tuple[str, str], ...], float]:
    turns = asyncio.Semaphore(_AT_ONCE // 2)
    ask = f"GET /customers/{party}/timeline/live HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with turns:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ask)
            head = await asyncio.wait_for(reader.readuntil(b"retry: 1000"), 120)
            assert b" 200 " in head, head
            return reader, writer

    started = time.perf_counter()
    held = await asyncio.gather(*(connect() for _ in range(CONNECTIONS)))
    opened = time.perf_counter() - started
    idle = await _share_of_processor(process_id, asyncio.sleep(_IDLE_SECONDS))
    alive = sum(not reader.at_eof() for reader, _ in held)
    memory = _megabytes(process_id)
    assert alive == CONNECTIONS, f"{CONNECTIONS - alive} streams were lost"
    first, last = await _told(url, party, held)
    for _, writer in held:
        writer.close()
    return (
        ("all open after", f"{opened:.1f} s"),
        ("memory of the office with all of them", f"{memory:.0f} MB"),
        (f"alive after {_IDLE_SECONDS} s", f"{alive:,}"),
        ("processor of the office while nothing happens", f"{idle:.1%}"),
        ("an entry on the timeline all of them watch: first / last browser told", f"{first:.1f} / {last:.1f} s"),
    ), memory


async def _told(
    url: str, party: uuid.UUID, held: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
) -> tuple[float, float]:
    """One entry for everybody who watches: the worst that can happen to an office."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO interactions_interaction (id, occurred_at, party_id, channel, kind, service, outcome)"
        " VALUES (uuidv7(), now(), $1, 'atm', 'inquiry', 'balance', 'completed')",
        party,
    )
    await connection.execute("SELECT pg_notify('interactions', $1)", f'["{party}"]')
    await connection.close()
    started = time.perf_counter()

    async def hears(reader: asyncio.StreamReader) -> float:
        await asyncio.wait_for(reader.readuntil(b"event: entries"), 300)
        return time.perf_counter() - started

    times = await asyncio.gather(*(hears(reader) for reader, _ in held))
    return min(times), max(times)


async def _share_of_processor(process_id: int, work: object) -> float:
    """The share of one processor that the process took while `work` went on."""
    before, started = _processor_seconds(process_id), time.perf_counter()
    await work  # type: ignore[misc]
    return (_processor_seconds(process_id) - before) / (time.perf_counter() - started)


def _processor_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _megabytes(process_id: int) -> float:
    """The proportional set size: memory of its own, and its share of what it shares."""
    told = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process_id}/smaps_rollup").read_text(), re.MULTILINE)
    return int(told[1]) / 1024 if told else 0.0


def _family(process_id: int) -> list[int]:
    """The process and its children."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    return [process_id, *map(int, children)]


def _result(name: str, what: str, held: float, figures: tuple[tuple[str, str], ...]) -> Result:
    return Result(
        name=name,
        question=f"What do {CONNECTIONS:,} idle {what} cost?",
        figures=figures,
        verdict=f"{held:.0f} MB",
        goal=f"<= {_GOAL:.0f} MB",
        met=held <= _GOAL,
    )
