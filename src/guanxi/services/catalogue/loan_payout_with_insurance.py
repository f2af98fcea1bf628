"""A bundle of four legs: a loan is paid out to the customer's account, and its insurance is paid from it.

The insurer confirms late. Only then does the customer get the money; when the insurer rejects, or the account cannot
take it, loan and premium are undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, cast

import msgspec

from guanxi.kernel.vocabulary import Channel, InteractionKind, Reason
from guanxi.services.arguments import AccountNumber, Currency, Memo, exact, movable, refuse_amount
from guanxi.services.permission import refuse_account
from guanxi.services.request import LegReply, ServiceRequest
from guanxi.services.service import Entry, Known, KnownAccount, Names, Plan, Service, leg


class LoanPayout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which loan pays how much to which account, and which policy is paid from it with what premium."""

    loan_account: AccountNumber
    to_account: AccountNumber
    amount: Decimal
    premium: Decimal
    currency: Currency
    policy: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.-]+$(?!\n)")]
    memo: Memo = ""


def names(request: ServiceRequest) -> Names:
    """Loan and account."""
    payout = cast("LoanPayout", request.arguments)
    return Names(accounts=(payout.loan_account, payout.to_account))


def plan(request: ServiceRequest, known: Known) -> Plan:
    """Draw the loan, finance the premium, pay the insurer, and pay the customer once the insurer has confirmed."""
    payout = cast("LoanPayout", request.arguments)
    loan, account = known.accounts.get(payout.loan_account), known.accounts.get(payout.to_account)
    refused = _refuse(request, payout, loan, account)
    detail = {"account": payout.to_account, "from_account": payout.loan_account, "memo": payout.memo}
    party_id = request.actor.party_id
    if loan is None or account is None or refused is Reason.ACCOUNT_UNKNOWN:
        return Plan(entries=(Entry(party_id, detail=detail),) if party_id else (), declined=refused)
    entries = _entries(request, payout, loan, account, detail)
    if refused:
        return Plan(entries=entries, declined=refused)
    money = {"currency": payout.currency, "memo": payout.memo}
    paid_out = {**money, "amount": exact(payout.amount, payout.currency)}
    premium = {**money, "amount": exact(payout.premium, payout.currency)}
    insured = {"amount": premium["amount"], "currency": payout.currency, "policy": payout.policy}
    return Plan(
        entries=entries,
        legs=(
            leg(request, 0, "loans", "disburse", {**paid_out, "account": loan.number}, undo="reversal"),
            leg(request, 1, "loans", "finance_premium", {**premium, "account": loan.number}, undo="reversal"),
            leg(request, 2, "intermediary", "pay_premium", insured, undo="reversal"),
            leg(request, 3, account.system, "credit", {**paid_out, "account": account.number}, undo="reversal"),
        ),
    )


def conclude(replies: Sequence[LegReply]) -> dict[str, Any]:
    """The pay-out's reference and the account's balances, and the insurer's reference."""
    return {"reference": replies[3].reference, "policy_reference": replies[2].reference, **replies[3].content}


def _entries(
    request: ServiceRequest, payout: LoanPayout, loan: KnownAccount, account: KnownAccount, detail: dict[str, str]
) -> tuple[Entry, ...]:
    """What came to the account, and what the loan grew by."""
    party_id = request.actor.party_id or account.owner_id
    if party_id is None:
        return ()
    amount, premium = movable(payout.amount, payout.currency), movable(payout.premium, payout.currency)
    drawn = -(amount + premium) if amount and premium else None
    told = {"account": loan.number, "to_account": account.number, "policy": payout.policy, "memo": payout.memo}
    return (
        Entry(party_id, account.id, amount, payout.currency, detail),
        Entry(party_id, loan.id, drawn, payout.currency, told),
    )


def _refuse(
    request: ServiceRequest, payout: LoanPayout, loan: KnownAccount | None, account: KnownAccount | None
) -> Reason | None:
    for each in (loan, account):
        if refused := refuse_account(request.actor, each):
            return refused
    for amount in (payout.amount, payout.premium):
        if refused := refuse_amount(amount, payout.currency):
            return refused
    if loan is None or account is None:
        return Reason.ACCOUNT_UNKNOWN
    if loan.system != "loans" or account.system not in {"savings", "integrated"}:
        return Reason.INVALID_REQUEST
    if "blocked" in {loan.status, account.status}:
        return Reason.ACCOUNT_BLOCKED
    return Reason.CURRENCY_MISMATCH if len({payout.currency, loan.currency, account.currency}) > 1 else None


SERVICE = Service(
    name="loan_payout_with_insurance",
    kind=InteractionKind.TRANSACTION,
    arguments=LoanPayout,
    channels=frozenset({Channel.INTERNET, Channel.MOBILE, Channel.TELEPHONE, Channel.CALL_CENTRE, Channel.BRANCH}),
    names=names,
    plan=plan,
    conclude=conclude,
)
