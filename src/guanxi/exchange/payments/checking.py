"""What is checked of a payment before any system is asked, each fault with its ISO reason code. Pure."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from decimal import Decimal
from typing import Final

import msgspec

from guanxi.exchange.payments.reasons import (
    CURRENCY_NOT_ALLOWED,
    INCORRECT_ACCOUNT,
    INCORRECT_AGENT,
    INVALID_AMOUNT,
    INVALID_BANK,
    INVALID_DATE,
    INVALID_FILE,
    ZERO_AMOUNT,
)
from guanxi.kernel.iso20022.credit_transfers import CreditTransfer, Fault, PaymentInformation
from guanxi.kernel.money import CURRENCIES, decimal_places
from guanxi.services.arguments import refuse_amount
from guanxi.services.catalogue.credit_transfer import CreditTransfer as Arguments

MOST_DAYS_PAST: Final = 7  # a file that was held up over a long holiday still goes
MOST_DAYS_AHEAD: Final = 366
_BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")  # ISO 9362
_MEMBER: Final = re.compile(r"[0-9]{5,14}")  # of a clearing system, such as the 12 digits of CNAPS
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9-]{4,34}")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f]+")


@dataclasses.dataclass(frozen=True, slots=True)
class House:
    """What this bank is called, and what day it is there."""

    bic: str
    today: dt.date


def block_fault(block: PaymentInformation, house: House) -> Fault | None:
    """Why nothing of `block` can be done, or None."""
    if block.fault:
        return block.fault
    if not _ACCOUNT.fullmatch(block.debtor_account):
        return Fault(INCORRECT_ACCOUNT, f"DbtrAcct of {block.id} is missing, or no account number.")
    if block.debtor_agent and not is_ours(block.debtor_agent, house.bic):
        return Fault(INCORRECT_AGENT, f"DbtrAgt {block.debtor_agent[:11]} is not this bank, {house.bic}.")
    days = (block.requested_on - house.today).days if block.requested_on else 0
    if not -MOST_DAYS_PAST <= days <= MOST_DAYS_AHEAD:
        return Fault(INVALID_DATE, f"ReqdExctnDt {block.requested_on} is too far away from {house.today}.")
    return None


def payment_fault(payment: CreditTransfer) -> Fault | None:
    """Why `payment` cannot be done as it is written, or None."""
    if not payment.fault and _UNPRINTABLE.search(payment.end_to_end_id):
        return Fault(INVALID_FILE, "EndToEndId has characters that cannot be printed.")
    return payment.fault or _amount_fault(payment) or _creditor_fault(payment)


def _amount_fault(payment: CreditTransfer) -> Fault | None:
    if not payment.amount:
        return Fault(ZERO_AMOUNT, "InstdAmt is zero.")
    if payment.currency not in CURRENCIES:
        return Fault(CURRENCY_NOT_ALLOWED, f"{payment.currency} is not a currency this bank keeps.")
    if refuse_amount(payment.amount, payment.currency):
        return Fault(INVALID_AMOUNT, f"InstdAmt {payment.amount} is not an amount that {payment.currency} has.")
    return None


def _creditor_fault(payment: CreditTransfer) -> Fault | None:
    if not _ACCOUNT.fullmatch(payment.creditor_account):
        return Fault(INCORRECT_ACCOUNT, "CdtrAcct is missing, or no account number.")
    agent = payment.creditor_agent
    if agent and not (_BIC.fullmatch(agent) or _MEMBER.fullmatch(agent)):
        return Fault(INVALID_BANK, f"CdtrAgt {agent[:35]!r} is neither a BIC nor a clearing member.")
    return None


def is_ours(agent: str, bic: str) -> bool:
    """Is `agent` this bank? Branches of one bank share the first eight characters of their BIC (ISO 9362)."""
    return agent[:8] == bic[:8]


def arguments_of(
    *,
    debtor_account: str,
    creditor_account: str,
    creditor_agent: str,
    amount: Decimal,
    currency: str,
    end_to_end_id: str,
    creditor: str,
    remittance: str,
    bic: str,
) -> Arguments:
    """What the service is asked; `msgspec.ValidationError` for what `payment_fault` would have refused."""
    given = {
        "from_account": debtor_account,
        "to_account": creditor_account,
        "amount": round(amount, decimal_places(currency)),
        "currency": currency,
        "end_to_end_id": end_to_end_id,
        "creditor": _UNPRINTABLE.sub(" ", creditor)[:140],
        "creditor_bank": "" if not creditor_agent or is_ours(creditor_agent, bic) else creditor_agent,
        "memo": _UNPRINTABLE.sub(" ", remittance)[:140],
    }
    return msgspec.convert(given, Arguments)
