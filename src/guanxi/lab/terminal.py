"""An ATM or a shop's terminal as it behaves: a long-lived connection, sign-on, echo, many messages in flight.

What a customer's machine does when the bank falls silent is what keeps money whole: a message that may have moved money
and was not answered is reversed (0400), and the reversal is repeated (0401) until the bank acknowledges it
(ISO 8583:1987, "Reversal message class"). It survives loss of the connection; only the end of the machine ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import secrets
from decimal import Decimal
from typing import Final, Self

from guanxi.kernel import clock
from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.errors import FramingLost, MalformedMessage
from guanxi.kernel.iso8583.framing import FrameParser, frame
from guanxi.kernel.iso8583.message import Message, OriginalData, decode, repeat_type
from guanxi.kernel.iso8583.pin_block import PinKey
from guanxi.kernel.iso8583.response_codes import APPROVED, ORIGINAL_UNKNOWN
from guanxi.kernel.money import CURRENCIES, Money
from guanxi.lab.errors import TerminalOffline
from guanxi.lab.wallet import Machine, Wallet
from guanxi.lab.wire import Observer, described, nobody

WITHDRAWAL: Final = "010000"
PURCHASE: Final = "000000"
BALANCE: Final = "310000"
MINI_STATEMENT: Final = "380000"
_MOVES_MONEY: Final = {WITHDRAWAL, PURCHASE}
_SETTLED: Final = {APPROVED, ORIGINAL_UNKNOWN}


@dataclasses.dataclass(frozen=True, slots=True)
class Patience:
    """How long the machine waits, in seconds."""

    sign_on: float = 5.0
    answer: float = 12.0
    reversal: float = 3.0
    reconnect: float = 0.5
    echo_every: float = 60.0


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What came back; without a `message` nothing did, and the machine is reversing what it asked."""

    asked: Message
    message: Message | None

    @property
    def code(self) -> str:
        """Field 39, or nothing."""
        return self.message.fields.get(39, "") if self.message else ""

    @property
    def approved(self) -> bool:
        """Whether the machine may pay out."""
        return self.code == APPROVED


