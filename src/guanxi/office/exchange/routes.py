"""Routes on the screen: the rules in order, one to edit, and where a leg would go now, step by step, and why."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.access.policies import Action, may, require
from guanxi.exchange import endpoint_operations as operations
from guanxi.exchange import endpoint_queries as queries
from guanxi.exchange.errors import ParametersInvalid
from guanxi.exchange.models import EndpointRow, RouteRow
from guanxi.exchange.process import SERVICES
from guanxi.exchange.routes import SYSTEMS
from guanxi.exchange.routing import STAND_INS, Conditions, Facts, Route, choose
from guanxi.kernel.clock import now
from guanxi.kernel.vocabulary import Channel
from guanxi.office.exchange.sections import sections_for
from guanxi.office.staff import staff_of
from guanxi.storage.configuration import configuration

_LISTS: Final = ("services", "channels", "products", "bins")
_ASKED: Final = ("system", "service", "channel", "product", "bin", "amount", "currency", "at")
_LONGEST: Final = 60


def routes(request: HttpRequest) -> HttpResponse:
    """The rules, and the question where something would go."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    context = {
        "sections": sections_for(staff),
        "may_edit": may(staff, Action.EDIT_EXCHANGE),
        "routes": queries.routes(),
    }
    return render(request, "exchange/routes.html", {**context, **_choices(), **_decided(request.GET)})


def routes_decided(request: HttpRequest) -> HttpResponse:
    """The answer alone."""
    require(staff_of(request), Action.VIEW_JOURNAL)
    return render(request, "exchange/route_decided.html", _decided(request.GET))


@require_http_methods(["GET", "POST"])
def route(request: HttpRequest, route_id: int | None = None) -> HttpResponse:
    """One rule, or a new one."""
    staff = staff_of(request)
    require(staff, Action.EDIT_EXCHANGE)
    rows = {row.id: found for row, found in queries.routes()}
    if route_id is not None and route_id not in rows:
        raise Http404
    if request.method == "GET":
        return _form(request, route_id, _lines(rows.get(route_id or 0)), {})
    given, faults = _route(request.POST)
    if faults:
        return _form(request, route_id, {**request.POST.dict(), "enabled": given.enabled}, faults)
    try:
        operations.save_route(route_id=route_id, route=given, actor=f"staff:{staff.get_username()}", at=now())
    except ParametersInvalid as error:
        return _form(request, route_id, {**request.POST.dict(), "enabled": given.enabled}, error.faults)
    return redirect("routes")


@require_POST
def move_route(request: HttpRequest, route_id: int) -> HttpResponse:
    """Earlier, later, or away."""
    staff = staff_of(request)
    require(staff, Action.EDIT_EXCHANGE)
    if not RouteRow.objects.filter(id=route_id).exists():
        raise Http404
    actor = f"staff:{staff.get_username()}"
    if request.POST.get("to") == "away":
        operations.delete_route(route_id=route_id, actor=actor, at=now())
    else:
        places = -1 if request.POST.get("to") == "earlier" else 1
        operations.move_route(route_id=route_id, places=places, actor=actor, at=now())
    return redirect("routes")


def _form(
    request: HttpRequest, route_id: int | None, given: Mapping[str, Any], faults: Mapping[str, str]
) -> HttpResponse:
    context = {
        "sections": sections_for(staff_of(request)),
        "route_id": route_id,
        "given": given,
        "faults": faults,
        "stand_ins": STAND_INS,
        "names": EndpointRow.objects.values_list("name", flat=True)[:200],
    }
    return render(request, "exchange/route.html", {**context, **_choices()}, status=422 if faults else 200)


def _choices() -> dict[str, Any]:
    return {"systems": SYSTEMS, "services": sorted(SERVICES), "channels": [each.value for each in Channel]}


def _lines(found: Route | None) -> dict[str, Any]:
    """A rule as the fields of its form."""
    if found is None:
        return {"enabled": True, "stand_in": "none"}
    conditions = found.conditions
    return {
        "name": found.name,
        "system": found.system,
        "enabled": found.enabled,
        "stand_in": found.stand_in,
        "endpoints": ", ".join(found.endpoints),
        **{field: ", ".join(getattr(conditions, field)) for field in _LISTS},
        "amount_from": "" if conditions.amount_from is None else str(conditions.amount_from),
        "amount_to": "" if conditions.amount_to is None else str(conditions.amount_to),
        "currency": conditions.currency,
        "times": "\n".join(conditions.times),
    }


def _route(given: Mapping[str, str]) -> tuple[Route, dict[str, str]]:
    faults = {
        field: f"{given[field]!r} is no amount."
        for field in ("amount_from", "amount_to")
        if given.get(field, "").strip() and _amount(given[field].strip()) is None
    }
    conditions = Conditions(
        services=_split(given.get("services", "")),
        channels=_split(given.get("channels", "")),
        products=_split(given.get("products", "")),
        bins=_split(given.get("bins", "")),
        amount_from=_amount(given.get("amount_from", "").strip()),
        amount_to=_amount(given.get("amount_to", "").strip()),
        currency=given.get("currency", "").strip(),
        times=tuple(line.strip() for line in given.get("times", "").splitlines() if line.strip()),
    )
    found = Route(
        name=given.get("name", "").strip(),
        system=given.get("system", "").strip(),
        conditions=conditions,
        endpoints=_split(given.get("endpoints", "")),
        stand_in=given.get("stand_in", "none"),
        enabled="enabled" in given,
    )
    return found, faults


def _decided(given: Mapping[str, str]) -> dict[str, Any]:
    """Where what the form describes would go now."""
    asked = {name: given.get(name, "").strip()[:_LONGEST] for name in _ASKED}
    if not asked["system"]:
        return {"asked": asked, "decision": None}
    facts = Facts(
        system=asked["system"],
        at=_moment(asked["at"]),
        service=asked["service"],
        channel=asked["channel"],
        product=asked["product"],
        bin=asked["bin"],
        amount=_amount(asked["amount"]),
        currency=asked["currency"],
    )
    rules = [found for _row, found in queries.routes()]
    return {"asked": asked, "facts": facts, "decision": choose(facts, rules, queries.health_of(now()))}


def _moment(text: str) -> Any:  # noqa: ANN401 - a time of the clock on the bank's wall
    zone = zoneinfo.ZoneInfo(configuration().bank_time_zone)
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        return now().astimezone(zone)
    return found if timezone.is_aware(found) else found.replace(tzinfo=zone)


def _amount(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())
