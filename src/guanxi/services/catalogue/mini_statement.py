"""The last ten entries of an account, asked of the system that keeps it."""

from __future__ import annotations

from typing import cast

import msgspec

from guanxi.kernel.vocabulary import InteractionKind
from guanxi.services.arguments import AccountNumber, CardName
from guanxi.services.inquiry import CHANNELS, names_of, plan_inquiry, show_entries
from guanxi.services.request import ServiceRequest
from guanxi.services.service import Known, Names, Plan, Service

ENTRIES = 10


class MiniStatement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account number, or the card that names the account."""

    account: AccountNumber | None = None
    card: CardName | None = None


def names(request: ServiceRequest) -> Names:
    """The account or the card."""
    arguments = cast("MiniStatement", request.arguments)
    return names_of(arguments.account, arguments.card)


def plan(request: ServiceRequest, known: Known) -> Plan:
    """One leg."""
    arguments = cast("MiniStatement", request.arguments)
    return plan_inquiry(
        request, known, account=arguments.account, card=arguments.card, operation="entries", limit=ENTRIES
    )


SERVICE = Service("mini_statement", InteractionKind.INQUIRY, MiniStatement, CHANNELS, names, plan, show_entries)
