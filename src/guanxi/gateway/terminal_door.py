"""From an ISO 8583 message to its answer: whose terminal is it, is it authentic, what does it ask, ask it, render it.

Every message is answered that can be: what cannot be read by 30, an unknown or signed-off terminal by 58, a wrong MAC
by 63, what is not offered by 12 or 40, what breaks here by 96. Nothing is written before the MAC has been found right.
Only the repeat of a message that is worked on for very long is not answered: the first one's answer is its own.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
import uuid
from collections.abc import Mapping
from typing import Final

from guanxi.access.errors import AccessError, TerminalUnknown
from guanxi.access.terminals import Terminal, Terminals
from guanxi.exchange.errors import ExchangeError
from guanxi.exchange.message_rows import Heard
from guanxi.exchange.recorder import Recorder
from guanxi.gateway.card_desk import CardDesk, Told
from guanxi.gateway.errors import MessageRefused
from guanxi.gateway.iso8583_server import DOOR, Session
from guanxi.gateway.metrics import Metrics
from guanxi.gateway.terminal_channel import TerminalChannel
from guanxi.kernel.clock import now
from guanxi.kernel.iso8583 import response_codes as codes
from guanxi.kernel.iso8583.errors import MalformedMessage
from guanxi.kernel.iso8583.message import Message, decode, encode, is_request, response_to
from guanxi.kernel.vocabulary import Channel

_ECHOED: Final = (2, 3, 4, 7, 11, 12, 13, 18, 32, 37, 41, 42, 49, 70, 90, 102, 103)
_SIGN_ON: Final = "001"
_SIGN_OFF: Final = "002"
_ECHO: Final = "301"
_LOOKS: Final = frozenset({"31", "38"})  # processing codes of inquiries
# What a response code says of the outcome; every other one is a refusal for a business reason.
_OUTCOMES: Final = {
    codes.APPROVED: "completed",
    codes.IN_PROGRESS: "pending",
    codes.ANSWERED_TOO_LATE: "in_doubt",
    codes.UNAVAILABLE: "failed",
    codes.MALFUNCTION: "failed",
}
_log = logging.getLogger(__name__)


class TerminalDoor:
    """Answers the messages of all terminals of one gateway process."""

    def __init__(
        self,
        terminals: Terminals,
        desk: CardDesk,
        channels: Mapping[Channel, TerminalChannel],
        metrics: Metrics,
        recorder: Recorder,
    ) -> None:
        self._terminals = terminals
        self._desk = desk
        self._channels = channels
        self._metrics = metrics
        self._recorder = recorder

    async def answer(self, raw: bytes, session: Session) -> bytes | None:
        """The answer to the message `raw`, or `None` when none is due or none can be made."""
        started = time.perf_counter()
        try:
            message = decode(raw)
        except MalformedMessage as error:
            return await self._answer_malformed(error.partial)
        if not is_request(message.mti):
            self._metrics.refused(DOOR, "unexpected_answer")
            return None
        terminal = await self._terminal(message)
        if terminal is None:
            return encode(_response(message, codes.TERMINAL_NOT_PERMITTED))
        service, told = await self._reply(raw, message, terminal, session)
        if told is None:
            return None
        reply, seconds = _response(message, told.code, told.fields), time.perf_counter() - started
        self._metrics.answered(terminal.channel.value, service, told.code, seconds)
        if message.fields.get(70) != _ECHO:
            self._recorder.heard(_heard(message, reply, terminal, service, told.request_id, seconds))
        return terminal.mac_key.seal(reply)

    async def _reply(
        self, raw: bytes, message: Message, terminal: Terminal, session: Session
    ) -> tuple[str, Told | None]:
        """What the metrics call the service that answers, and its answer, if one may be given."""
        try:
            _admit(raw, message, terminal, session)
            return await self._serve(message, terminal, session)
        except MessageRefused as refusal:
            self._metrics.refused(terminal.channel.value, refusal.kind)
            return "refused", Told(refusal.response_code, {})
        except ExchangeError as error:
            _log.warning("A message of terminal %s has to come again: %s", terminal.terminal_id, error)
            self._metrics.refused(terminal.channel.value, "unavailable")
            return "refused", Told(codes.UNAVAILABLE, {})
        except Exception:  # noqa: BLE001 - the terminal is answered whatever happens behind the door
            _log.exception("A message of terminal %s could not be served", terminal.terminal_id)
            self._metrics.refused(terminal.channel.value, "malfunction")
            return "refused", Told(codes.MALFUNCTION, {})

    async def _serve(self, message: Message, terminal: Terminal, session: Session) -> tuple[str, Told | None]:
        """The service and what it answers."""
        if message.mti[:2] == "08":
            return "network", Told(_network(message, terminal, session), {})
        if message.mti[:2] == "04":
            return "reversal", await self._desk.reverse(message, terminal)
        if message.mti not in {"0100", "0101", "0200", "0201"}:
            raise MessageRefused("unknown_type", codes.INVALID_TRANSACTION)
        if 3 not in message.fields:
            raise MessageRefused("missing_processing_code", codes.FORMAT_ERROR)
        transaction = self._channels[terminal.channel].transactions.get(message.fields[3][:2])
        if transaction is None or (transaction.moves_money and message.mti[1] == "1"):
            raise MessageRefused("not_offered", codes.NOT_SUPPORTED)
        channel = self._channels[terminal.channel]
        return transaction.service, await self._desk.serve(message, terminal, transaction, channel)

    async def _terminal(self, message: Message) -> Terminal | None:
        """The terminal that speaks, counted when there is none to speak."""
        try:
            return await self._terminals.find(message.fields.get(41, ""))
        except TerminalUnknown:
            self._metrics.refused(DOOR, "unknown_terminal")
        except (AccessError, OSError):
            _log.exception("The keys of terminal %r cannot be had", message.fields.get(41))
            self._metrics.refused(DOOR, "malfunction")
        return None

    async def _answer_malformed(self, partial: Message | None) -> bytes | None:
        self._metrics.refused(DOOR, "malformed")
        if partial is None or not is_request(partial.mti):
            return None
        reply = _response(partial, codes.FORMAT_ERROR)
        terminal = await self._terminal(partial) if 41 in partial.fields else None
        return terminal.mac_key.seal(reply) if terminal else encode(reply)


def _admit(raw: bytes, message: Message, terminal: Terminal, session: Session) -> None:
    """Only authentic messages, and all but network management only from a terminal that signed on here."""
    if not terminal.mac_key.is_authentic(raw, message):
        raise MessageRefused("wrong_mac", codes.SECURITY_VIOLATION)
    if message.mti[:2] != "08" and terminal.terminal_id not in session.terminals:
        raise MessageRefused("not_signed_on", codes.TERMINAL_NOT_PERMITTED)


def _network(message: Message, terminal: Terminal, session: Session) -> str:
    """The response code to a sign-on, sign-off or echo (field 70)."""
    code = message.fields.get(70, "")
    if code == _SIGN_ON:
        session.terminals.add(terminal.terminal_id)
    elif code == _SIGN_OFF:
        session.terminals.discard(terminal.terminal_id)
    elif code != _ECHO:
        raise MessageRefused("not_offered", codes.NOT_SUPPORTED)
    return codes.APPROVED


def _heard(
    message: Message, reply: Message, terminal: Terminal, service: str, request_id: uuid.UUID | None, seconds: float
) -> Heard:
    return Heard(
        at=now() - dt.timedelta(seconds=seconds),
        milliseconds=seconds * 1000,
        direction="in",
        format="iso8583",
        channel=terminal.channel.value,
        service=service,
        name=service,
        outcome="refused" if service == "refused" else _OUTCOMES.get(reply.fields[39], "declined"),
        request_id=request_id,
        looks_only=message.fields.get(3, "")[:2] in _LOOKS,
        said={0: message.mti, **message.fields},
        answered={0: reply.mti, **reply.fields},
    )


def _response(message: Message, code: str, extra: Mapping[int, str] | None = None) -> Message:
    return response_to(message, code, _ECHOED, extra or {})
