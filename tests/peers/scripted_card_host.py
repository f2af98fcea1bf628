"""A card host that answers as a test tells it to, on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.framing import FrameParser, frame
from guanxi.kernel.iso8583.message import Message, decode, is_request, response_to
from guanxi.kernel.iso8583.specification import DEMO_INTERCHANGE_KEY
from guanxi.storage.embedded import free_port

Answer = Callable[[Message], Message | bytes | None]


class ScriptedHost:
    """Keeps what it received; answers by `answer`, which a test may replace."""

    def __init__(self) -> None:
        self.port = free_port()
        self.key_bytes = DEMO_INTERCHANGE_KEY
        self.key = MacKey(DEMO_INTERCHANGE_KEY)
        self.answer: Answer = self.approve
        self.received: list[Message] = []
        self.arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    @staticmethod
    def approve(request: Message) -> Message:
        """Everything is approved."""
        return response_to(request, "00", (3, 4, 7, 11, 37, 41, 70), {38: "A12345"} if request.mti[:2] == "02" else {})

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def send(self, raw: bytes) -> None:
        """Say something unasked on the latest connection."""
        self._writers[-1].write(raw)

    def send_sealed(self, message: Message) -> None:
        """Say a message unasked, with its MAC."""
        self.send(frame(self.key.seal(message)))

    def financial(self) -> list[Message]:
        return [message for message in self.received if message.mti[:2] != "08"]

    async def wait_for(self, count: int) -> list[Message]:
        """The first `count` messages that were not network management, when there are so many."""
        async with self.arrived:
            await self.arrived.wait_for(lambda: len(self.financial()) >= count)
        return self.financial()[:count]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        parser = FrameParser()
        while data := await reader.read(65536):
            for raw in parser.feed(data):
                message = decode(raw)
                assert self.key.is_authentic(raw, message)
                self.received.append(message)
                async with self.arrived:
                    self.arrived.notify_all()
                said = self.answer(message) if is_request(message.mti) else None
                if said is not None:
                    writer.write(frame(said if isinstance(said, bytes) else self.key.seal(said)))
