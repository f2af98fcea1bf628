"""Field 39: what an answer says, and which of our reasons it stands for (ISO 8583:1987, data element 39)."""

from __future__ import annotations

from typing import Final

from guanxi.kernel.vocabulary import Reason

APPROVED: Final = "00"
DO_NOT_HONOUR: Final = "05"
IN_PROGRESS: Final = "09"
INVALID_TRANSACTION: Final = "12"
INVALID_AMOUNT: Final = "13"
INVALID_CARD: Final = "14"
ORIGINAL_UNKNOWN: Final = "25"
FORMAT_ERROR: Final = "30"
NOT_SUPPORTED: Final = "40"
TERMINAL_NOT_PERMITTED: Final = "58"
SECURITY_VIOLATION: Final = "63"
ANSWERED_TOO_LATE: Final = "68"
UNAVAILABLE: Final = "91"
DUPLICATE: Final = "94"
MALFUNCTION: Final = "96"

_CODES: Final[dict[Reason, str]] = {
    Reason.INSUFFICIENT_FUNDS: "51",
    Reason.ACCOUNT_UNKNOWN: "53",
    Reason.ACCOUNT_CLOSED: "53",
    Reason.ACCOUNT_BLOCKED: "62",
    Reason.NOT_PERMITTED: "57",
    Reason.CARD_UNKNOWN: INVALID_CARD,
    Reason.CARD_BLOCKED: "62",
    Reason.CARD_EXPIRED: "54",
    Reason.WRONG_PIN: "55",
    Reason.PIN_TRIES_EXCEEDED: "75",
    Reason.LIMIT_EXCEEDED: "61",
    Reason.INVALID_AMOUNT: INVALID_AMOUNT,
    Reason.INVALID_REQUEST: FORMAT_ERROR,
    Reason.CURRENCY_MISMATCH: INVALID_TRANSACTION,
    Reason.BILLER_UNKNOWN: INVALID_TRANSACTION,
    Reason.DUPLICATE_REQUEST: DUPLICATE,
    Reason.IN_PROGRESS: IN_PROGRESS,
    Reason.ORIGINAL_UNKNOWN: ORIGINAL_UNKNOWN,
    Reason.SYSTEM_UNAVAILABLE: UNAVAILABLE,
    Reason.SYSTEM_TIMEOUT: ANSWERED_TOO_LATE,
    Reason.REFUSED_BY_SYSTEM: DO_NOT_HONOUR,
    Reason.MESSAGE_UNAUTHENTIC: SECURITY_VIOLATION,
}

# Where several reasons share a code, the one that a card system means by it.
_REASONS: Final[dict[str, Reason]] = {
    **{code: reason for reason, code in _CODES.items()},
    "53": Reason.ACCOUNT_UNKNOWN,
    "56": Reason.CARD_UNKNOWN,
    "62": Reason.CARD_BLOCKED,
    INVALID_TRANSACTION: Reason.INVALID_REQUEST,
    MALFUNCTION: Reason.SYSTEM_UNAVAILABLE,
}


def code_of(reason: Reason) -> str:
    """The response code that tells `reason` to a terminal."""
    return _CODES[reason]


def reason_of(code: str) -> Reason | None:
    """What a peer's response code means; `None` for an approval, refused by the system for a code without a reason."""
    if code == APPROVED:
        return None
    return _REASONS.get(code, Reason.REFUSED_BY_SYSTEM)
