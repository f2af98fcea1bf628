"""Planning money drawn with a card at a terminal: what cash withdrawal and purchase have in common.

A debit card draws on its account's own system; a credit card is the card host's. The system of the account says which.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec

from guanxi.services.arguments import CardName, Currency, exact, movable, refuse_amount
from guanxi.services.permission import refuse_card
from guanxi.services.request import ServiceRequest
from guanxi.services.service import Entry, Known, Plan, leg


class CardPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which card, how much, and what the timeline should remember of the place."""

    card: CardName
    amount: Decimal
    currency: Currency
    merchant: Annotated[str, msgspec.Meta(max_length=60)] = ""  # a shop's name, or where the machine stands
    retrieval_reference: Annotated[str, msgspec.Meta(max_length=12)] = ""  # ISO 8583 field 37


def plan_card_payment(request: ServiceRequest, known: Known, payment: CardPayment, operation: str) -> Plan:
    """One leg that takes `payment.amount` from the card's account."""
    card = known.cards.get(payment.card)
    account = known.accounts.get(card.account_number) if card else None
    if card is None or account is None:
        return Plan(declined=refuse_card(card, account, request.received_at.date()))
    on = request.received_at.date()
    refused = refuse_card(card, account, on) or refuse_amount(payment.amount, payment.currency)
    detail = {
        "card": card.masked_number,
        "account": account.number,
        "terminal": request.actor.name,
        "merchant": payment.merchant,
        "retrieval_reference": payment.retrieval_reference,
    }
    moved = movable(payment.amount, payment.currency)
    entries = (Entry(card.party_id, account.id, -moved if moved else None, payment.currency, detail),)
    if refused:
        return Plan(entries=entries, declined=refused)
    content: dict[str, Any] = {
        "account": account.number,
        "amount": exact(payment.amount, payment.currency),
        "currency": payment.currency,
        "memo": payment.merchant,
    }
    return Plan(entries=entries, legs=(leg(request, 0, account.system, operation, content),))
