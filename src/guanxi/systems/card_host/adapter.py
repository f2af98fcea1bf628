"""The card host as a business system: perform, enquire, undo (see `services.ports.BusinessSystem`).

ISO 8583:1987 has no enquiry: to learn what became of a request is to send its repeat (0201), which the host answers as
it answered the original, or carries out now if it never saw it. A reversal is an advice (0420, then 0421): it is sent
until the host acknowledges it.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Callable

import msgspec

from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.message import Message, repeat_type
from guanxi.kernel.vocabulary import Reason
from guanxi.services.ports import BookedOperation
from guanxi.services.request import Leg, LegReply, Wire
from guanxi.systems.book import find_in_book, read_book
from guanxi.systems.card_host import messages
from guanxi.systems.card_host.connection import HostConnection, Timing
from guanxi.systems.card_host.errors import HostSilent, HostUnreachable


class CardHost:
    """The credit-card host. Open it before use; close it at the end."""

    def __init__(
        self, host: str, port: int, key: bytes, timing: Timing | None = None, *, book: str | None = None
    ) -> None:
        self._book = book  # where the host's operations of a day can be read, for reconciliation
        self._connection = HostConnection(host, port, MacKey(key), timing or Timing())
        self._keeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to connect; legs are refused as unavailable until the host has accepted our sign-on."""
        self._keeper = asyncio.create_task(self._connection.keep())

    async def close(self) -> None:
        """Hang up."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper

    @property
    def is_ready(self) -> bool:
        """Whether the host has accepted our sign-on."""
        return self._connection.signed_on.is_set()

    async def ping(self) -> bool:
        """Whether the host has accepted our sign-on, and answers our echoes."""
        return self.is_ready

    async def ready(self) -> None:
        """Wait until the host has accepted our sign-on."""
        await self._connection.signed_on.wait()

    async def perform(self, leg: Leg) -> LegReply:
        """Carry out `leg` at the host."""
        if leg.operation not in messages.OPERATIONS:
            return LegReply("failed", Reason.NOT_PERMITTED)
        if not self.is_ready:
            return LegReply("failed", Reason.SYSTEM_UNAVAILABLE)
        return await self._told(messages.request(leg), messages.reply_to_request)

    async def enquire(self, leg: Leg) -> LegReply:
        """What became of `leg`."""
        return await self._told(_repeat(messages.request(leg)), messages.reply_to_request)

    async def undo(self, leg: Leg) -> LegReply:
        """Reverse `leg`, whether or not the host ever saw it."""
        advice = messages.reversal(leg)
        reply = await self._told(advice, messages.reply_to_reversal)
        return reply if reply.state == "reversed" else await self._told(_repeat(advice), messages.reply_to_reversal)

    def name_of(self, leg_id: uuid.UUID) -> str:
        """What the host calls the operation of a leg."""
        return str(messages.name_at_host(leg_id))

    async def booked(self, day: dt.date) -> AsyncIterator[BookedOperation]:
        """The host's operations of `day`."""
        if self._book is None:
            raise ConnectionError("The card host's book cannot be read: no address is configured.")
        async for operation in read_book(self._book, day):
            yield operation

    async def find_booked(self, name: str) -> BookedOperation | None:
        """One operation, whenever it was."""
        if self._book is None:
            raise ConnectionError("The card host's book cannot be read: no address is configured.")
        return await find_in_book(self._book, name)

    async def _told(self, message: Message, read: Callable[[Message], LegReply]) -> LegReply:
        """What the host says to `message`; unknown when it says nothing."""
        try:
            answer = await self._connection.ask(message)
        except HostUnreachable:
            return LegReply("unknown", Reason.SYSTEM_UNAVAILABLE, wire=_wire(message))
        except HostSilent:
            return LegReply("unknown", Reason.SYSTEM_TIMEOUT, wire=_wire(message))
        return msgspec.structs.replace(read(answer), wire=_wire(message, answer))


def _wire(message: Message, answer: Message | None = None) -> Wire:
    """Both as their fields, the type as field 0."""
    answered = {0: answer.mti, **answer.fields} if answer else None
    return Wire("iso8583", {0: message.mti, **message.fields}, answered)


def _repeat(message: Message) -> Message:
    return Message(repeat_type(message.mti), message.fields)
