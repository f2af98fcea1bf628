"""The connection to the card host: sign-on, echo, reconnect with growing pauses, answers matched to requests.

An answer belongs to the request with the same trace number, transmission time and terminal (fields 11, 7 and 41).
Answers whose MAC is wrong are dropped, as if they had never come.
"""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
import random
from typing import Final

from guanxi.kernel import clock
from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.errors import FramingLost, MalformedMessage
from guanxi.kernel.iso8583.framing import FrameParser, frame
from guanxi.kernel.iso8583.message import Message, decode, is_request, response_to
from guanxi.kernel.iso8583.response_codes import APPROVED
from guanxi.systems.card_host.errors import HostSilent, HostUnreachable

_SIGN_ON: Final = "001"
_ECHO: Final = "301"
_ECHOED: Final = (7, 11, 41, 70)
_OUR_TERMINAL: Final = "GUANXI00"
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """How long the connection waits for what, in seconds."""

    answer: float = 2.5  # a reversal and its repeat fit in the time the exchange gives a leg
    echo_every: float = 30.0
    first_pause: float = 0.2
    longest_pause: float = 10.0


class HostConnection:
    """Keeps one signed-on connection while `keep` runs; `ask` uses it."""

    def __init__(self, host: str, port: int, key: MacKey, timing: Timing) -> None:
        self._address = (host, port)
        self._key = key
        self._timing = timing
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: dict[tuple[str, ...], asyncio.Future[Message]] = {}
        self._trace_numbers = itertools.count(1)
        self._signed_on = asyncio.Event()

    @property
    def signed_on(self) -> asyncio.Event:
        """Set while the host has accepted our sign-on."""
        return self._signed_on

    async def keep(self) -> None:
        """Connect, sign on, listen, and do it again after each loss, until cancelled."""
        pause = self._timing.first_pause
        while True:
            was_signed_on = await self._serve()
            pause = self._timing.first_pause if was_signed_on else min(pause * 2, self._timing.longest_pause)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, guards nothing

    async def ask(self, message: Message) -> Message:
        """The host's answer to `message`; `HostUnreachable` when not sent, `HostSilent` when not answered."""
        if not self._signed_on.is_set():
            raise HostUnreachable("The card host is not connected.")
        return await self._exchange(message)

    async def _exchange(self, message: Message) -> Message:
        writer, key = self._writer, _match(message)
        if writer is None:
            raise HostUnreachable("The card host is not connected.")
        if key in self._waiting:
            return await _in_time(asyncio.shield(self._waiting[key]), self._timing.answer)
        answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            writer.write(frame(self._key.seal(message)))
            return await _in_time(answer, self._timing.answer)
        finally:
            self._waiting.pop(key, None)

    async def _serve(self) -> bool:
        """One connection, from its beginning to its end. Whether the host had accepted our sign-on."""
        try:
            reader, self._writer = await asyncio.open_connection(*self._address)
        except OSError as error:
            _log.warning("card host: %s", error)
            return False
        heart = asyncio.create_task(self._beat(self._writer))
        try:
            await self._listen(reader)
        except (OSError, FramingLost) as error:
            _log.warning("card host: connection lost: %s", error)
        finally:
            was_signed_on = self._signed_on.is_set()
            heart.cancel()
            self._hang_up()
        return was_signed_on

    def _hang_up(self) -> None:
        self._signed_on.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(HostSilent("The card host closed the connection before it answered."))

    async def _beat(self, writer: asyncio.StreamWriter) -> None:
        """Sign on, then ask for an echo now and then; hang up when the host no longer answers."""
        try:
            answer = await self._exchange(self._network_message(_SIGN_ON))
            if answer.fields.get(39) == APPROVED:
                self._signed_on.set()
                _log.info("card host: signed on")
            while self._signed_on.is_set():
                await asyncio.sleep(self._timing.echo_every)
                await self._exchange(self._network_message(_ECHO))
            _log.warning("card host: sign-on refused")
        except (HostSilent, HostUnreachable) as error:
            _log.warning("card host: %s", error)
        writer.transport.abort()

    def _network_message(self, code: str) -> Message:
        now = clock.now().strftime("%m%d%H%M%S")
        trace_number = f"{next(self._trace_numbers) % 1_000_000:06}"
        return Message("0800", {7: now, 11: trace_number, 41: _OUR_TERMINAL, 70: code})

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        parser = FrameParser()
        while data := await reader.read(1 << 16):
            for raw in parser.feed(data):
                self._take(raw)

    def _take(self, raw: bytes) -> None:
        try:
            message = decode(raw)
        except MalformedMessage as error:
            _log.warning("card host sent a malformed message: %s", error)
            return
        if not self._key.is_authentic(raw, message):
            _log.warning("card host sent a message with a wrong MAC; dropped")
            return
        if is_request(message.mti):
            self._answer(message)
            return
        answer = self._waiting.get(_match(message))
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _answer(self, request: Message) -> None:
        """The host may ask for an echo, too."""
        if self._writer is not None and request.mti == "0800":
            self._writer.write(frame(self._key.seal(response_to(request, APPROVED, _ECHOED, {}))))


async def _in_time(answer: asyncio.Future[Message], seconds: float) -> Message:
    try:
        return await asyncio.wait_for(answer, seconds)
    except TimeoutError:
        raise HostSilent(f"The card host did not answer within {seconds:g} seconds.") from None


def _match(message: Message) -> tuple[str, ...]:
    # The message class is part of it: a repeat must find its answer, a reversal must not take the original's.
    return (message.mti[:2], *(message.fields.get(number, "") for number in (7, 11, 41)))
