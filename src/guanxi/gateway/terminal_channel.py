"""What a channel is on which terminals speak for customers with cards, and how card messages become service requests.

A channel is its list of transactions: what the first two digits of the processing code (field 3) ask for.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from guanxi.gateway.errors import MessageRefused
from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.iso8583 import response_codes as codes
from guanxi.kernel.iso8583.balances import AVAILABLE, LEDGER, Balance, write_balances
from guanxi.kernel.iso8583.message import Message
from guanxi.kernel.iso8583.statement import StatementEntry, write_statement
from guanxi.kernel.money import Money, currency_from_numeric, from_minor_units, parse_amount
from guanxi.kernel.vocabulary import Channel
from guanxi.parties.cards import PresentedCard

_TRACK_2: Final = re.compile(r"([0-9]{12,19})[=D]([0-9]{4})")
_WHEN: Final = re.compile(r"(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])([0-5][0-9]){2}")
_BEYOND_FIELD_54: Final = 10**12


@dataclasses.dataclass(frozen=True, slots=True)
class Transaction:
    """One thing a terminal can ask for. `arguments` makes the service's arguments, by their JSON names.

    `result` makes fields of the answer from the service's result and the currency of the card's account.
    """

    service: str
    arguments: Callable[[Message, str], dict[str, Any]]
    moves_money: bool
    result: Callable[[Mapping[str, Any], str], dict[int, str]]


@dataclasses.dataclass(frozen=True, slots=True)
class TerminalChannel:
    """The channel's name, its transactions, and whose PIN it insists on."""

    channel: Channel
    transactions: Mapping[str, Transaction]
    pin_required: Callable[[PresentedCard], bool]


def card_number(message: Message) -> str:
    """The number in field 2, or else in the track 2 image of field 35."""
    number = message.fields.get(2)
    if number is None:
        track = _TRACK_2.match(message.fields.get(35, ""))
        if track is None:
            raise MessageRefused("missing_card", codes.FORMAT_ERROR)
        number = track[1]
    return number


def money(message: Message) -> Money:
    """Fields 4 and 49."""
    try:
        amount = from_minor_units(int(message.fields[4]), currency_from_numeric(message.fields[49]))
    except KeyError:
        raise MessageRefused("missing_amount", codes.FORMAT_ERROR) from None
    except InvalidValue:
        raise MessageRefused("unsupported_currency", codes.INVALID_TRANSACTION) from None
    if not amount.amount:
        raise MessageRefused("invalid_amount", codes.INVALID_AMOUNT)
    return amount


def idempotency_key(terminal_id: str, transmitted_at: str, trace_number: str, received_at: dt.datetime) -> str:
    """What a message is known by: terminal, field 7 and field 11.

    Field 7 has no year. It is given the one that puts it nearest to the present, so that trace numbers, which come
    round again, never meet an equal one of another year.
    """
    if not _WHEN.fullmatch(transmitted_at):
        raise MessageRefused("invalid_time", codes.FORMAT_ERROR)
    month, this_month = int(transmitted_at[:2]), received_at.month
    year = received_at.year + (this_month - month > 6) - (month - this_month > 6)
    return f"{terminal_id}:{year}{transmitted_at}:{trace_number}"


def spend(message: Message, number_hash: str) -> dict[str, Any]:
    """Arguments of a service that takes money through the card: how much, and what is known of the place (field 43)."""
    amount, fields = money(message), message.fields
    return {
        "card": number_hash,
        "amount": str(amount.amount),
        "currency": amount.currency,
        "merchant": " ".join(fields.get(43, "").split()) or fields.get(42, "").strip(),
        "retrieval_reference": fields.get(37, "").strip(),
    }


def look(_message: Message, number_hash: str) -> dict[str, Any]:
    """Arguments of a service that looks at the card's account."""
    return {"card": number_hash}


def balances(result: Mapping[str, Any], currency: str) -> dict[int, str]:
    """Field 54, from the balances that a service's result names."""
    named = ((LEDGER, "ledger_balance"), (AVAILABLE, "available_balance"))
    known = [Balance(kind, parse_amount(str(result[name]), currency)) for kind, name in named if name in result]
    shown = [balance for balance in known if abs(balance.money.minor_units) < _BEYOND_FIELD_54]
    return {54: write_balances(*shown)} if shown else {}


def statement(result: Mapping[str, Any], currency: str) -> dict[int, str]:
    """Fields 54 and 62, from the entries that a service's result lists."""
    entries = [entry for listed in result.get("entries", ()) if (entry := _entry(listed, currency)) is not None]
    return {**balances(result, currency), 62: write_statement(entries)}


def _entry(listed: Mapping[str, Any], currency: str) -> StatementEntry | None:
    """An entry as a back-end lists it; one without a day or an amount is left out."""
    day = str(listed.get("value_date") or listed.get("posted_at") or "")[:10]
    try:
        return StatementEntry(dt.date.fromisoformat(day), parse_amount(str(listed.get("amount")), currency).amount)
    except (ValueError, InvalidValue):
        return None


def pin_always(_card: PresentedCard) -> bool:
    """Every transaction needs the PIN."""
    return True


def pin_for_debit(card: PresentedCard) -> bool:
    """Debit cards need the PIN; with a credit card the customer may sign."""
    return card.kind == "debit"
