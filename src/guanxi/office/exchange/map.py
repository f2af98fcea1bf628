"""The exchange map: what flows where, how well, and what is open; redrawn every two seconds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.access.policies import Action, require
from guanxi.exchange import watch
from guanxi.exchange.endpoint_queries import Standing as EndpointStanding
from guanxi.exchange.endpoint_queries import standings
from guanxi.exchange.files.queries import waiting as files_waiting
from guanxi.exchange.process import SERVICES
from guanxi.exchange.queries import OpenAt, open_legs_at
from guanxi.interactions.queries import events_waiting
from guanxi.kernel.clock import now
from guanxi.kernel.vocabulary import Channel
from guanxi.office.exchange.picture import WORSE, Standing, draw
from guanxi.office.exchange.sections import sections_for
from guanxi.office.shell.words import word
from guanxi.office.staff import staff_of

_WINDOWS: Final = (1, 5, 15, 60)  # minutes


def exchange(request: HttpRequest) -> HttpResponse:
    """The page."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    return render(request, "exchange/map.html", {"sections": sections_for(staff), **_context(request)})


def exchange_live(request: HttpRequest) -> HttpResponse:
    """The picture alone, for the page that is open."""
    require(staff_of(request), Action.VIEW_JOURNAL)
    return render(request, "exchange/map_live.html", _context(request))


def _context(request: HttpRequest) -> dict[str, Any]:
    asked = request.GET.get("minutes", "")
    window = int(asked) if asked.isdecimal() and int(asked) in _WINDOWS else 5
    at = now()
    since = at - dt.timedelta(minutes=window)
    found, alive, legs, files = watch.flows(since), watch.pulses(at), open_legs_at(), files_waiting()
    picture = draw(
        found,
        window * 60,
        channels=[channel.value for channel in Channel if any(channel in each.channels for each in SERVICES.values())],
        endpoints=_endpoints(legs, at),
        flying=watch.in_flight(alive),
    )
    return {
        "window": window,
        "windows": _WINDOWS,
        "since": since,
        "picture": picture,
        "total": sum(watch.summed(found, "channel", to_endpoints=False).values(), watch.NOTHING),
        "per_second": sum(flow.figures.answered for flow in found if not flow.endpoint) / (window * 60),
        "alive": alive,
        "flying": sum(watch.in_flight(alive).get(channel.value, 0) for channel in Channel),
        "left_out": sum(pulse.left_out for pulse in alive),
        "open_legs": sum(each.number for each in legs.values()),
        "doubtful": sum(each.doubtful for each in legs.values()),
        "events": events_waiting(),
        "files": files[0],
        "quarantined": files[1],
        "bars": _bars(at),
    }


def _endpoints(legs: Mapping[str, OpenAt], at: dt.datetime) -> dict[str, Standing]:
    """Every endpoint with how gateways find it, and what is open there."""
    return {each.row.name: _standing(each, legs.get(each.row.name)) for each in standings(at)}


def _standing(found: EndpointStanding, legs: OpenAt | None) -> Standing:
    notes, health = [], "idle"
    if not found.row.enabled:
        notes.append(_("switched off"))
    elif found.health in {"down", "maintenance"}:
        health = "ill" if found.health == "down" else "poorly"
        since = timezone.localtime(found.since).strftime("%H:%M") if found.since else ""
        notes.append(f"{word(found.health)} {since}".strip())
    if any(each.breaker != "closed" for each in found.told):
        notes.append(_("breaker open"))
    if legs is not None:
        notes.append(ngettext("%d leg open", "%d legs open", legs.number) % legs.number)
        if legs.doubtful:
            health = max(health, "poorly", key=WORSE.index)
            notes.append(_("%d in doubt") % legs.doubtful)
    return Standing(" · ".join(notes), health)


def _bars(at: dt.datetime) -> list[dict[str, Any]]:
    """The last hour, a bar a minute, in hundredths of the highest."""
    begin = (at - dt.timedelta(minutes=59)).replace(second=0, microsecond=0)
    told = {minute.at: minute for minute in watch.minutes(begin)}
    highest = max((minute.answered for minute in told.values()), default=0) or 1
    bars = []
    for number in range(60):
        minute = told.get(begin + dt.timedelta(minutes=number))
        answered, failed = (minute.answered, minute.failed) if minute else (0, 0)
        high, ill = round(answered / highest * 100, 1), round(failed / highest * 100, 1)
        bars.append({"x": number * 10, "y": 100 - high, "high": high, "ill": ill, "ill_y": 100 - ill})
    return bars
