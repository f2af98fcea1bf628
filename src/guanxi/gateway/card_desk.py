"""Card transactions: the card, its PIN, the service, and what the terminal is told.

The PIN is looked at before the exchange is asked. What is refused for the card or its PIN is put into the journal and
on the timeline under the message's own key all the same: its repeat gets the same answer and counts no PIN twice.
"""

from __future__ import annotations

import asyncio
import functools
import time
import uuid
from collections.abc import Mapping
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from guanxi.access.cards import is_card_number, number_hash
from guanxi.access.pin import pin_verification_key
from guanxi.access.terminals import Terminal
from guanxi.exchange.batching import Batcher
from guanxi.exchange.process import Exchange
from guanxi.gateway.errors import MessageRefused
from guanxi.gateway.terminal_channel import TerminalChannel, Transaction, card_number, idempotency_key
from guanxi.kernel.clock import now
from guanxi.kernel.identity import uuid7
from guanxi.kernel.iso8583 import response_codes as codes
from guanxi.kernel.iso8583.errors import PinBlockUnreadable
from guanxi.kernel.iso8583.message import Message, parse_original_data
from guanxi.kernel.vocabulary import Outcome, Reason
from guanxi.parties.cards import CardTurns, PresentedCard, count_pin_failure, find_cards, forget_pin_failures
from guanxi.services.request import Actor, ServiceReply, ServiceRequest
from guanxi.services.service import Entry

_LONGEST_WAIT: Final = 20.0  # seconds: longer than the legs of a card transaction may take
_LOOK_AGAIN: Final = 0.2
_WITHOUT_REASON: Final = {
    Outcome.COMPLETED: codes.APPROVED,
    Outcome.PENDING: codes.IN_PROGRESS,
    Outcome.IN_DOUBT: codes.ANSWERED_TOO_LATE,
    Outcome.REVERSED: codes.ANSWERED_TOO_LATE,
    Outcome.DECLINED: codes.DO_NOT_HONOUR,
    Outcome.FAILED: codes.MALFUNCTION,
}


class Told(NamedTuple):
    """The response code and further fields of an answer, and the request that it answers."""

    code: str
    fields: Mapping[int, str]
    request_id: uuid.UUID | None = None


