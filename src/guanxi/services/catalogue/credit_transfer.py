"""A corporate customer's payment, as pain.001 orders it: to an account of this bank, or to one at another bank.

To an account of ours it is an internal transfer. Elsewhere the money is held, the intermediary-business system sends
the payment, and once the other bank has confirmed it the hold is taken; a rejection lets it go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, cast

import msgspec

from guanxi.kernel.vocabulary import Channel, InteractionKind, Reason
from guanxi.services.arguments import AccountNumber, Currency, Memo, exact, movable, refuse_amount
from guanxi.services.catalogue.internal_transfer import InternalTransfer, plan_transfer
from guanxi.services.catalogue.internal_transfer import conclude as conclude_transfer
from guanxi.services.permission import refuse_account
from guanxi.services.request import LegReply, ServiceRequest
from guanxi.services.service import Entry, Known, KnownAccount, Names, Plan, Service, leg

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$(?!\n)"


class CreditTransfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which account pays whom, how much, and under which name. Without `creditor_bank` the payee's account is ours."""

    from_account: AccountNumber
    to_account: AccountNumber
    amount: Decimal
    currency: Currency
    end_to_end_id: Annotated[str, msgspec.Meta(min_length=1, max_length=35, pattern=_PRINTABLE)]
    creditor: Annotated[str, msgspec.Meta(max_length=140, pattern=_PRINTABLE)] = ""
    creditor_bank: Annotated[str, msgspec.Meta(max_length=35, pattern=r"^[A-Za-z0-9]*$(?!\n)")] = ""
    memo: Memo = ""


def names(request: ServiceRequest) -> Names:
    """The paying account, and the paid one when it is ours."""
    payment = cast("CreditTransfer", request.arguments)
    return Names(
        accounts=(payment.from_account,) if payment.creditor_bank else (payment.from_account, payment.to_account)
    )


def plan(request: ServiceRequest, known: Known) -> Plan:
    """Within the bank the legs of a transfer; to another bank hold, send, and, once confirmed, capture."""
    payment = cast("CreditTransfer", request.arguments)
    told = {"end_to_end_id": payment.end_to_end_id, "creditor": payment.creditor, "bank": payment.creditor_bank}
    if payment.creditor_bank:
        planned = _plan_outgoing(request, payment, known.accounts.get(payment.from_account))
    else:
        transfer = InternalTransfer(
            payment.from_account, payment.to_account, payment.amount, payment.currency, _memo(payment)
        )
        planned = plan_transfer(request, known, transfer)
    entries = tuple(dataclasses.replace(entry, detail={**entry.detail, **told}) for entry in planned.entries)
    return dataclasses.replace(planned, entries=entries)


def conclude(replies: Sequence[LegReply]) -> dict[str, Any]:
    """Of a transfer, the payer's side; of an outgoing payment, the reference it is known by outside."""
    if len(replies) < 3:
        return conclude_transfer(replies)
    return {**replies[0].content, **replies[-1].content, "reference": replies[1].reference}


def _plan_outgoing(request: ServiceRequest, payment: CreditTransfer, payer: KnownAccount | None) -> Plan:
    refused = refuse_account(request.actor, payer, to_debit=True) or refuse_amount(payment.amount, payment.currency)
    detail = {"account": payment.from_account, "to_account": payment.to_account, "memo": payment.memo}
    party_id = request.actor.party_id
    if payer is None or refused is Reason.ACCOUNT_UNKNOWN:
        return Plan(entries=(Entry(party_id, detail=detail),) if party_id else (), declined=refused)
    if not refused and payer.currency != payment.currency:
        refused = Reason.CURRENCY_MISMATCH
    moved = movable(payment.amount, payment.currency)
    entries = (Entry(party_id, payer.id, -moved if moved else None, payment.currency, detail),) if party_id else ()
    if refused:
        return Plan(entries=entries, declined=refused)
    amount = {"amount": exact(payment.amount, payment.currency), "currency": payment.currency}
    hold = leg(request, 0, payer.system, "hold", {**amount, "account": payer.number})
    sent = {
        **amount,
        "bank": payment.creditor_bank,
        "to_account": payment.to_account,
        "creditor": payment.creditor,
        "end_to_end_id": payment.end_to_end_id,
    }
    capture = {**amount, "account": payer.number, "hold": str(hold.id), "purpose": "payment", "memo": _memo(payment)}
    return Plan(
        entries=entries,
        legs=(
            hold,
            leg(request, 1, "intermediary", "send_payment", sent),
            leg(request, 2, payer.system, "capture", capture),
        ),
    )


def _memo(payment: CreditTransfer) -> str:
    """What the books say of it: the end-to-end reference, by which both sides match it, before the payer's words."""
    return f"{payment.end_to_end_id} {payment.memo}".strip()[:140]


SERVICE = Service(
    name="credit_transfer",
    kind=InteractionKind.TRANSACTION,
    arguments=CreditTransfer,
    channels=frozenset({Channel.CORPORATE_FILE}),
    names=names,
    plan=plan,
    conclude=conclude,
)
