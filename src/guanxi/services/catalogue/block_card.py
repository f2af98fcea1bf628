"""A customer's card is lost, stolen or to be stopped: it is refused everywhere from the moment of the reply."""

from __future__ import annotations

import functools
from typing import Literal, cast

import msgspec

from guanxi.kernel.vocabulary import Channel, InteractionKind, Reason
from guanxi.parties.block_card import block_card
from guanxi.services.arguments import CardName
from guanxi.services.request import ServiceRequest
from guanxi.services.service import Entry, Known, Names, Plan, Service


class BlockCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which card (its id), and why."""

    card: CardName
    reason: Literal["lost", "stolen", "suspicious", "other"] = "other"


def names(request: ServiceRequest) -> Names:
    """The card."""
    return Names(cards=(cast("BlockCard", request.arguments).card,))


def plan(request: ServiceRequest, known: Known) -> Plan:
    """A change in our own record; every channel asks it before a card is used."""
    arguments = cast("BlockCard", request.arguments)
    card = known.cards.get(arguments.card)
    if card is None or (request.actor.kind == "party" and card.party_id != request.actor.party_id):
        entries = (Entry(request.actor.party_id),) if request.actor.party_id else ()
        return Plan(entries=entries, declined=Reason.CARD_UNKNOWN)
    detail = {"card": card.masked_number, "reason": arguments.reason}
    return Plan(
        entries=(Entry(card.party_id, detail=detail),),
        declined=Reason.CARD_EXPIRED if card.status == "expired" else None,
        change=functools.partial(block_card, card_id=card.id),
        result={"card": card.masked_number},
    )


SERVICE = Service(
    name="block_card",
    kind=InteractionKind.SECURITY,
    arguments=BlockCard,
    channels=frozenset(Channel) - {Channel.POS, Channel.MAIL, Channel.CORPORATE_FILE, Channel.BACK_OFFICE},
    names=names,
    plan=plan,
)
