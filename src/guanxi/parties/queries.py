"""Reading a party's record as a page shows it. Every list is bounded."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.core.cache import cache
from django.db.models import Count

from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, require
from guanxi.parties.members import members_of
from guanxi.parties.models import (
    Account,
    AccountHolder,
    Card,
    ContactPoint,
    Identifier,
    Loan,
    Party,
    Relationship,
    StandingOrder,
)

MOST: int = 50
_TIERS = ("diamond", "gold", "silver", "basic")


@dataclasses.dataclass(frozen=True, slots=True)
class Related:
    """Another party, and what it is to this one."""

    party: Party
    kind: str


@dataclasses.dataclass(frozen=True, slots=True)
class Holdings:
    """What a party holds, and what that comes to in each currency."""

    holders: Sequence[AccountHolder]
    cards: Sequence[Card]
    loans: Sequence[Loan]
    standing_orders: Sequence[StandingOrder]

    @property
    def accounts(self) -> list[AccountHolder]:
        """Holdings of accounts with money in them: neither loans nor credit cards."""
        return [holder for holder in self.holders if holder.account.system not in {"loans", "cards"}]

    @property
    def deposits(self) -> dict[str, Decimal]:
        """Money that the party has with us, by currency."""
        return _by_currency(holder.account for holder in self.accounts if holder.role == "owner")

    @property
    def card_debt(self) -> dict[str, Decimal]:
        """Money owed on credit cards, by currency."""
        owed = [holder.account for holder in self.holders if holder.account.system == "cards"]
        return {currency: -amount for currency, amount in _by_currency(owed).items()}

    @property
    def lent(self) -> dict[str, Decimal]:
        """Loans outstanding, by currency."""
        sums: dict[str, Decimal] = {}
        for loan in self.loans:
            sums[loan.account.currency] = sums.get(loan.account.currency, Decimal(0)) + loan.outstanding
        return sums


def _by_currency(accounts: Iterable[Account]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for account in accounts:
        sums[account.currency] = sums.get(account.currency, Decimal(0)) + account.ledger_balance
    return sums


def holdings(party: Party) -> Holdings:
    """Accounts, cards, loans and standing orders of `party`."""
    members = members_of(party.id)
    holders = list(
        AccountHolder.objects.filter(party__in=members).select_related("account").order_by("account__opened_on")[:MOST]
    )
    accounts = [holder.account_id for holder in holders]
    return Holdings(
        holders,
        list(Card.objects.filter(party__in=members).select_related("account").order_by("-issued_on")[:MOST]),
        list(Loan.objects.filter(account__in=accounts).select_related("account")[:MOST]),
        list(StandingOrder.objects.filter(account__in=accounts).select_related("account")[:MOST]),
    )


def contact_points(party: Party) -> list[ContactPoint]:
    """Where `party` is reached at present."""
    return list(
        ContactPoint.objects.filter(party__in=members_of(party.id), valid_to=None).order_by("kind", "-preferred", "id")[
            :MOST
        ]
    )


def identifiers(party: Party) -> list[Identifier]:
    """The documents by which `party` is known."""
    return list(Identifier.objects.filter(party__in=members_of(party.id)).order_by("id")[:MOST])


def related(party: Party) -> list[Related]:
    """Who is what to `party`."""
    rows = Relationship.objects.filter(to_party__in=members_of(party.id), valid_to=None).select_related("from_party")[
        :MOST
    ]
    return [Related(row.from_party, row.kind) for row in rows]


def best_of_branch(staff: StaffMember, limit: int = 10) -> list[Party]:
    """Customers of the highest tiers in the branch of `staff`."""
    require(staff, Action.VIEW_CUSTOMER)
    found: list[Party] = []
    for tier in _TIERS[:2]:
        of_tier = Party.objects.filter(tier=tier, merged_into=None)
        if staff.branch:
            of_tier = of_tier.filter(branch=staff.branch)
        found += of_tier.order_by("customer_since")[: limit - len(found)]
    return found


def parties_by_id(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Party]:
    """Parties under their ids."""
    return Party.objects.in_bulk(list(ids)[:MOST])


def tier_counts(staff: StaffMember) -> dict[str, int]:
    """How many customers are in each tier; counted anew once a minute, because it reads them all."""
    require(staff, Action.VIEW_STATISTICS)
    return cache.get_or_set("parties.tier_counts", _count_tiers, timeout=60) or {}


def _count_tiers() -> dict[str, int]:
    counts = dict(
        Party.objects.filter(merged_into=None).exclude(kind="staff").values_list("tier").annotate(number=Count("id"))
    )
    return {tier: counts[tier] for tier in (*_TIERS, "") if tier in counts}


def age(party: Party, today: dt.date) -> int | None:
    """Whole years since the party was born."""
    born = party.birth_date
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
