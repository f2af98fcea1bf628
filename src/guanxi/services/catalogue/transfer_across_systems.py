"""A bundle of two legs: money from an account in one business system to an account or a loan in another.

The credit can be refused after the debit is done; then the debit is undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from guanxi.kernel.vocabulary import Channel, InteractionKind, Reason
from guanxi.services.arguments import AccountNumber, Currency, Memo, exact, movable, refuse_amount
from guanxi.services.permission import refuse_account
from guanxi.services.request import LegReply, ServiceRequest
from guanxi.services.service import Entry, Known, KnownAccount, Names, Plan, Service, leg

_TAKEN_IN_BY: Final = {"loans": "repay"}  # elsewhere it is a credit


class TransferAcrossSystems(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From, to (an account, or the loan that is repaid), how much, and a word to go with it."""

    from_account: AccountNumber
    to_account: AccountNumber
    amount: Decimal
    currency: Currency
    memo: Memo = ""


def names(request: ServiceRequest) -> Names:
    """Both accounts."""
    transfer = cast("TransferAcrossSystems", request.arguments)
    return Names(accounts=(transfer.from_account, transfer.to_account))


def plan(request: ServiceRequest, known: Known) -> Plan:
    """A debit in one system, then a credit or a repayment in the other."""
    transfer = cast("TransferAcrossSystems", request.arguments)
    payer, payee = known.accounts.get(transfer.from_account), known.accounts.get(transfer.to_account)
    refused = _refuse(request, transfer, payer, payee)
    detail = {"account": transfer.from_account, "to_account": transfer.to_account, "memo": transfer.memo}
    party_id = request.actor.party_id or (payer.owner_id if payer else None)
    if payer is None or payee is None or refused is Reason.ACCOUNT_UNKNOWN:
        return Plan(entries=(Entry(party_id, detail=detail),) if party_id else (), declined=refused)
    amount = movable(transfer.amount, transfer.currency)
    paid = [Entry(party_id, payer.id, -amount if amount else None, transfer.currency, detail)] if party_id else []
    received = {"account": payee.number, "from_account": payer.number, "memo": transfer.memo}
    taken = [Entry(payee.owner_id, payee.id, amount, transfer.currency, received)] if payee.owner_id else []
    entries = (*paid, *taken)
    if refused:
        return Plan(entries=entries, declined=refused)
    content = {"amount": exact(transfer.amount, transfer.currency), "currency": transfer.currency}
    content["memo"] = transfer.memo
    take_in = _TAKEN_IN_BY.get(payee.system, "credit")
    return Plan(
        entries=entries,
        legs=(
            leg(request, 0, payer.system, "debit", {**content, "account": payer.number}, undo="reversal"),
            leg(request, 1, payee.system, take_in, {**content, "account": payee.number}, undo="reversal"),
        ),
    )


def conclude(replies: Sequence[LegReply]) -> dict[str, Any]:
    """The debit's reference and the payer's balances."""
    return {"reference": replies[0].reference, **replies[0].content}


def _refuse(
    request: ServiceRequest, transfer: TransferAcrossSystems, payer: KnownAccount | None, payee: KnownAccount | None
) -> Reason | None:
    if refused := refuse_account(request.actor, payer, to_debit=True) or refuse_amount(
        transfer.amount, transfer.currency
    ):
        return refused
    if payer is None or payee is None:
        return Reason.ACCOUNT_UNKNOWN
    if payee.status == "closed":
        return Reason.ACCOUNT_CLOSED
    if payee.system in {payer.system, "cards"}:
        return Reason.INVALID_REQUEST
    return Reason.CURRENCY_MISMATCH if len({transfer.currency, payer.currency, payee.currency}) > 1 else None


SERVICE = Service(
    name="transfer_across_systems",
    kind=InteractionKind.TRANSACTION,
    arguments=TransferAcrossSystems,
    channels=frozenset({Channel.INTERNET, Channel.MOBILE, Channel.TELEPHONE, Channel.CALL_CENTRE, Channel.BRANCH}),
    names=names,
    plan=plan,
    conclude=conclude,
)
