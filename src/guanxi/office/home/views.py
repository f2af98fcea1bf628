"""The first page of each role: what this person needs first in the morning."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.access.models import AuditEntry, StaffMember
from guanxi.access.policies import Action, may
from guanxi.exchange.queries import open_legs
from guanxi.interactions.queries import cases_due, channel_counts
from guanxi.kernel.clock import now
from guanxi.office.shell.words import word
from guanxi.office.staff import staff_of
from guanxi.parties import queries

_HOURS = 24
_RECENT = 8


def home(request: HttpRequest) -> HttpResponse:
    """The panels that this role may see, filled."""
    staff = staff_of(request)
    context: dict[str, Any] = {"today": timezone.localdate(), "role": staff.role}
    if may(staff, Action.VIEW_CUSTOMER):
        context |= _customers(staff)
    if may(staff, Action.VIEW_STATISTICS):
        context |= _statistics(staff)
    if may(staff, Action.VIEW_JOURNAL):
        context["legs"] = open_legs()
        context["legs_shown"] = True
    if may(staff, Action.VIEW_AUDIT):
        context["audit"] = AuditEntry.objects.order_by("-sequence")[:20]
    return render(request, "home/home.html", context)


def _customers(staff: StaffMember) -> dict[str, Any]:
    cases = cases_due()
    parties = queries.parties_by_id([case.party_id for case in cases])
    return {
        "recent": _recent(staff),
        "cases": [(case, parties.get(case.party_id)) for case in cases],
        "best": queries.best_of_branch(staff),
    }


def _recent(staff: StaffMember) -> list[Any]:
    """The customers that this person opened last."""
    subjects = AuditEntry.objects.filter(actor=f"staff:{staff.get_username()}", action="view_customer")
    names = subjects.order_by("-sequence").values_list("subject", flat=True)[:100]
    ids = list(dict.fromkeys(name.removeprefix("party:") for name in names))[:_RECENT]
    found = {str(party_id): party for party_id, party in queries.parties_by_id(ids).items()}  # type: ignore[arg-type]
    return [found[party_id] for party_id in ids if party_id in found]


def _statistics(staff: StaffMember) -> dict[str, Any]:
    since = now().replace(minute=0, second=0, microsecond=0) - dt.timedelta(hours=_HOURS - 1)
    counts = channel_counts(since)
    tiers = queries.tier_counts(staff)
    return {
        "channels_chart": json.dumps(_channels_chart(counts, since)) if counts else "",
        "interactions_today": sum(sum(hours.values()) for hours in counts.values()),
        "tiers_chart": json.dumps(_tiers_chart(tiers)) if tiers else "",
    }


def _channels_chart(counts: dict[str, dict[int, int]], since: dt.datetime) -> dict[str, Any]:
    hours = [timezone.localtime(since + dt.timedelta(hours=hour)).strftime("%H") for hour in range(_HOURS)]
    series = [
        {
            "name": word(channel),
            "type": "bar",
            "stack": "all",
            "data": [by_hour.get(hour, 0) for hour in range(_HOURS)],
        }
        for channel, by_hour in sorted(counts.items(), key=lambda pair: -sum(pair[1].values()))
    ]
    return {
        "grid": {"left": 6, "right": 6, "top": 36, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "left": 0, "itemWidth": 10, "itemHeight": 10},
        "xAxis": {"type": "category", "data": hours},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": series,
    }


def _tiers_chart(tiers: dict[str, int]) -> dict[str, Any]:
    data = [{"name": word(tier) if tier else _("Not yet known"), "value": number} for tier, number in tiers.items()]
    return {
        "tooltip": {"trigger": "item"},
        "series": [{"type": "pie", "radius": ["45%", "72%"], "data": data, "label": {"formatter": "{b}\n{c}"}}],
    }
