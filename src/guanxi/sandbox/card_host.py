"""The credit-card host: ISO 8583:1987 over TCP, many messages in flight on a connection, each answered when it is done.

A message is known again by its terminal (field 41), trace number (11) and time (7); a repeat gets the same answer.
An authorisation (0100) holds the amount for seven days; a completion advice (0220) that names it in field 90 takes it.
The account is field 102, or the one behind the card number in field 2 or 35.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import uuid
from decimal import Decimal
from typing import Any, Final

import asyncpg
import msgspec

from guanxi.kernel.clock import now
from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.balances import AVAILABLE, LEDGER, Balance, write_balances
from guanxi.kernel.iso8583.errors import FramingLost, MalformedMessage
from guanxi.kernel.iso8583.framing import FrameParser, frame
from guanxi.kernel.iso8583.message import Message, decode, is_request, parse_original_data, response_to
from guanxi.kernel.iso8583.response_codes import (
    APPROVED,
    FORMAT_ERROR,
    INVALID_CARD,
    INVALID_TRANSACTION,
    MALFUNCTION,
    SECURITY_VIOLATION,
    UNAVAILABLE,
    code_of,
)
from guanxi.kernel.iso8583.statement import StatementEntry, write_statement
from guanxi.kernel.money import currency_from_numeric, from_minor_units, parse_amount
from guanxi.kernel.vocabulary import Reason
from guanxi.sandbox import bank
from guanxi.sandbox.faults import Faults
from guanxi.sandbox.queue import Queue
from guanxi.sandbox.requests import Operation

_ECHOED: Final = (2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49, 70, 102)
_OPERATIONS: Final = {"01": "withdraw", "00": "purchase", "20": "credit", "40": "debit"}
_NAMESPACE: Final = uuid.UUID("8583a987-0000-5000-8000-000000000000")
_LINES: Final = 10

_log = logging.getLogger(__name__)


class CardHost:
    """The host's door."""

    def __init__(self, pool: asyncpg.Pool, key: bytes, faults: Faults) -> None:
        self._pool = pool
        self._queue = Queue(pool, "cards")
        self._key = MacKey(key)
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, for as long as the peer keeps it."""
        parser = FrameParser()
        try:
            while data := await reader.read(65536):
                for raw in parser.feed(data):
                    task = asyncio.create_task(self._answer(raw, writer))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        except (ConnectionError, FramingLost) as error:
            _log.warning("A connection ended: %s", error)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, raw: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            request = decode(raw)
        except MalformedMessage as error:
            if error.partial is not None and is_request(error.partial.mti):
                self._say(writer, response_to(error.partial, FORMAT_ERROR, _ECHOED, {}))
            return
        if not is_request(request.mti):
            _log.warning("A %s message was sent to us, which ask nobody", request.mti)
            return
        try:
            answer = await self._handle(raw, request)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            _log.exception("The ledger could not be used")
            answer = response_to(request, MALFUNCTION, _ECHOED, {})
        if not await self._faults.before_reply("cards"):
            return
        self._say(writer, answer)
        if self._faults.strikes("cards", "duplicate_reply"):
            self._say(writer, answer)

    def _say(self, writer: asyncio.StreamWriter, answer: Message) -> None:
        if not writer.is_closing():
            writer.write(frame(self._key.seal(answer)))

    async def _handle(self, raw: bytes, request: Message) -> Message:
        if not self._key.is_authentic(raw, request):
            return response_to(request, SECURITY_VIOLATION, _ECHOED, {})
        if self._faults.strikes("cards", "refuse"):
            return response_to(request, UNAVAILABLE, _ECHOED, {})
        try:
            return await self._by_kind(request)
        except (KeyError, ValueError, InvalidValue, msgspec.ValidationError) as error:
            _log.warning("A %s message does not fit: %s", request.mti, error)
            return response_to(request, FORMAT_ERROR, _ECHOED, {})

    async def _by_kind(self, request: Message) -> Message:
        match request.mti[:3]:
            case "080":
                return response_to(request, APPROVED, _ECHOED, {})
            case "010" | "020" | "022":
                return await self._financial(request)
            case "040" | "042":
                return await self._reversal(request)
            case _:
                return response_to(request, INVALID_TRANSACTION, _ECHOED, {})

    async def _financial(self, request: Message) -> Message:
        code = request.fields[3][:2]
        account, refusal = await self._account(request)
        if refusal:
            return response_to(request, refusal, _ECHOED, {})
        if code in {"31", "38"}:
            return await self._look(request, account, with_entries=code == "38")
        if code not in _OPERATIONS:
            return response_to(request, INVALID_TRANSACTION, _ECHOED, {})
        operation = _operation(request, account)
        [answer] = await self._queue.perform([operation])
        return _outcome(request, answer, operation.currency)

    async def _account(self, request: Message) -> tuple[str, str | None]:
        """The account meant, or the response code that says why there is none."""
        fields = request.fields
        if 102 in fields:
            return fields[102].strip(), None
        pan = fields.get(2) or fields[35].partition("=")[0].partition("D")[0]
        card = await bank.account_of_card(self._pool, pan)
        if card is None:
            return "", INVALID_CARD
        expires = fields.get(14, card["expires"])
        if card["expires"] and (expires != card["expires"] or expires < f"{now():%y%m}"):
            return "", code_of(Reason.CARD_EXPIRED)
        return card["number"], None

    async def _look(self, request: Message, account: str, *, with_entries: bool) -> Message:
        found = await bank.account(self._pool, "cards", account)
        if found is None:
            return response_to(request, code_of(Reason.ACCOUNT_UNKNOWN), _ECHOED, {})
        extra = {54: _balances(found, found["currency"])}
        if with_entries:
            lines = await bank.entries(self._pool, found["number"], _LINES)
            extra[62] = write_statement(map(_line, lines))
        return response_to(request, APPROVED, _ECHOED, extra)

    async def _reversal(self, request: Message) -> Message:
        answer = await bank.reverse(self._pool, "cards", _original(request))
        currency = currency_from_numeric(request.fields[49]) if 49 in request.fields else "CNY"
        return _outcome(request, {**answer, "reference": ""}, currency)


def _operation(request: Message, account: str) -> Operation:
    fields, kind = request.fields, request.mti[1:3]
    currency = currency_from_numeric(fields[49])
    content = {
        "id": _identity(fields[41], fields[11], fields[7]),
        "operation": {"10": "hold", "22": "capture"}.get(kind) or _OPERATIONS[fields[3][:2]],
        "account": account,
        "amount": str(from_minor_units(int(fields[4]), currency).amount),
        "currency": currency,
        "memo": fields.get(43, "").strip(),
        "hold": _original(request) if kind == "22" else None,
    }
    return msgspec.convert(content, Operation)


def _original(request: Message) -> uuid.UUID:
    original = parse_original_data(request.fields[90])
    return _identity(request.fields[41], original.trace_number, original.transmitted_at)


def _identity(terminal: str, trace_number: str, transmitted_at: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"{terminal.strip()}/{trace_number}/{transmitted_at}")


def _outcome(request: Message, answer: dict[str, Any], currency: str) -> Message:
    refused = answer["status"] == "refused"
    code = code_of(Reason(answer["reason"])) if refused else APPROVED
    extra = {54: _balances(answer, currency)} if "ledger_balance" in answer else {}
    if answer.get("reference") and not refused:
        extra[38] = answer["reference"][-6:]
    return response_to(request, code, _ECHOED, extra)


def _line(entry: dict[str, Any]) -> StatementEntry:
    return StatementEntry(dt.date.fromisoformat(entry["value_date"]), Decimal(entry["amount"]))


def _balances(told: dict[str, Any], currency: str) -> str:
    return write_balances(
        Balance(LEDGER, parse_amount(told["ledger_balance"], currency)),
        Balance(AVAILABLE, parse_amount(told["available_balance"], currency)),
    )
