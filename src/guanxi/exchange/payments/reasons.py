"""Our reasons in the words of ISO 20022: external code set ExternalStatusReason1Code.

The registration authority publishes the set each quarter (External code sets, payments).
"""

from __future__ import annotations

from typing import Final

from guanxi.kernel.vocabulary import Reason

INCORRECT_ACCOUNT: Final = "AC01"
CLOSED_ACCOUNT: Final = "AC04"
BLOCKED_ACCOUNT: Final = "AC06"
INCORRECT_AGENT: Final = "AGNT"
FORBIDDEN: Final = "AG01"
ZERO_AMOUNT: Final = "AM01"
CURRENCY_NOT_ALLOWED: Final = "AM03"
INSUFFICIENT_FUNDS: Final = "AM04"
DUPLICATION: Final = "AM05"
WRONG_CONTROL_SUM: Final = "AM10"
INVALID_AMOUNT: Final = "AM12"
WRONG_NUMBER: Final = "AM18"
DUPLICATE_MESSAGE: Final = "DU01"
INVALID_DATE: Final = "DT01"
INVALID_FILE: Final = "FF01"
INVALID_BANK: Final = "RC01"
NARRATIVE: Final = "NARR"

_CODES: Final[dict[Reason, str]] = {
    Reason.ACCOUNT_UNKNOWN: INCORRECT_ACCOUNT,
    Reason.ACCOUNT_CLOSED: CLOSED_ACCOUNT,
    Reason.ACCOUNT_BLOCKED: BLOCKED_ACCOUNT,
    Reason.INSUFFICIENT_FUNDS: INSUFFICIENT_FUNDS,
    Reason.NOT_PERMITTED: FORBIDDEN,
    Reason.LIMIT_EXCEEDED: "AM02",
    Reason.INVALID_AMOUNT: INVALID_AMOUNT,
    Reason.INVALID_REQUEST: INVALID_FILE,
    Reason.CURRENCY_MISMATCH: CURRENCY_NOT_ALLOWED,
    Reason.DUPLICATE_REQUEST: DUPLICATION,
    Reason.SYSTEM_UNAVAILABLE: "AB07",
    Reason.SYSTEM_TIMEOUT: "AB06",
    Reason.REFUSED_BY_SYSTEM: "MS03",
}
_SENTENCES: Final[dict[Reason, str]] = {
    Reason.ACCOUNT_UNKNOWN: "The debtor's account is not one of yours, or the creditor's is not one of this bank.",
    Reason.ACCOUNT_CLOSED: "The account is closed.",
    Reason.ACCOUNT_BLOCKED: "The account is blocked.",
    Reason.INSUFFICIENT_FUNDS: "The available balance does not cover the amount.",
    Reason.NOT_PERMITTED: "This account cannot be drawn on by an order to pay.",
    Reason.LIMIT_EXCEEDED: "The amount is beyond the limit.",
    Reason.INVALID_AMOUNT: "The amount has more places than its currency, or is nothing.",
    Reason.INVALID_REQUEST: "The payment makes no sense as it stands, such as one to its own account.",
    Reason.CURRENCY_MISMATCH: "The account is kept in another currency.",
    Reason.SYSTEM_UNAVAILABLE: "The business system could not be reached; nothing was moved.",
    Reason.SYSTEM_TIMEOUT: "The business system did not answer in time; nothing was moved.",
    Reason.REFUSED_BY_SYSTEM: "The business system, or the creditor's bank, refused.",
}


def code_of(reason: str | None) -> str:
    """The ISO code for one of our reasons; NARR, told in words, for those without one."""
    try:
        return _CODES.get(Reason(reason or ""), NARRATIVE)
    except ValueError:
        return NARRATIVE


def sentence_of(reason: str | None) -> str:
    """The sentence that goes with it."""
    try:
        return _SENTENCES.get(Reason(reason or ""), f"Not done: {reason}.")
    except ValueError:
        return "Not done."
