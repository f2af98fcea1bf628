"""Where the catalogue's services stand in the HTTP interface, in which words, with which examples."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from guanxi.gateway.operations import Method
from guanxi.kernel.vocabulary import Reason


@dataclasses.dataclass(frozen=True, slots=True)
class PathArgument:
    """An argument of the service that the path tells; `reason` answers when it cannot name anything."""

    argument: str
    reason: Reason
    description: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one service is found, and how it is described."""

    method: Method
    path: str
    service: str
    summary: str
    description: str
    result: Mapping[str, Any]
    body: Mapping[str, Any] | None = None
    path_arguments: Mapping[str, PathArgument] = dataclasses.field(default_factory=dict)


def place_of(service: str) -> Place:
    """The place of `service`: its own, or `POST /v1/services/<name>` when it has none."""
    if service in PLACES:
        return PLACES[service]
    return Place(
        method="POST",
        path=f"/v1/services/{service}",
        service=service,
        summary=service.replace("_", " ").capitalize(),
        description=f"The catalogue's service `{service}`.",
        result={},
    )


_ACCOUNT: Final = {"number": PathArgument("account", Reason.ACCOUNT_UNKNOWN, "The account's number.")}
_BALANCE: Final = {
    "currency": "CNY",
    "status": "open",
    "ledger_balance": "12800.00",
    "available_balance": "12650.00",
}
_NUMBER: Final = "6222020000000017"

