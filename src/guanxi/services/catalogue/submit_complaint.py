"""Something went wrong and the customer says so: a case with a number and a day by which it is answered."""

from __future__ import annotations

import functools
from typing import Annotated, cast

import msgspec

from guanxi.interactions.open_case import open_case
from guanxi.kernel.vocabulary import Channel, InteractionKind, Reason
from guanxi.services.arguments import Line, Text
from guanxi.services.request import ServiceRequest
from guanxi.services.service import Entry, Known, Names, Plan, Service


class SubmitComplaint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it is about, in the customer's words."""

    subject: Line
    description: Text
    contact_reason: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[a-z_]+$(?!\n)")] = "complaint"


def names(_request: ServiceRequest) -> Names:
    """Nothing to look up: the party is the actor."""
    return Names()


def plan(request: ServiceRequest, _known: Known) -> Plan:
    """A change in our own record."""
    arguments = cast("SubmitComplaint", request.arguments)
    party_id = request.actor.party_id
    if party_id is None:
        return Plan(declined=Reason.NOT_PERMITTED)
    change = functools.partial(
        open_case,
        party_id=party_id,
        request_id=request.id,
        contact_reason=arguments.contact_reason,
        subject=arguments.subject,
        description=arguments.description,
        channel=request.channel,
        at=request.received_at,
    )
    return Plan(entries=(Entry(party_id, detail={"subject": arguments.subject}),), change=change)


SERVICE = Service(
    name="submit_complaint",
    kind=InteractionKind.CONTACT,
    arguments=SubmitComplaint,
    channels=frozenset(Channel) - {Channel.ATM, Channel.POS, Channel.CORPORATE_FILE, Channel.BACK_OFFICE},
    names=names,
    plan=plan,
)
