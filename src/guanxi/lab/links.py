"""A link between two peers that can be cut, fall silent, or treat messages badly. It stands between them as a proxy.

What it does to a message is drawn from a seed and the link's name, in the order in which messages come.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from guanxi.kernel.iso8583.errors import FramingLost
from guanxi.lab.messages_on_wire import Splitter, first_folder

Address = tuple[str, int]
_DELAYS: Final = (0.05, 7.0)  # seconds; the longest is longer than a leg may take
_DROPPED, _REPEATED, _DELAYED = 0.15, 0.15, 0.25  # shares of the messages under trouble
_LONGEST_COPY: Final = 10.0


class Link:
    """What stands between two peers. `repeats_on_stream` where a second copy may follow on the same connection."""

    def __init__(
        self,
        name: str,
        target: Address,
        splitter: Callable[[], Splitter],
        *,
        seed: int,
        repeats_on_stream: bool = False,
    ) -> None:
        self.name, self.target, self.splitter = name, target, splitter
        self.done: Counter[str] = Counter()  # what was done to how many messages
        self._repeats_on_stream = repeats_on_stream
        self._drawn = random.Random(f"{seed}/link/{name}")  # noqa: S311 - invented, repeatable
        self._open = asyncio.Event()
        self._open.set()
        self._is_cut = self._in_trouble = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._copies: set[asyncio.Task[None]] = set()

    async def cut(self, seconds: float) -> None:
        """Reset every connection, and each new one for a while."""
        self._is_cut = True
        for writer in list(self._writers):
            writer.transport.abort()
            self.done["connections cut"] += 1
        await asyncio.sleep(seconds)
        self._is_cut = False

    async def fall_silent(self, seconds: float) -> None:
        """Nothing gets through for a while; then all of it does."""
        self._open.clear()
        await asyncio.sleep(seconds)
        self._open.set()

    async def make_trouble(self, seconds: float) -> None:
        """Delay, drop and repeat messages for a while."""
        self._in_trouble = True
        await asyncio.sleep(seconds)
        self._in_trouble = False

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes = b"") -> None:
        """Carry one connection's messages both ways until either side ends it. `first` has been read already."""
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._writers |= both
        ways = [
            asyncio.create_task(self._carry(reader, far_writer, first, is_request=True)),
            asyncio.create_task(self._carry(far_reader, writer, b"", is_request=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._writers -= both
            for each in both:
                each.close()

    async def close(self) -> None:
        """End every connection."""
        for writer in list(self._writers):
            writer.transport.abort()
        for copy in list(self._copies):
            copy.cancel()
        await asyncio.gather(*self._copies, return_exceptions=True)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes, *, is_request: bool
    ) -> None:
        splitter = self.splitter()
        data = first
        with contextlib.suppress(OSError, FramingLost):
            while data or (data := await reader.read(65536)):
                for message in splitter.feed(data):
                    await self._open.wait()
                    await self._pass_on(message, writer, is_request=is_request)
                await writer.drain()
                data = b""

    async def _pass_on(self, message: bytes, writer: asyncio.StreamWriter, *, is_request: bool) -> None:
        fate = self._drawn.random() if self._in_trouble else 1.0
        if fate < _DROPPED:
            self.done["messages dropped"] += 1
            return
        if fate < _DROPPED + _REPEATED:
            self._repeat(message, writer, is_request=is_request)
        elif fate < _DROPPED + _REPEATED + _DELAYED:
            await self._delay(message, writer)
            return
        writer.write(message)

    def _repeat(self, message: bytes, writer: asyncio.StreamWriter, *, is_request: bool) -> None:
        """The copy comes before the message itself: on the same connection, or by a way of its own."""
        if self._repeats_on_stream:
            writer.write(message)
        elif is_request:
            self._keep(self._send_copy(message))
        else:
            return
        self.done["messages repeated"] += 1

    async def _delay(self, message: bytes, writer: asyncio.StreamWriter) -> None:
        """Where messages are independent of each other those behind overtake a late one."""
        self.done["messages delayed"] += 1
        seconds = self._drawn.uniform(*_DELAYS)
        if self._repeats_on_stream:
            self._keep(self._write_later(message, writer, seconds))
        else:
            await asyncio.sleep(seconds)
            writer.write(message)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._copies.add(task)
        task.add_done_callback(self._copies.discard)

    async def _write_later(self, message: bytes, writer: asyncio.StreamWriter, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if not writer.is_closing():
            writer.write(message)

    async def _send_copy(self, message: bytes) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_LONGEST_COPY):
                reader, writer = await asyncio.open_connection(*self.target)
                writer.write(message)
                await reader.read(65536)
                writer.close()


async def serve_link(link: Link, port: int) -> asyncio.Server:
    """Listen at `port` for those who want to reach the link's target."""
    return await asyncio.start_server(link.join, "127.0.0.1", port)


async def serve_by_folder(links: Mapping[str, Link], port: int) -> asyncio.Server:
    """One port for several HTTP peers: the first folder of a connection's first request says which link it takes."""

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(65536)
        link = links.get(first_folder(first))
        if link is None:
            writer.transport.abort()
        else:
            await link.join(reader, writer, first)

    return await asyncio.start_server(join, "127.0.0.1", port)
