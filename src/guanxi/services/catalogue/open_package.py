"""A bundle of three legs: an account is opened, a debit card is issued on it, and a biller is given a mandate.

The customer gets all of it or none of it: what is refused late undoes what was arranged before, each by its own undo.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, cast

import asyncpg
import msgspec

from guanxi.kernel.vocabulary import Channel, InteractionKind, Reason
from guanxi.parties.take_in_account import take_in_account
from guanxi.services.arguments import Currency, exact, refuse_amount
from guanxi.services.request import LegReply, ServiceRequest
from guanxi.services.service import Entry, Known, Names, Plan, Service, leg

_DIGITS: Final = 10**13


class OpenPackage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What account, and which bills may be collected from it, up to how much at a time."""

    currency: Currency
    biller: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_.-]+$(?!\n)")]
    bill_reference: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[\x20-\x7e]+$(?!\n)")]
    payment_limit: Decimal
    product: Literal["current", "student", "salary"] = "current"


def names(_request: ServiceRequest) -> Names:
    """Nothing to look up: the party is the actor, and the account is new."""
    return Names()


def plan(request: ServiceRequest, _known: Known) -> Plan:
    """Open, issue, register; our own record takes the account in when all of it is done."""
    package, party_id = cast("OpenPackage", request.arguments), request.actor.party_id
    if party_id is None:
        return Plan(declined=Reason.NOT_PERMITTED)
    number = account_number(request)
    detail = {"account": number, "product": package.product, "biller": package.biller}
    entries = (Entry(party_id, detail=detail),)
    if refused := refuse_amount(package.payment_limit, package.currency):
        return Plan(entries=entries, declined=refused)
    account = {"account": number, "currency": package.currency}
    mandate = {
        "biller": package.biller,
        "bill_reference": package.bill_reference,
        "limit": exact(package.payment_limit, package.currency),
    }
    opened = {**account, "product": package.product, "owner": str(party_id)}
    card = {**account, "product": "debit_card"}
    return Plan(
        entries=entries,
        legs=(
            leg(request, 0, "savings", "open_account", opened, undo="close_account"),
            leg(request, 1, "savings", "issue_card", card, undo="cancel_card"),
            leg(request, 2, "intermediary", "register_mandate", {**account, **mandate}, undo="withdraw_mandate"),
        ),
        change=functools.partial(_take_in, request=request, number=number, package=package),
        result={"account": number},
    )


def conclude(replies: Sequence[LegReply]) -> dict[str, Any]:
    """The references of what was arranged."""
    opened, card, mandate = (reply.reference for reply in replies)
    return {"reference": opened, "card_reference": card, "mandate_reference": mandate}


def account_number(request: ServiceRequest) -> str:
    """The new account's number: it follows from the request, so that a request taken up again opens the same one.

    Savings (1), thirteen digits, two check digits (ISO 7064, MOD 97-10).
    """
    plain = f"1{request.id.int % _DIGITS:013d}"
    return f"{plain}{98 - int(plain) * 100 % 97:02d}"


async def _take_in(
    connection: asyncpg.Connection, *, request: ServiceRequest, number: str, package: OpenPackage
) -> dict[str, Any]:
    if request.actor.party_id is not None:
        await take_in_account(
            connection,
            account_id=request.id,
            number=number,
            system="savings",
            product=package.product,
            currency=package.currency,
            owner_id=request.actor.party_id,
            opened_at=request.received_at,
        )
    return {}


SERVICE = Service(
    name="open_package",
    kind=InteractionKind.SERVICE,
    arguments=OpenPackage,
    channels=frozenset({Channel.INTERNET, Channel.MOBILE, Channel.TELEPHONE, Channel.CALL_CENTRE, Channel.BRANCH}),
    names=names,
    plan=plan,
    conclude=conclude,
)
