"""What each role may do: one table, asked by every page and every query on behalf of a member of staff."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from guanxi.access.errors import ActionDenied
from guanxi.access.models import StaffMember, StaffRole


class Action(StrEnum):
    """What can be allowed."""

    SEARCH_CUSTOMERS = "search_customers"
    VIEW_CUSTOMER = "view_customer"
    VIEW_STATISTICS = "view_statistics"
    VIEW_JOURNAL = "view_journal"
    EDIT_EXCHANGE = "edit_exchange"
    VIEW_AUDIT = "view_audit"
    EDIT_CUSTOMER = "edit_customer"
    STEWARD_RECORDS = "steward_records"  # sources, loads, doubtful pairs, merging and parting, rules of survivorship
    EXPORT_CUSTOMERS = "export_customers"
    DEFINE_FIELDS = "define_fields"
    PLAY_CUSTOMER = "play_customer"


_EVERYBODY: Final = frozenset({Action.PLAY_CUSTOMER})
_WITH_CUSTOMERS: Final = _EVERYBODY | {Action.SEARCH_CUSTOMERS, Action.VIEW_CUSTOMER}
_STEWARDS: Final = frozenset({Action.STEWARD_RECORDS})
ALLOWED: Final[dict[str, frozenset[Action]]] = {
    StaffRole.AGENT: _WITH_CUSTOMERS | {Action.EDIT_CUSTOMER},
    StaffRole.RELATIONSHIP_MANAGER: _WITH_CUSTOMERS | {Action.EDIT_CUSTOMER},
    StaffRole.SUPERVISOR: _WITH_CUSTOMERS
    | {Action.VIEW_STATISTICS, Action.EDIT_CUSTOMER, Action.EXPORT_CUSTOMERS, Action.DEFINE_FIELDS}
    | _STEWARDS,
    StaffRole.MARKETER: _EVERYBODY | {Action.VIEW_STATISTICS, Action.EXPORT_CUSTOMERS},
    StaffRole.ANALYST: _EVERYBODY | {Action.VIEW_STATISTICS, Action.EXPORT_CUSTOMERS} | _STEWARDS,
    StaffRole.ENGINEER: _EVERYBODY
    | {Action.VIEW_JOURNAL, Action.EDIT_EXCHANGE, Action.VIEW_STATISTICS, Action.DEFINE_FIELDS}
    | _STEWARDS,
    StaffRole.COMPLIANCE: _WITH_CUSTOMERS
    | {Action.VIEW_AUDIT, Action.VIEW_JOURNAL, Action.VIEW_STATISTICS}
    | _STEWARDS,
}


def may(staff: StaffMember, action: Action) -> bool:
    """Is `staff` allowed to do `action`?"""
    return staff.is_active and action in ALLOWED.get(staff.role, frozenset())


def require(staff: StaffMember, action: Action) -> None:
    """`ActionDenied` unless `staff` is allowed to do `action`."""
    if not may(staff, action):
        raise ActionDenied(action.value)
