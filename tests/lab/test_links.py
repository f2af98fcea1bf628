"""Messages are found in a stream however it is cut up; a link cuts, silences, drops and repeats them whole."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.kernel.iso8583.framing import frame
from guanxi.lab import links
from guanxi.lab.links import Link, serve_by_folder, serve_link
from guanxi.lab.messages_on_wire import CardMessages, HttpMessages, Splitter, first_folder
from guanxi.storage.embedded import free_port

REQUESTS = [
    b"GET /savings/accounts/1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b'POST /savings/operations HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n{"a": "\r\n"}',
    b"HTTP/1.1 204 No Content\r\n\r\n",
]
CARD = [frame(b"0200" + bytes(20)), frame(b"0210" + bytes(30))]


@pytest.mark.parametrize(("splitter", "messages"), [(HttpMessages, REQUESTS), (CardMessages, CARD)])
@given(st.lists(st.integers(0, 200), max_size=8))
def test_messages_are_whole_however_the_stream_is_cut(
    splitter: Callable[[], Splitter], messages: list[bytes], places: list[int]
) -> None:
    stream, fresh = b"".join(messages), splitter()
    cuts = sorted({0, len(stream), *(place for place in places if place < len(stream))})
    pieces = [stream[begin:end] for begin, end in itertools.pairwise(cuts)]
    assert [message for piece in pieces for message in fresh.feed(piece)] == messages


def test_a_request_tells_which_system_it_is_for() -> None:
    assert first_folder(REQUESTS[0]) == "savings"
    assert first_folder(b"nonsense") == ""


class Echo:
    """A peer that sends back what it gets, and counts."""

    def __init__(self) -> None:
        self.got = b""
        self.port = free_port()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                self.got += data
                writer.write(data)
        writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    """A peer."""
    peer = Echo()
    async with await asyncio.start_server(peer, "127.0.0.1", peer.port):
        yield peer


@contextlib.asynccontextmanager
async def served(link: Link) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection through `link`."""
    port = free_port()
    async with await serve_link(link, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield reader, writer
        writer.close()
        await link.close()


async def test_a_link_carries_both_ways(echo: Echo) -> None:
    link = Link("l", ("127.0.0.1", echo.port), CardMessages, seed=1)
    async with served(link) as (reader, writer):
        writer.write(CARD[0])
        assert await reader.readexactly(len(CARD[0])) == CARD[0]


async def test_a_cut_resets_connections_and_refuses_new_ones_until_it_heals(echo: Echo) -> None:
    link = Link("l", ("127.0.0.1", echo.port), CardMessages, seed=1)
    async with served(link) as (reader, writer):
        writer.write(CARD[0])
        await reader.readexactly(len(CARD[0]))
        cut = asyncio.create_task(link.cut(0.2))
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        await cut
    async with served(link) as (reader, writer):
        writer.write(CARD[0])
        assert await reader.readexactly(len(CARD[0])) == CARD[0]


async def test_silence_keeps_messages_back_and_lets_them_go(echo: Echo) -> None:
    link = Link("l", ("127.0.0.1", echo.port), CardMessages, seed=1)
    async with served(link) as (reader, writer):
        silence = asyncio.create_task(link.fall_silent(0.3))
        await asyncio.sleep(0)
        writer.write(CARD[0])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.readexactly(1), 0.1)
        assert echo.got == b""
        await silence
        assert await reader.readexactly(len(CARD[0])) == CARD[0]


async def test_trouble_drops_repeats_and_delays_whole_messages(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_DELAYS", (0.0, 0.05))
    link = Link("l", ("127.0.0.1", echo.port), CardMessages, seed=5, repeats_on_stream=True)
    async with served(link) as (reader, writer):
        trouble = asyncio.create_task(link.make_trouble(0.6))
        await asyncio.sleep(0)
        for _ in range(100):
            writer.write(CARD[0])
        await trouble
        received = await reader.read(1 << 20)
    assert len(echo.got) % len(CARD[0]) == 0
    assert len(received) % len(CARD[0]) == 0
    assert set(link.done) == {"messages dropped", "messages repeated", "messages delayed"}


async def test_one_port_leads_to_several_systems_by_what_is_asked(echo: Echo) -> None:
    port = free_port()
    link = Link("savings", ("127.0.0.1", echo.port), HttpMessages, seed=1)
    async with await serve_by_folder({"savings": link}, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUESTS[0])
        assert await reader.readexactly(len(REQUESTS[0])) == REQUESTS[0]
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUESTS[0].replace(b"savings", b"nowhere"))
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        await link.close()
