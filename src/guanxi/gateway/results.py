"""What the services' results look like over HTTP: the schemas of the OpenAPI document.

The services themselves answer plain mappings, which are sent as they are; tests hold both against each other.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Final

import msgspec

Money = Annotated[str, msgspec.Meta(description="Decimal text in the account's currency.", examples=["120.50"])]


class HeldAccount(msgspec.Struct, frozen=True):
    """An account of the customer, with its balances as last told by the system that keeps it."""

    number: str
    product: str
    currency: str
    status: str
    ledger_balance: Money
    available_balance: Money
    role: str


class HeldCard(msgspec.Struct, frozen=True):
    """A card of the customer; `id` names it in other requests."""

    id: uuid.UUID
    number: str
    kind: str
    product: str
    status: str
    expires: str
    account: str


class Accounts(msgspec.Struct, frozen=True):
    """All that the customer holds."""

    accounts: list[HeldAccount]
    cards: list[HeldCard]


class Balance(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is in the account, and what of it can be spent."""

    number: str | None = None
    currency: str | None = None
    status: str | None = None
    ledger_balance: Money | None = None
    available_balance: Money | None = None
    as_of: dt.datetime | None = None  # only where our own record answered in place of the system that keeps it


class Posting(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of an account; the amount is negative when money left it."""

    value_date: dt.date
    amount: Money
    at: dt.datetime | None = None
    currency: str | None = None
    memo: str | None = None
    counterparty: str | None = None


class Statement(Balance, frozen=True, omit_defaults=True, kw_only=True):
    """The account with its latest entries, newest first."""

    entries: list[Posting]


class Payment(msgspec.Struct, frozen=True, omit_defaults=True):
    """The business system's own reference, and what is left."""

    reference: str | None = None
    ledger_balance: Money | None = None
    available_balance: Money | None = None


class Package(msgspec.Struct, frozen=True, omit_defaults=True):
    """The new account's number, and the references of what was arranged."""

    account: str
    reference: str | None = None
    card_reference: str | None = None
    mandate_reference: str | None = None


class Payout(Payment, frozen=True, omit_defaults=True):
    """The pay-out, and the insurer's reference."""

    policy_reference: str | None = None


class BlockedCard(msgspec.Struct, frozen=True):
    """The card that no longer works."""

    card: str
    status: str


class ContactPoint(msgspec.Struct, frozen=True):
    """Where the customer can be reached from now on; telephone numbers in E.164."""

    kind: str
    value: str
    purpose: str


class OpenedCase(msgspec.Struct, frozen=True):
    """The case's number, and when the bank will have answered."""

    case: str
    due_at: dt.datetime


RESULTS: Final[dict[str, Any]] = {
    "accounts": Accounts,
    "balance": Balance,
    "mini_statement": Statement,
    "internal_transfer": Payment,
    "transfer_across_systems": Payment,
    "open_package": Package,
    "loan_payout_with_insurance": Payout,
    "bill_payment": Payment,
    "credit_transfer": Payment,
    "account_report": Statement,
    "block_card": BlockedCard,
    "change_contact_details": ContactPoint,
    "submit_complaint": OpenedCase,
}
