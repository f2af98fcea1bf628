"""Trying a message map: paste a message, see it converted rule by rule. What is pasted is kept nowhere."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from guanxi.access.policies import Action, require
from guanxi.exchange.maps.message_map import MessageMap, shipped_maps
from guanxi.exchange.maps.preview import Direction, preview
from guanxi.office.exchange.sections import sections_for
from guanxi.office.staff import staff_of

_LARGEST: Final = 200_000


@require_http_methods(["GET", "POST"])
def maps(request: HttpRequest) -> HttpResponse:
    """The page; asked by HTMX, the conversion alone."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    known = shipped_maps()
    asked = request.POST if request.method == "POST" else request.GET
    chosen = known.get(asked.get("map", "")) or next(iter(known.values()))
    direction: Direction = "to_peer" if asked.get("direction") == "to_peer" else "from_peer"
    text = request.POST.get("message", "")
    context = {"chosen": chosen, "direction": direction, **_converted(chosen, text, direction)}
    if request.headers.get("HX-Request"):
        return render(request, "exchange/map_conversion.html", context)
    text = text or (chosen.sample if direction == "from_peer" else "")
    context |= {"sections": sections_for(staff), "maps": list(known.values()), "text": text}
    return render(request, "exchange/maps.html", context)


def _converted(chosen: MessageMap, text: str, direction: Direction) -> dict[str, Any]:
    if not text.strip():
        return {"told": None}
    if len(text) > _LARGEST:
        return {"told": None, "too_long": _("A message of more than %d characters is not tried here.") % _LARGEST}
    return {"told": preview(chosen, text, direction)}