class CardDesk:
    """Serves card transactions for the terminals of one gateway process."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        exchange: Exchange,
        *,
        secret_key: str,
        time_zone: str,
    ) -> None:
        self._pool = pool
        self._exchange = exchange
        self._secret_key = secret_key
        self._time_zone = ZoneInfo(time_zone)
        self._pins = pin_verification_key(secret_key)
        self._turns = CardTurns()
        self._cards: Batcher[bytes, PresentedCard | None] = Batcher(functools.partial(find_cards, pool), lanes=2)

    async def serve(
        self, message: Message, terminal: Terminal, transaction: Transaction, channel: TerminalChannel
    ) -> Told | None:
        """What a card transaction is answered; None when no answer may be given yet."""
        number = card_number(message)
        if not is_card_number(number):
            raise MessageRefused("invalid_card", codes.INVALID_CARD)
        hashed = number_hash(self._secret_key, number)
        async with self._turns.turn(hashed):
            card = await self._cards.submit(hashed)
            if card is None:
                raise MessageRefused("unknown_card", codes.INVALID_CARD)
            request = self._request(message, terminal, transaction, card, hashed.hex())
            fault = self._fault(message, terminal, card, number, pin_required=channel.pin_required(card))
            reply = await self._refuse(request, card, fault) if fault else None
            if fault is None and card.pin_failures and 52 in message.fields:
                await forget_pin_failures(self._pool, card.id)
        reply = reply or await self._handle(request)
        if reply is None:
            return None
        return Told(_code(reply), _details(message, reply, transaction, card.currency), request.id)

    async def _handle(self, request: ServiceRequest) -> ServiceReply | None:
        """The service's reply. What repeats a message that is being worked on waits for the answer to that.

        An answer of its own would be taken for the first message's: the machine would give nothing for money taken.
        """
        until = time.monotonic() + _LONGEST_WAIT
        while (reply := await self._exchange.handle(request)).reason is Reason.IN_PROGRESS:
            if time.monotonic() > until:
                return None
            await asyncio.sleep(_LOOK_AGAIN)
        return reply

    async def reverse(self, message: Message, terminal: Terminal) -> Told:
        """What a reversal (0400) or its advice (0420) is answered."""
        if 90 not in message.fields:
            raise MessageRefused("missing_original_data", codes.FORMAT_ERROR)
        original, at = parse_original_data(message.fields[90]), now()
        key = idempotency_key(terminal.terminal_id, original.transmitted_at, original.trace_number, at)
        actor = Actor("terminal", terminal.terminal_id)
        reply = await self._exchange.reverse(terminal.channel, key, actor)
        code = codes.APPROVED if reply.outcome is Outcome.REVERSED else _code(reply)
        return Told(code, {}, reply.request_id)

    def _request(
        self, message: Message, terminal: Terminal, transaction: Transaction, card: PresentedCard, hashed: str
    ) -> ServiceRequest:
        at = now()
        if 7 not in message.fields or 11 not in message.fields:
            raise MessageRefused("missing_trace", codes.FORMAT_ERROR)
        service = self._exchange.services[transaction.service]
        try:
            arguments = msgspec.convert(transaction.arguments(message, hashed), service.arguments)
        except msgspec.ValidationError:
            raise MessageRefused("invalid_field", codes.FORMAT_ERROR) from None
        return ServiceRequest(
            id=uuid7(),
            channel=terminal.channel,
            service=transaction.service,
            idempotency_key=idempotency_key(terminal.terminal_id, message.fields[7], message.fields[11], at),
            actor=Actor("terminal", terminal.terminal_id, card.party_id),
            arguments=arguments,
            received_at=at,
        )

    async def _refuse(self, request: ServiceRequest, card: PresentedCard, fault: Reason) -> ServiceReply:
        """Put the refusal on record; a wrong PIN is counted with it, and the one that blocks the card says so."""

        async def decide(connection: asyncpg.Connection) -> Reason:
            if fault is Reason.WRONG_PIN and await count_pin_failure(connection, card.id):
                return Reason.PIN_TRIES_EXCEEDED
            return fault

        detail = {"card": card.masked_number, "account": card.account_number, "terminal": request.actor.name}
        entry = Entry(card.party_id, card.account_id, detail=detail)
        return await self._exchange.refuse_asker(request, decide, entry)

    def _fault(
        self, message: Message, terminal: Terminal, card: PresentedCard, number: str, *, pin_required: bool
    ) -> Reason | None:
        """What is wrong with the card or its PIN. The PIN of a card that may not be used is not looked at."""
        if card.status == "blocked":
            return Reason.PIN_TRIES_EXCEEDED if card.pin_tries_exceeded else Reason.CARD_BLOCKED
        if card.status == "expired" or card.expires_on < now().astimezone(self._time_zone).date():
            return Reason.CARD_EXPIRED
        if 52 not in message.fields:
            if pin_required:
                raise MessageRefused("missing_pin", codes.FORMAT_ERROR)
            return None
        try:
            pin = terminal.pin_key.open(bytes.fromhex(message.fields[52]), number)
        except PinBlockUnreadable:
            raise MessageRefused("unreadable_pin_block", codes.SECURITY_VIOLATION) from None
        return None if self._pins.matches(pin, number, card.pin_verification_value) else Reason.WRONG_PIN


def _code(reply: ServiceReply) -> str:
    if reply.outcome is Outcome.COMPLETED or reply.reason is None:
        return _WITHOUT_REASON[reply.outcome]
    return codes.code_of(reply.reason)


def _details(message: Message, reply: ServiceReply, transaction: Transaction, currency: str) -> dict[int, str]:
    """Retrieval reference, authorisation code, and what the service's result says."""
    fields = {} if 37 in message.fields else {37: reply.request_id.hex[-12:].upper()}
    if reply.outcome is Outcome.COMPLETED:
        fields |= {38: reply.request_id.hex[-6:].upper(), **transaction.result(reply.result, currency)}
    return fields
