"""Legs as ISO 8583 messages, and the host's answers as leg replies.

The host knows a message again by fields 41, 11 and 7. All three are made from the leg's id, so that a repeat, or a
reversal after a restart, names the same message without anything being stored: field 7 is the leg's time, field 11 and
field 41 are 59 of its random bits (field 41 is a virtual terminal; the machine the customer stands at is not told).
The account is named by field 102: card numbers are never stored here, and none is needed.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final

from guanxi.kernel.iso8583.balances import AVAILABLE, LEDGER, read_balances
from guanxi.kernel.iso8583.message import Message, OriginalData
from guanxi.kernel.iso8583.response_codes import (
    ANSWERED_TOO_LATE,
    APPROVED,
    IN_PROGRESS,
    MALFUNCTION,
    ORIGINAL_UNKNOWN,
    reason_of,
)
from guanxi.kernel.iso8583.statement import read_statement
from guanxi.kernel.money import CURRENCIES, parse_amount
from guanxi.services.request import Leg, LegReply

# Processing codes: what is done, from or to a credit account (30).
OPERATIONS: Final = {
    "withdraw": "013000",
    "purchase": "003000",
    "debit": "403000",
    "credit": "200030",
    "balance": "313000",
    "entries": "383000",
}
_SAYS_NOTHING: Final = frozenset({IN_PROGRESS, ANSWERED_TOO_LATE, MALFUNCTION})  # of whether money moved
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HOST_NAMES: Final = uuid.UUID("8583a987-0000-5000-8000-000000000000")  # by agreement with the host
_ACQUIRER: Final = "62220200"


def request(leg: Leg) -> Message:
    """The financial request for `leg`. Its repeat is the same under type 0201."""
    amount, currency = leg.content.get("amount"), leg.content.get("currency", "")
    fields = _identity(leg.id) | {3: OPERATIONS[leg.operation], 32: _ACQUIRER, 102: leg.content["account"]}
    if currency:
        fields[49] = CURRENCIES[currency][0]
    if memo := _place(leg.content.get("memo", "")):
        fields[43] = memo
    if amount is not None:
        fields[4] = f"{parse_amount(amount, currency).minor_units:012}"
    return Message("0200", fields)


def reversal(leg: Leg) -> Message:
    """The advice that undoes `leg`: the same money and account, its own trace number, the original in field 90."""
    original = request(leg)
    trace_number = f"{(int(original.fields[11]) + 500_000) % 1_000_000:06}"
    original_data = OriginalData(original.mti, original.fields[11], original.fields[7], _ACQUIRER)
    return Message("0420", original.fields | {11: trace_number, 90: str(original_data)})


def reply_to_request(answer: Message) -> LegReply:
    """What the host's answer to a request or its repeat means for the leg."""
    code = answer.fields.get(39, "")
    if code in _SAYS_NOTHING:
        return LegReply("unknown", reason_of(code))
    if code != APPROVED:
        return LegReply("failed", reason_of(code))
    return LegReply("confirmed", reference=answer.fields.get(38, "").strip() or None, content=_content(answer))


def reply_to_reversal(answer: Message) -> LegReply:
    """What the host's answer to a reversal means; an original it never saw is undone as well."""
    code = answer.fields.get(39, "")
    if code in {APPROVED, ORIGINAL_UNKNOWN}:
        return LegReply("reversed", content=_content(answer))
    return LegReply("unknown", reason_of(code))


def name_at_host(leg_id: uuid.UUID) -> uuid.UUID:
    """What the host's book calls the operation of a leg: UUID version 5 of its terminal, trace number and time."""
    fields = _identity(leg_id)
    return uuid.uuid5(_HOST_NAMES, f"{fields[41]}/{fields[11]}/{fields[7]}")


def _identity(leg_id: uuid.UUID) -> dict[int, str]:
    milliseconds, random = leg_id.int >> 80, leg_id.int & ((1 << 59) - 1)
    at = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=milliseconds)
    random, trace_number = divmod(random, 1_000_000)
    terminal = "".join(_LETTERS[random >> 5 * place & 31] for place in range(8))
    return {
        7: at.strftime("%m%d%H%M%S"),
        11: f"{trace_number:06}",
        12: at.strftime("%H%M%S"),
        13: at.strftime("%m%d"),
        37: leg_id.hex[-12:].upper(),
        41: terminal,
    }


def _place(memo: str) -> str:
    """Field 43: forty characters of ASCII for where it happened. What cannot be said there is left out."""
    return memo.encode("ascii", "ignore").decode().strip()[:40].ljust(40) if memo.strip() else ""


def _content(answer: Message) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for balance in read_balances(answer.fields.get(54, "")):
        name = {LEDGER: "ledger_balance", AVAILABLE: "available_balance"}.get(balance.kind)
        if name:
            content[name] = str(balance.money.amount)
    if 62 in answer.fields:
        entries = read_statement(answer.fields[62])
        content["entries"] = [{"value_date": entry.day.isoformat(), "amount": str(entry.amount)} for entry in entries]
    return content
