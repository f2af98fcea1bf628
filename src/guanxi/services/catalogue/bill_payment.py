"""A bill paid through the intermediary-business system: the money is held, the biller confirms, the hold is taken.

A confirmation turns the hold into a debit; a rejection lets it go. Both come after the reply, which says `pending`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, cast

import msgspec

from guanxi.kernel.vocabulary import Channel, InteractionKind, Reason
from guanxi.services.arguments import AccountNumber, Currency, exact, movable, refuse_amount
from guanxi.services.permission import refuse_account
from guanxi.services.request import LegReply, ServiceRequest
from guanxi.services.service import Entry, Known, Names, Plan, Service, leg


class BillPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which account pays which biller, under which reference, how much."""

    from_account: AccountNumber
    biller: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.-]+$(?!\n)")]
    bill_reference: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[\x20-\x7e]+$(?!\n)")]
    amount: Decimal
    currency: Currency


def names(request: ServiceRequest) -> Names:
    """The paying account."""
    return Names(accounts=(cast("BillPayment", request.arguments).from_account,))


def plan(request: ServiceRequest, known: Known) -> Plan:
    """Three legs: hold, pay, and, once the biller has confirmed, capture."""
    payment = cast("BillPayment", request.arguments)
    account = known.accounts.get(payment.from_account)
    refused = refuse_account(request.actor, account, to_debit=True) or refuse_amount(payment.amount, payment.currency)
    detail = {"account": payment.from_account, "biller": payment.biller, "bill_reference": payment.bill_reference}
    party_id = request.actor.party_id or (account.owner_id if account else None)
    if account is None or refused is Reason.ACCOUNT_UNKNOWN:
        return Plan(entries=(Entry(party_id, detail=detail),) if party_id else (), declined=refused)
    moved = movable(payment.amount, payment.currency)
    entries = (Entry(party_id, account.id, -moved if moved else None, payment.currency, detail),) if party_id else ()
    if refused:
        return Plan(entries=entries, declined=refused)
    amount = {"amount": exact(payment.amount, payment.currency), "currency": payment.currency}
    hold = leg(request, 0, account.system, "hold", {**amount, "account": account.number})
    bill = {**amount, "biller": payment.biller, "bill_reference": payment.bill_reference}
    memo = f"{payment.biller} {payment.bill_reference}"
    capture = {**amount, "account": account.number, "hold": str(hold.id), "memo": memo}
    return Plan(
        entries=entries,
        legs=(
            hold,
            leg(request, 1, "intermediary", "pay_bill", bill),
            leg(request, 2, account.system, "capture", capture),
        ),
    )


def conclude(replies: Sequence[LegReply]) -> dict[str, Any]:
    """The biller's reference, and the balances after the newest leg on the account."""
    return {**replies[0].content, **replies[-1].content, "reference": replies[1].reference}


SERVICE = Service(
    name="bill_payment",
    kind=InteractionKind.TRANSACTION,
    arguments=BillPayment,
    channels=frozenset({Channel.INTERNET, Channel.MOBILE, Channel.TELEPHONE, Channel.CALL_CENTRE, Channel.BRANCH}),
    names=names,
    plan=plan,
    conclude=conclude,
)
