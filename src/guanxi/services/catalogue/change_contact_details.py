"""A customer has a new telephone number, e-mail address or postal address."""

from __future__ import annotations

import functools
import re
from typing import Annotated, Final, Literal, cast

import msgspec
import phonenumbers

from guanxi.kernel.vocabulary import Channel, InteractionKind, Reason
from guanxi.parties.change_contact_point import change_contact_point
from guanxi.services.request import ServiceRequest
from guanxi.services.service import Entry, Known, Names, Plan, Service

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class ChangeContactDetails(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which means, the new value, and what it is for."""

    kind: Literal["phone", "email", "address"]
    value: Annotated[str, msgspec.Meta(min_length=3, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
    purpose: Literal["home", "work", "mailing"] = "home"


def names(_request: ServiceRequest) -> Names:
    """Nothing to look up: the party is the actor."""
    return Names()


def plan(request: ServiceRequest, _known: Known) -> Plan:
    """A change in our own record."""
    arguments = cast("ChangeContactDetails", request.arguments)
    party_id = request.actor.party_id
    if party_id is None:
        return Plan(declined=Reason.NOT_PERMITTED)
    value = normalised(arguments.kind, arguments.value)
    detail = {"kind": arguments.kind, "purpose": arguments.purpose}
    entries = (Entry(party_id, detail=detail),)
    if value is None:
        return Plan(entries=entries, declined=Reason.INVALID_REQUEST)
    change = functools.partial(
        change_contact_point,
        party_id=party_id,
        kind=arguments.kind,
        value=value,
        purpose=arguments.purpose,
        source=request.channel.value,
        at=request.received_at,
    )
    return Plan(entries=entries, change=change)


def normalised(kind: str, value: str) -> str | None:
    """`value` as it is kept, or None if wrong. Telephone numbers in E.164; Chinese when they name no country."""
    text = value.strip()
    if kind == "email":
        return text if _EMAIL.fullmatch(text) else None
    if kind == "address":
        return text or None
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


SERVICE = Service(
    name="change_contact_details",
    kind=InteractionKind.SERVICE,
    arguments=ChangeContactDetails,
    channels=frozenset({Channel.INTERNET, Channel.MOBILE, Channel.TELEPHONE, Channel.CALL_CENTRE, Channel.BRANCH}),
    names=names,
    plan=plan,
)
