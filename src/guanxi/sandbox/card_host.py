"""The credit-card host: ISO 8583:1987 over TCP, many messages in flight on a connection, each answered when it is done.

A message is known again by its terminal (field 41), trace number (11) and time (7); a repeat gets the same answer.
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

from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.balances import AVAILABLE, LEDGER, Balance, write_balances
from guanxi.kernel.iso8583.errors import FramingLost, MalformedMessage
from guanxi.kernel.iso8583.framing import FrameParser, frame
from guanxi.kernel.iso8583.message import Message, decode, parse_original_data, response_to
from guanxi.kernel.iso8583.response_codes import (
    APPROVED,
    FORMAT_ERROR,
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
from guanxi.sandbox.bank import Operation
from guanxi.sandbox.faults import Faults

_ECHOED: Final = (2, 3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49, 70, 102)
_OPERATIONS: Final = {"01": "withdraw", "00": "purchase", "20": "credit", "40": "debit"}
_NAMESPACE: Final = uuid.UUID("8583a987-0000-5000-8000-000000000000")
_LINES: Final = 10

_log = logging.getLogger(__name__)


class CardHost:
    """The host's door."""

    def __init__(self, pool: asyncpg.Pool, key: bytes, faults: Faults) -> None:
        self._pool = pool
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
            if error.partial is not None:
                self._say(writer, response_to(error.partial, FORMAT_ERROR, _ECHOED, {}))
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
        except (KeyError, ValueError, InvalidValue) as error:
            _log.warning("A %s message does not fit: %s", request.mti, error)
            return response_to(request, FORMAT_ERROR, _ECHOED, {})

    async def _by_kind(self, request: Message) -> Message:
        match request.mti[:3]:
            case "080":
                return response_to(request, APPROVED, _ECHOED, {})
            case "010" | "020":
                return await self._financial(request)
            case "040" | "042":
                return await self._reversal(request)
            case _:
                return response_to(request, INVALID_TRANSACTION, _ECHOED, {})

    async def _financial(self, request: Message) -> Message:
        fields = request.fields
        code = fields[3][:2]
        if code in {"31", "38"}:
            return await self._look(request, with_entries=code == "38")
        if code not in _OPERATIONS:
            return response_to(request, INVALID_TRANSACTION, _ECHOED, {})
        currency = currency_from_numeric(fields[49])
        operation = Operation(
            id=_identity(fields[41], fields[11], fields[7]),
            operation=_OPERATIONS[code],  # type: ignore[arg-type]
            account=fields[102],
            amount=str(from_minor_units(int(fields[4]), currency).amount),
            currency=currency,
            memo=fields.get(43, "").strip(),
        )
        [answer] = await bank.perform(self._pool, "cards", [operation])
        return _outcome(request, answer, currency)

    async def _look(self, request: Message, *, with_entries: bool) -> Message:
        found = await bank.account(self._pool, "cards", request.fields[102])
        if found is None:
            return response_to(request, code_of(Reason.ACCOUNT_UNKNOWN), _ECHOED, {})
        extra = {54: _balances(found, found["currency"])}
        if with_entries:
            lines = await bank.entries(self._pool, found["number"], _LINES)
            extra[62] = write_statement(map(_line, lines))
        return response_to(request, APPROVED, _ECHOED, extra)

    async def _reversal(self, request: Message) -> Message:
        original = parse_original_data(request.fields[90])
        operation_id = _identity(request.fields[41], original.trace_number, original.transmitted_at)
        answer = await bank.reverse(self._pool, "cards", operation_id)
        currency = currency_from_numeric(request.fields[49]) if 49 in request.fields else "CNY"
        return _outcome(request, {**answer, "reference": ""}, currency)


def _identity(terminal: str, trace_number: str, transmitted_at: str) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"{terminal.strip()}/{trace_number}/{transmitted_at}")


def _outcome(request: Message, answer: dict[str, Any], currency: str) -> Message:
    refused = answer["status"] == "refused"
    code = code_of(Reason(answer["reason"])) if refused else APPROVED
    extra = {54: _balances(answer, currency)} if "ledger_balance" in answer else {}
    if answer["reference"] and not refused:
        extra[38] = answer["reference"][-6:]
    return response_to(request, code, _ECHOED, extra)


def _line(entry: dict[str, Any]) -> StatementEntry:
    return StatementEntry(dt.date.fromisoformat(entry["value_date"]), Decimal(entry["amount"]))


def _balances(told: dict[str, Any], currency: str) -> str:
    return write_balances(
        Balance(LEDGER, parse_amount(told["ledger_balance"], currency)),
        Balance(AVAILABLE, parse_amount(told["available_balance"], currency)),
    )
