"""Finding customers and seeing all of one."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.access.audit import record
from guanxi.interactions.queries import MonthFlow, monthly_flow, open_cases
from guanxi.kernel.clock import now
from guanxi.office.interactions.views import read_filter, timeline_context
from guanxi.office.parties.panels import panels_for
from guanxi.office.staff import staff_of
from guanxi.parties import queries
from guanxi.parties.access import party_for
from guanxi.parties.members import surviving
from guanxi.parties.search import search_parties

_MONTHS = 12


def customers(request: HttpRequest) -> HttpResponse:
    """The search page."""
    text = request.GET.get("q", "").strip()
    hits = search_parties(staff_of(request), text) if text else []
    return render(request, "parties/customers.html", {"text": text, "hits": hits})


def results(request: HttpRequest) -> HttpResponse:
    """What is found while typing."""
    text = request.GET.get("q", "").strip()
    hits = search_parties(staff_of(request), text) if text else []
    return render(request, "parties/results.html", {"text": text, "hits": hits})


def customer(request: HttpRequest, party_id: uuid.UUID) -> HttpResponse:
    """Everything about one customer, and the timeline as it grows."""
    staff = staff_of(request)
    party = party_for(staff, party_id)
    if party.merged_into_id is not None:
        return redirect("customer", surviving(party.id))
    record(actor=f"staff:{staff.get_username()}", action="view_customer", subject=f"party:{party.id}", at=now())
    holdings = queries.holdings(party)
    currency = _main_currency(holdings)
    since = _first_of_month(timezone.localdate(), _MONTHS - 1)
    flow = monthly_flow(party.id, currency, since) if currency else []
    context: dict[str, Any] = {
        "party": party,
        "age": queries.age(party, timezone.localdate()),
        "identifiers": queries.identifiers(party)[:10],
        "contact_points": queries.contact_points(party),
        "related": queries.related(party),
        "holdings": holdings,
        "currency": currency,
        "flow_chart": json.dumps(_flow_chart(flow, since, currency)) if flow else "",
        "cases": open_cases(party.id),
        "panels": panels_for(staff),
        **timeline_context(party.id, read_filter(request)),
    }
    return render(request, "parties/customer.html", context)


def holdings_panel(request: HttpRequest, party_id: uuid.UUID) -> HttpResponse:
    """Products and balances alone, fetched again when the timeline grows."""
    party = party_for(staff_of(request), party_id)
    return render(request, "parties/holdings.html", {"party": party, "holdings": queries.holdings(party)})


def _main_currency(holdings: queries.Holdings) -> str:
    """The currency in which the customer has most of their accounts."""
    currencies = [holder.account.currency for holder in holdings.holders]
    return max(set(currencies), key=currencies.count) if currencies else ""


def _first_of_month(today: dt.date, months_ago: int) -> dt.date:
    months = today.year * 12 + today.month - 1 - months_ago
    return dt.date(months // 12, months % 12 + 1, 1)


def _flow_chart(flow: list[MonthFlow], since: dt.date, currency: str) -> dict[str, Any]:
    """Money in above the line, money out below it, a bar a month."""
    months = [_first_of_month(since, -number) for number in range(_MONTHS)]
    found = {each.month: each for each in flow}
    inflow = [float(found[month].inflow) if month in found else 0 for month in months]
    outflow = [-float(found[month].outflow) if month in found else 0 for month in months]
    bar = {"type": "bar", "stack": "flow", "barWidth": "55%", "itemStyle": {"borderRadius": 3}}
    return {
        "grid": {"left": 6, "right": 6, "top": 24, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis"},
        "legend": {"right": 0, "top": 0, "itemWidth": 10, "itemHeight": 10},
        "xAxis": {"type": "category", "data": [f"{month:%m}" for month in months], "axisTick": {"show": False}},
        "yAxis": {"type": "value", "name": currency, "splitNumber": 3},
        "series": [{**bar, "name": _("In"), "data": inflow}, {**bar, "name": _("Out"), "data": outflow}],
    }
