"""Goods paid for with a card at a shop's terminal."""

from __future__ import annotations

from typing import cast

from guanxi.kernel.vocabulary import Channel, InteractionKind
from guanxi.services.card_payment import CardPayment, plan_card_payment
from guanxi.services.request import ServiceRequest
from guanxi.services.service import Known, Names, Plan, Service


class Purchase(CardPayment, frozen=True, forbid_unknown_fields=True):
    """A card payment whose goods are a shop's."""


def names(request: ServiceRequest) -> Names:
    """The card, and with it its account."""
    return Names(cards=(cast("Purchase", request.arguments).card,))


def plan(request: ServiceRequest, known: Known) -> Plan:
    """One leg: purchase."""
    return plan_card_payment(request, known, cast("Purchase", request.arguments), "purchase")


SERVICE = Service(
    name="purchase",
    kind=InteractionKind.TRANSACTION,
    arguments=Purchase,
    channels=frozenset({Channel.POS}),
    names=names,
    plan=plan,
)
