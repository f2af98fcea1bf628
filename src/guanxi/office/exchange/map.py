"""The exchange map: what flows where, how well, and what is open; redrawn every two seconds."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.access.policies import Action, require
from guanxi.exchange import watch
from guanxi.exchange.process import SERVICES
from guanxi.exchange.queries import OpenLegs, open_legs
from guanxi.exchange.routes import SYSTEMS
from guanxi.kernel.clock import now
from guanxi.kernel.vocabulary import Channel
from guanxi.office.exchange.picture import Standing, draw
from guanxi.office.exchange.sections import sections_for
from guanxi.office.staff import staff_of

_WINDOWS: Final = (1, 5, 15, 60)  # minutes
_DOUBTFUL: Final = frozenset({"in_doubt", "reversing"})


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
    found, alive, legs = watch.flows(since), watch.pulses(at), open_legs()
    picture = draw(
        found,
        window * 60,
        channels=[channel.value for channel in Channel if any(channel in each.channels for each in SERVICES.values())],
        endpoints=_endpoints(legs),
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
        "open_legs": sum(each.number for each in legs),
        "doubtful": sum(each.number for each in legs if each.state in _DOUBTFUL),
        "bars": _bars(at),
    }


def _endpoints(legs: list[OpenLegs]) -> dict[str, Standing]:
    """Every endpoint with what is open there."""
    standings = {name: Standing() for name in SYSTEMS}
    for name in standings:
        here = [each for each in legs if each.system == name]
        is_open, doubtful = (
            sum(each.number for each in here),
            sum(each.number for each in here if each.state in _DOUBTFUL),
        )
        if is_open:
            note = ngettext("%d leg open", "%d legs open", is_open) % is_open
            in_doubt = _("%d in doubt") % doubtful
            note = f"{note} · {in_doubt}" if doubtful else note
            standings[name] = Standing(note, "poorly" if doubtful else "idle")
    return standings


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