class Terminal:
    """One machine on one connection, kept while it is open as a context."""

    def __init__(self, address: tuple[str, int], machine: Machine, patience: Patience | None = None) -> None:
        self.machine = machine
        self._address = address
        self._patience = patience or Patience()
        self._mac_key = MacKey(bytes.fromhex(machine.mac_key))
        self._pin_key = PinKey(bytes.fromhex(machine.pin_key))
        self._trace_numbers = itertools.count(secrets.randbelow(999_999))
        self._waiting: dict[tuple[str, str], tuple[asyncio.Future[Message], Observer]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._signed_on = asyncio.Event()
        self._reversals: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._keeper = asyncio.create_task(self._keep_connected())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [task for task in (self._keeper, *self._reversals) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def card_message(
        self, wallet: Wallet, code: str, *, pin: str | None = None, money: Money | None = None, place: str = ""
    ) -> Message:
        """The 0200 for what a customer asks with a card: `code` is field 3, `place` what field 43 says of the place."""
        fields = {2: wallet.pan, 3: code, 14: wallet.expires, 42: self.machine.acceptor_id.ljust(15), 49: "156"}
        if money is not None:
            fields |= {4: f"{money.minor_units:012}", 49: CURRENCIES[money.currency][0]}
        if place:
            fields[43] = place.ljust(40)
        if pin is not None:
            fields[52] = self._pin_key.seal(pin, wallet.pan).hex().upper()
        return self._message("0200", fields)

    async def ask(self, message: Message, observe: Observer = nobody) -> Answer:
        """Send `message` and wait for what comes back. `TerminalOffline` when it cannot even be sent."""
        await self._ready()
        try:
            return Answer(message, await self._send(message, self._patience.answer, observe))
        except (TimeoutError, OSError):
            if message.fields.get(3) in _MOVES_MONEY:
                task = asyncio.create_task(self._reverse(message, observe))
                self._reversals.add(task)
                task.add_done_callback(self._reversals.discard)
            return Answer(message, None)

    async def settled(self) -> None:
        """Until every reversal has been acknowledged."""
        while self._reversals:
            await asyncio.wait(self._reversals)

    async def _reverse(self, original: Message, observe: Observer) -> None:
        about = OriginalData(original.mti, original.fields[11], original.fields[7])
        kept = {number: original.fields[number] for number in (2, 3, 4, 42, 49)}
        reversal = self._message("0400", {**kept, 90: str(about)})
        while True:
            with contextlib.suppress(TimeoutError, OSError, TerminalOffline):
                await self._ready()
                answer = await self._send(reversal, self._patience.reversal, observe)
                if answer.fields.get(39) in _SETTLED:
                    return
                await asyncio.sleep(self._patience.reconnect)
            reversal = Message(repeat_type(reversal.mti), reversal.fields)

    async def _ready(self) -> None:
        try:
            await asyncio.wait_for(self._signed_on.wait(), self._patience.sign_on)
        except TimeoutError:
            raise TerminalOffline(self.machine.terminal_id) from None

    async def _send(self, message: Message, seconds: float, observe: Observer = nobody) -> Message:
        if self._writer is None:
            raise ConnectionResetError
        key = (message.mti[:2], message.fields[11])
        waiting: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[key] = waiting, observe
        raw = self._mac_key.seal(message)
        try:
            observe(described("customer", clock.now(), raw, message))
            self._writer.write(frame(raw))
            return await asyncio.wait_for(waiting, seconds)
        finally:
            self._waiting.pop(key, None)

    def _message(self, mti: str, fields: dict[int, str]) -> Message:
        trace_number = f"{next(self._trace_numbers) % 999_999 + 1:06}"
        sent_at = clock.now().strftime("%m%d%H%M%S")
        return Message(mti, {7: sent_at, 11: trace_number, 41: self.machine.terminal_id, **fields})

    async def _keep_connected(self) -> None:
        while True:
            with contextlib.suppress(OSError, TimeoutError, FramingLost):
                await self._one_connection()
            await asyncio.sleep(self._patience.reconnect)

    async def _one_connection(self) -> None:
        reader, self._writer = await asyncio.open_connection(*self._address)
        care = asyncio.create_task(self._take_care())
        listening = asyncio.create_task(self._listen(reader))
        try:
            await asyncio.wait({care, listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._signed_on.clear()
            self._writer.close()
            self._writer = None
            for waiting, _ in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionResetError())
            care.cancel()
            listening.cancel()
            await asyncio.gather(care, listening, return_exceptions=True)

    async def _take_care(self) -> None:
        """Sign on, then echo for as long as the connection lives."""
        answer = await self._send(self._message("0800", {70: "001"}), self._patience.sign_on)
        if answer.fields.get(39) != APPROVED:
            raise ConnectionResetError
        self._signed_on.set()
        while True:
            await asyncio.sleep(self._patience.echo_every)
            await self._send(self._message("0800", {70: "301"}), self._patience.sign_on)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        parser = FrameParser()
        while data := await reader.read(65536):
            for raw in parser.feed(data):
                with contextlib.suppress(MalformedMessage):
                    self._take(raw, decode(raw))
        raise ConnectionResetError

    def _take(self, raw: bytes, message: Message) -> None:
        """Hand an answer to whoever waits for it; one that is late, or whose MAC is wrong, is as none."""
        waiting, observe = self._waiting.get((message.mti[:2], message.fields.get(11, "")), (None, nobody))
        if waiting is None or waiting.done() or not self._mac_key.is_authentic(raw, message):
            return
        observe(described("bank", clock.now(), raw, message))
        waiting.set_result(message)


def yuan(amount: Decimal | int | str) -> Money:
    """An amount as the machines of the demo bank pay it out."""
    return Money(Decimal(amount), "CNY")
