"""Connections: many messages in flight, answers as they complete, and what ends a connection or does not."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import AsyncIterator

import pytest

from guanxi.gateway.iso8583_server import Answer, Iso8583Server, Limits, Session
from guanxi.kernel.iso8583.framing import LARGEST, FrameParser, frame
from guanxi.storage.embedded import free_port


class Counted:
    """Counts refusals by kind."""

    def __init__(self) -> None:
        self.kinds: collections.Counter[str] = collections.Counter()

    def refused(self, _channel: str, kind: str) -> None:
        self.kinds[kind] += 1


def message(text: str) -> bytes:
    return b"0200" + bytes(8) + text.encode()


async def echo(raw: bytes, session: Session) -> bytes:
    session.terminals.add("ATM00001")
    return raw


@contextlib.asynccontextmanager
async def serving(answer: Answer, limits: Limits | None = None) -> AsyncIterator[tuple[Iso8583Server, int, Counted]]:
    counted, port = Counted(), free_port()
    server = Iso8583Server(answer, counted, limits)
    await server.start("127.0.0.1", port)
    try:
        yield server, port, counted
    finally:
        await server.stop(drain_seconds=0.1)


async def receive(reader: asyncio.StreamReader, count: int) -> list[bytes]:
    parser, received = FrameParser(), []
    while len(received) < count:
        data = await asyncio.wait_for(reader.read(65536), 10)
        assert data, "the connection was closed"
        received += parser.feed(data)
    return received


async def closed(reader: asyncio.StreamReader) -> bool:
    """Whether the server hangs up."""
    with contextlib.suppress(ConnectionResetError):
        while await asyncio.wait_for(reader.read(65536), 10):
            pass
    return True


async def test_answers_come_as_they_are_ready() -> None:
    gates = {text: asyncio.Event() for text in "abc"}

    async def when_told(raw: bytes, _session: Session) -> bytes:
        await gates[raw[-1:].decode()].wait()
        return raw

    async with serving(when_told) as (_, port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"".join(frame(message(text)) for text in "abc"))
        for text in "cab":
            gates[text].set()
            assert await receive(reader, 1) == [message(text)]
        writer.close()


async def test_no_more_than_allowed_are_worked_on_and_all_are_answered() -> None:
    working = most = 0

    async def count(raw: bytes, _session: Session) -> bytes:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await asyncio.sleep(0)
        working -= 1
        return raw

    async with serving(count, Limits(in_flight=4)) as (_, port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sent = [message(f"{number:04}") for number in range(500)]
        writer.write(b"".join(map(frame, sent)))
        assert sorted(await receive(reader, 500)) == sent
        assert most == 4
        writer.close()


@pytest.mark.parametrize("garbage", [b"\xff" * 50, b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00", b"\x00\x05hello"])
async def test_garbage_between_messages_is_counted_and_costs_nothing_else(garbage: bytes) -> None:
    async with serving(echo) as (_, port, counted):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frame(message("before")) + garbage + frame(message("behind")))
        assert sorted(await receive(reader, 2)) == [message("before"), message("behind")]
        assert counted.kinds["garbage"] == 1
        writer.close()


async def test_a_stream_of_nothing_but_garbage_is_hung_up_on_and_the_next_connection_served() -> None:
    async with serving(echo) as (_, port, counted):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x" * 3 * LARGEST)
        assert await closed(reader)
        assert counted.kinds["framing_lost"] == 1
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frame(message("next")))
        assert await receive(reader, 1) == [message("next")]
        writer.close()


async def test_an_answer_that_fails_costs_its_own_message_only() -> None:
    async def fail_once(raw: bytes, _session: Session) -> bytes:
        if raw.endswith(b"bad"):
            raise RuntimeError("bad")
        return raw

    async with serving(fail_once) as (_, port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frame(message("bad")) + frame(message("good")))
        assert await receive(reader, 1) == [message("good")]
        writer.close()


@pytest.mark.parametrize(
    ("limits", "say", "kind"),
    [
        (Limits(unfinished=0.0), frame(message("whole")) + frame(message("cut"))[:-1], "message_not_finished"),
        (Limits(sign_on=0.0), b"", "nobody_signed_on"),
        (Limits(idle=0.0), frame(message("once")), "idle"),
    ],
)
async def test_what_is_overdue_is_hung_up_on(limits: Limits, say: bytes, kind: str) -> None:
    async with serving(echo, limits) as (_, port, counted):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(say)
        assert await closed(reader)
        assert counted.kinds == {kind: 1}
        writer.close()


async def test_a_peer_that_reads_no_answers_is_not_worked_for_and_then_hung_up_on() -> None:
    asked = 0

    async def much(raw: bytes, session: Session) -> bytes:
        nonlocal asked
        asked += 1
        session.terminals.add("ATM00001")
        return raw + bytes(LARGEST - len(raw))

    async with serving(much, Limits(unread=0.0)) as (server, port, counted):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(frame(message("")) * 100_000)
        while server.connections or not asked:  # noqa: ASYNC110 - the peer has no other way to see it
            await asyncio.sleep(0.01)
        assert counted.kinds == {"answers_not_read": 1}
        assert asked < 100_000
        writer.close()


async def test_one_connection_too_many_is_sent_away() -> None:
    async with serving(echo, Limits(connections=1)) as (_, port, counted):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frame(message("first")))
        await receive(reader, 1)
        second, second_writer = await asyncio.open_connection("127.0.0.1", port)
        assert await closed(second)
        assert counted.kinds == {"too_many_connections": 1}
        writer.write(frame(message("again")))
        assert await receive(reader, 1) == [message("again")]
        writer.close()
        second_writer.close()


async def test_stopping_finishes_what_is_in_flight() -> None:
    began, go = asyncio.Event(), asyncio.Event()

    async def slow(raw: bytes, _session: Session) -> bytes:
        began.set()
        await go.wait()
        return raw

    async with serving(slow) as (server, port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(frame(message("slow")))
        await began.wait()
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        go.set()
        assert await receive(reader, 1) == [message("slow")]
        await stopping
        assert await closed(reader)
        writer.close()
