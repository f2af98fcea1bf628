"""A terminal as a test drives it: real sockets, real MACs, real PIN blocks."""

from __future__ import annotations

import asyncio
import itertools
from typing import Self

from guanxi.kernel.clock import now
from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.framing import FrameParser, frame
from guanxi.kernel.iso8583.message import Message, OriginalData, decode
from guanxi.kernel.iso8583.pin_block import PinKey

MAC_KEY, PIN_KEY = bytes(range(16)), bytes(range(16, 32))
_trace_numbers = itertools.count(1)


class TerminalClient:
    """One terminal on one connection. Answers are matched by trace number and message class."""

    def __init__(self, port: int, terminal_id: str) -> None:
        self.port, self.terminal_id = port, terminal_id
        self.mac_key, self.pin_key = MacKey(MAC_KEY), PinKey(PIN_KEY)
        self._parser = FrameParser()
        self._answers: list[tuple[bytes, Message]] = []

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    def message(self, mti: str, fields: dict[int, str]) -> Message:
        """A message of this terminal with a new trace number and the present time."""
        trace_number = f"{next(_trace_numbers):06}"
        return Message(mti, {7: now().strftime("%m%d%H%M%S"), 11: trace_number, 41: self.terminal_id, **fields})

    def card_message(self, code: str, card: str, pin: str | None, amount: str | None = None, **more: str) -> Message:
        """A 0200 with a card; `amount` in minor units of yuan."""
        fields = {2: card, 3: code, 49: "156", 42: "GUANXI000000001"}
        if pin is not None:
            fields[52] = self.pin_key.seal(pin, card).hex().upper()
        if amount is not None:
            fields[4] = amount.zfill(12)
        return self.message("0200", {**fields, **{int(name.strip("f")): value for name, value in more.items()}})

    def reversal_of(self, original: Message, mti: str = "0420") -> Message:
        """The advice that `original` is to be undone."""
        data = OriginalData(original.mti[:3] + "0", original.fields[11], original.fields[7])
        kept = {number: original.fields[number] for number in (2, 3, 4, 49) if number in original.fields}
        return self.message(mti, {**kept, 90: str(data)})

    def send(self, message: Message) -> None:
        self.writer.write(frame(self.mac_key.seal(message)))

    async def ask(self, message: Message) -> Message:
        """The answer to `message`, whose MAC is checked."""
        self.send(message)
        return await self.answer_to(message)

    async def answer_to(self, message: Message) -> Message:
        """The answer to a message sent before, in whatever order answers come."""
        while True:
            for raw, answer in self._answers:
                if answer.mti[:2] == message.mti[:2] and answer.fields.get(11) == message.fields[11]:
                    assert self.mac_key.is_authentic(raw, answer)
                    self._answers.remove((raw, answer))
                    return answer
            await self._read()

    def was_approved(self, message: Message) -> bool:
        """Whether an approval of `message` has arrived and not been asked for."""
        return any(
            answer.fields.get(11) == message.fields[11] and answer.fields[39] == "00" for _, answer in self._answers
        )

    async def next_answer(self) -> Message:
        """Whatever comes next, MAC or not."""
        while not self._answers:
            await self._read()
        return self._answers.pop(0)[1]

    async def sign_on(self) -> None:
        """Be known on this connection."""
        assert (await self.ask(self.message("0800", {70: "001"}))).fields[39] == "00"

    async def _read(self) -> None:
        data = await asyncio.wait_for(self.reader.read(65536), 45)
        assert data, "the gateway hung up"
        self._answers += [(raw, decode(raw)) for raw in self._parser.feed(data)]
