"""The newest entries of an account, as many as its system tells at once, for a corporate customer's own books."""

from __future__ import annotations

from typing import cast

import msgspec

from guanxi.kernel.vocabulary import Channel, InteractionKind
from guanxi.services.arguments import AccountNumber
from guanxi.services.inquiry import names_of, plan_inquiry, show_entries
from guanxi.services.request import ServiceRequest
from guanxi.services.service import Known, Names, Plan, Service

ENTRIES = 500


class AccountReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account number."""

    account: AccountNumber


def names(request: ServiceRequest) -> Names:
    """The account."""
    return names_of(cast("AccountReport", request.arguments).account, None)


def plan(request: ServiceRequest, known: Known) -> Plan:
    """One leg."""
    account = cast("AccountReport", request.arguments).account
    return plan_inquiry(request, known, account=account, card=None, operation="entries", limit=ENTRIES)


SERVICE = Service(
    "account_report",
    InteractionKind.INQUIRY,
    AccountReport,
    frozenset({Channel.CORPORATE_FILE}),
    names,
    plan,
    show_entries,
)