_TABLE: Final = (
    Place(
        method="GET",
        path="/v1/accounts",
        service="accounts",
        summary="My accounts and cards",
        description="All accounts and cards of the customer with the balances last told by their business systems.",
        result={
            "accounts": [{**_BALANCE, "number": _NUMBER, "product": "savings", "role": "owner"}],
            "cards": [
                {
                    "id": "0196a1ef-1c00-7d00-8a00-3f5b7c9d1e20",
                    "number": "622202******1234",
                    "kind": "debit",
                    "product": "debit",
                    "status": "active",
                    "expires": "2031-04",
                    "account": _NUMBER,
                }
            ],
        },
    ),
    Place(
        method="GET",
        path="/v1/accounts/{number}/balance",
        service="balance",
        summary="The balance of an account",
        description="Asked of the business system that keeps the account, at this moment.",
        path_arguments=_ACCOUNT,
        result={"number": _NUMBER, **_BALANCE},
    ),
    Place(
        method="GET",
        path="/v1/accounts/{number}/statement",
        service="mini_statement",
        summary="The latest entries of an account",
        description="The last few entries, newest first, as the business system keeps them.",
        path_arguments=_ACCOUNT,
        result={
            "number": _NUMBER,
            **_BALANCE,
            "entries": [
                {
                    "at": "2026-05-04T01:12:09Z",
                    "value_date": "2026-05-04",
                    "amount": "-150.00",
                    "currency": "CNY",
                    "memo": "Withdrawal",
                    "counterparty": "ATM00001",
                }
            ],
        },
    ),
    Place(
        method="POST",
        path="/v1/transfers",
        service="internal_transfer",
        summary="Transfer to an account of this bank",
        description="Moves money at once. Either both accounts change or neither does.",
        body={
            "from_account": _NUMBER,
            "to_account": "6222020000000025",
            "amount": "120.50",
            "currency": "CNY",
            "memo": "Dinner",
        },
        result={"reference": "SA7647FEDC6156FE", "ledger_balance": "12679.50", "available_balance": "12529.50"},
    ),
    Place(
        method="POST",
        path="/v1/transfers-across-systems",
        service="transfer_across_systems",
        summary="Transfer to an account of another kind, or repay a loan",
        description="From savings to an integrated account, or back, or to a loan. Both sides change or neither does.",
        body={
            "from_account": _NUMBER,
            "to_account": "3110100000000125",
            "amount": "900.00",
            "currency": "CNY",
            "memo": "May instalment",
        },
        result={"reference": "SA7647FEDC6156FE", "ledger_balance": "11900.00", "available_balance": "11750.00"},
    ),
    Place(
        method="POST",
        path="/v1/packages",
        service="open_package",
        summary="Open an account with a debit card and a mandate for a bill",
        description="All three or nothing: what is refused late undoes what was arranged before.",
        body={
            "currency": "CNY",
            "biller": "electricity",
            "bill_reference": "2026050001",
            "payment_limit": "500.00",
            "product": "current",
        },
        result={
            "account": "1000000000001738",
            "reference": "SA7647FEDC6156FE",
            "card_reference": "SA7647FEDC6156FD",
            "mandate_reference": "IN7647FEDC6156FC",
        },
    ),
    Place(
        method="POST",
        path="/v1/loans/{number}/payouts",
        service="loan_payout_with_insurance",
        summary="Have a loan paid out with its insurance",
        description="The insurer confirms late, so 202 is the usual answer; the money comes with the confirmation.",
        path_arguments={"number": PathArgument("loan_account", Reason.ACCOUNT_UNKNOWN, "The loan's account number.")},
        body={
            "to_account": _NUMBER,
            "amount": "10000.00",
            "premium": "120.00",
            "currency": "CNY",
            "policy": "PPI-2026-0001",
        },
        result={
            "reference": "SA7647FEDC6156FE",
            "policy_reference": "IN7647FEDC6156FD",
            "ledger_balance": "22800.00",
            "available_balance": "22650.00",
        },
    ),
    Place(
        method="POST",
        path="/v1/bill-payments",
        service="bill_payment",
        summary="Pay a bill",
        description="Taken from the account at once; the biller's system confirms later, so 202 is the usual answer.",
        body={
            "from_account": _NUMBER,
            "biller": "electricity",
            "bill_reference": "2026050001",
            "amount": "88.00",
            "currency": "CNY",
        },
        result={"reference": "IM146A48C95CA441", "ledger_balance": "12591.50", "available_balance": "12441.50"},
    ),
    Place(
        method="POST",
        path="/v1/credit-transfers",
        service="credit_transfer",
        summary="Pay anybody, as a corporate customer",
        description="One payment as a payment file holds thousands: to an account of this bank, or with "
        "`creditor_bank` to one elsewhere, which is `pending` until that bank has confirmed it. On the channel "
        "`corporate_file` only.",
        body={
            "from_account": _NUMBER,
            "to_account": "6222020000000025",
            "amount": "120.50",
            "currency": "CNY",
            "end_to_end_id": "INV-2026-0017",
            "creditor": "远东贸易有限公司",
        },
        result={"reference": "SV146A48C95CA441", "ledger_balance": "12679.50", "available_balance": "12529.50"},
    ),
    Place(
        method="GET",
        path="/v1/accounts/{number}/entries",
        service="account_report",
        summary="The newest entries of an account",
        description="Up to five hundred, newest first, with the balances, on the channel `corporate_file` only.",
        path_arguments=_ACCOUNT,
        result={**_BALANCE, "number": _NUMBER, "entries": []},
    ),
    Place(
        method="POST",
        path="/v1/cards/{card_id}/block",
        service="block_card",
        summary="Block a card",
        description="The card stops working everywhere at once. The bank unblocks it, the customer cannot.",
        path_arguments={"card_id": PathArgument("card", Reason.CARD_UNKNOWN, "The card's id, from /v1/accounts.")},
        body={"reason": "lost"},
        result={"card": "622202******1234", "status": "blocked"},
    ),
    Place(
        method="PUT",
        path="/v1/contact-details",
        service="change_contact_details",
        summary="Change a telephone number, e-mail or postal address",
        description="The new one takes effect on every channel; the old one is kept with its end.",
        body={"kind": "phone", "value": "+8613800138000", "purpose": "home"},
        result={"kind": "phone", "value": "+8613800138000", "purpose": "home"},
    ),
    Place(
        method="POST",
        path="/v1/complaints",
        service="submit_complaint",
        summary="Complain",
        description="Opens a case with a number and a day by which the bank answers.",
        body={
            "subject": "Cash not dispensed",
            "description": "The machine debited my account but gave no money.",
            "contact_reason": "cash_not_dispensed",
        },
        result={"case": "C260504-8DBBED", "due_at": "2026-05-19T01:12:09Z"},
    ),
)
PLACES: Final = {place.service: place for place in _TABLE}
