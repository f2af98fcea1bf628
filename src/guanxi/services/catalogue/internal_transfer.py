"""Money between two accounts of this bank, whoever holds the second one.

Within one business system it is one leg, which that system does wholly or not at all. Across two systems it is a debit
and a credit; when the credit is refused the debit is undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, cast

import msgspec

from guanxi.kernel.vocabulary import Channel, InteractionKind, Reason
from guanxi.services.arguments import AccountNumber, Currency, Memo, exact, movable, refuse_amount
from guanxi.services.permission import refuse_account
from guanxi.services.request import Leg, LegReply, ServiceRequest
from guanxi.services.service import Entry, Known, KnownAccount, Names, Plan, Service, leg

_TAKEN_IN_BY: Final = {"loans": "repay"}  # elsewhere it is a credit


class InternalTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From, to, how much, and a word to the payee."""

    from_account: AccountNumber
    to_account: AccountNumber
    amount: Decimal
    currency: Currency
    memo: Memo = ""


def names(request: ServiceRequest) -> Names:
    """Both accounts."""
    transfer = cast("InternalTransfer", request.arguments)
    return Names(accounts=(transfer.from_account, transfer.to_account))


def plan(request: ServiceRequest, known: Known) -> Plan:
    """One leg within a system, two across systems."""
    return plan_transfer(request, known, cast("InternalTransfer", request.arguments))


def plan_transfer(request: ServiceRequest, known: Known, transfer: InternalTransfer, *, on_both: bool = False) -> Plan:
    """The plan of `transfer`, which another service's request may ask for too.

    One's own money moved to another account of one's own is one line on the timeline; with `on_both` it is two.
    """
    payer, payee = known.accounts.get(transfer.from_account), known.accounts.get(transfer.to_account)
    refused = _refuse(request, transfer, payer, payee)
    if payer is None or payee is None or refused is Reason.ACCOUNT_UNKNOWN:
        detail = {"account": transfer.from_account, "to_account": transfer.to_account, "memo": transfer.memo}
        asker = (Entry(request.actor.party_id, detail=detail),) if request.actor.party_id else ()
        return Plan(entries=asker, declined=refused)
    entries = _entries(request, transfer, payer, payee, on_both=on_both)
    return Plan(entries=entries, declined=refused, legs=() if refused else _legs(request, transfer, payer, payee))


def conclude(replies: Sequence[LegReply]) -> dict[str, Any]:
    """The payer's reference and balances; the payee's balances are nobody else's business."""
    first = replies[0]
    private = {name: value for name, value in first.content.items() if not name.startswith("to_")}
    return {"reference": first.reference, **private}


def _refuse(
    request: ServiceRequest, transfer: InternalTransfer, payer: KnownAccount | None, payee: KnownAccount | None
) -> Reason | None:
    if refused := refuse_account(request.actor, payer, to_debit=True) or refuse_amount(
        transfer.amount, transfer.currency
    ):
        return refused
    if payee is None:
        return Reason.ACCOUNT_UNKNOWN
    if payee.status == "closed":
        return Reason.ACCOUNT_CLOSED
    if payer is not None and payer.number == payee.number:
        return Reason.INVALID_REQUEST
    currencies = {transfer.currency, payee.currency, payer.currency if payer else payee.currency}
    return Reason.CURRENCY_MISMATCH if len(currencies) > 1 else None


def _entries(
    request: ServiceRequest, transfer: InternalTransfer, payer: KnownAccount, payee: KnownAccount, *, on_both: bool
) -> tuple[Entry, ...]:
    amount = movable(transfer.amount, transfer.currency)
    party_id = request.actor.party_id or payer.owner_id
    told = {"memo": transfer.memo}
    paid = {**told, "account": payer.number, "to_account": payee.number}
    entries = [Entry(party_id, payer.id, -amount if amount else None, transfer.currency, paid)] if party_id else []
    if payee.owner_id and (payee.owner_id != party_id or on_both):
        received = {**told, "account": payee.number, "from_account": payer.number}
        entries.append(Entry(payee.owner_id, payee.id, amount, transfer.currency, received))
    return tuple(entries)


def _legs(
    request: ServiceRequest, transfer: InternalTransfer, payer: KnownAccount, payee: KnownAccount
) -> tuple[Leg, ...]:
    content = {"amount": exact(transfer.amount, transfer.currency), "currency": transfer.currency}
    content["memo"] = transfer.memo
    debit = {**content, "account": payer.number}
    if payer.system == payee.system:
        return (leg(request, 0, payer.system, "transfer", {**debit, "to_account": payee.number}),)
    credit = {**content, "account": payee.number}
    take_in = _TAKEN_IN_BY.get(payee.system, "credit")
    return (
        leg(request, 0, payer.system, "debit", debit, undo="reversal"),
        leg(request, 1, payee.system, take_in, credit, undo="reversal"),
    )


SERVICE = Service(
    name="internal_transfer",
    kind=InteractionKind.TRANSACTION,
    arguments=InternalTransfer,
    channels=frozenset({Channel.INTERNET, Channel.MOBILE, Channel.TELEPHONE, Channel.CALL_CENTRE, Channel.BRANCH}),
    names=names,
    plan=plan,
    conclude=conclude,
)
