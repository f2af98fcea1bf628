"""Cash at a machine or a counter, drawn with a card whose PIN the channel has verified."""

from __future__ import annotations

from typing import cast

from guanxi.kernel.vocabulary import Channel, InteractionKind
from guanxi.services.card_payment import CardPayment, plan_card_payment
from guanxi.services.request import ServiceRequest
from guanxi.services.service import Known, Names, Plan, Service


class CashWithdrawal(CardPayment, frozen=True, forbid_unknown_fields=True):
    """A card payment whose goods are notes."""


def names(request: ServiceRequest) -> Names:
    """The card, and with it its account."""
    return Names(cards=(cast("CashWithdrawal", request.arguments).card,))


def plan(request: ServiceRequest, known: Known) -> Plan:
    """One leg: withdraw."""
    return plan_card_payment(request, known, cast("CashWithdrawal", request.arguments), "withdraw")


SERVICE = Service(
    name="cash_withdrawal",
    kind=InteractionKind.TRANSACTION,
    arguments=CashWithdrawal,
    channels=frozenset({Channel.ATM, Channel.BRANCH}),
    names=names,
    plan=plan,
)
