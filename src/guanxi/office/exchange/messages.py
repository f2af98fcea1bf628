"""Looking for messages: one line for anything that is in them, results while one types, page after page."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from guanxi.access.policies import Action, require
from guanxi.exchange.errors import SearchTooBroad
from guanxi.exchange.messages import FILTERS, PAGE, Message, Wanted, message_at, search
from guanxi.exchange.models import EndpointRow
from guanxi.exchange.process import SERVICES
from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.iso8583.specification import FIELDS
from guanxi.kernel.vocabulary import Channel
from guanxi.office.exchange.sections import sections_for
from guanxi.office.interactions.views import read_cursor
from guanxi.office.staff import staff_of

_OUTCOMES: Final = ("completed", "pending", "declined", "failed", "in_doubt", "reversed", "refused")
_LONGEST: Final = 200


def messages(request: HttpRequest) -> HttpResponse:
    """The page with its first results."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    choices = {
        "channels": [channel.value for channel in Channel],
        "endpoints": list(EndpointRow.objects.values_list("name", flat=True)[:200]),
        "services": sorted(SERVICES),
        "outcomes": _OUTCOMES,
    }
    return render(request, "exchange/messages.html", {"sections": sections_for(staff), **choices, **_found(request)})


def message_results(request: HttpRequest) -> HttpResponse:
    """Results alone: while somebody types, and further pages."""
    require(staff_of(request), Action.VIEW_JOURNAL)
    return render(request, "exchange/message_results.html", _found(request))


def message(request: HttpRequest, cursor: str) -> HttpResponse:
    """Both sides of one message, field by field."""
    require(staff_of(request), Action.VIEW_JOURNAL)
    found = message_at(read_cursor(cursor))
    if found is None:
        raise Http404
    return render(request, "exchange/message.html", {"message": found, "sides": sides_of(found)})


def sides_of(found: Message) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """What was said and what was answered: (side, [(field, its name in the standard, value)])."""
    names = {str(field.number): field.name for field in FIELDS.values()} if found.format == "iso8583" else {}
    sides = [("said", found.said)] + ([("answered", found.answered)] if found.answered is not None else [])
    return [(side, [(path, names.get(path, ""), value) for path, value in _flat(content)]) for side, content in sides]


def _flat(content: Any, path: str = "") -> list[tuple[str, str]]:  # noqa: ANN401 - whatever a peer says
    """Nested content as paths and values."""
    if isinstance(content, dict):
        return [pair for name, inner in content.items() for pair in _flat(inner, f"{path}.{name}" if path else name)]
    if isinstance(content, list):
        return [pair for number, inner in enumerate(content, 1) for pair in _flat(inner, f"{path}[{number}]")]
    return [(path, "" if content is None else str(content))]


def _found(request: HttpRequest) -> dict[str, Any]:
    wanted = _wanted(request)
    try:
        found, too_broad = search(wanted), None
    except SearchTooBroad as error:
        found, too_broad = [], error
    return {
        "wanted": wanted,
        "found": found,
        "too_broad": too_broad,
        "more": _more(request, found) if len(found) == PAGE else "",
        "continued": bool(wanted.before),
    }


def _wanted(request: HttpRequest) -> Wanted:
    given = {name: request.GET.get(name, "")[:_LONGEST] for name in FILTERS}
    before = request.GET.get("before", "")
    return Wanted(
        text=request.GET.get("q", "").replace("\0", "")[:_LONGEST],
        since=_moment(request.GET.get("since", "")),
        until=_moment(request.GET.get("until", "")),
        before=read_cursor(before) if before else "",
        **{name: value.replace("\0", "") for name, value in given.items()},
    )


def _moment(text: str) -> dt.datetime | None:
    """A moment as a browser's date field gives it, in the bank's own time."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if text and found is None:
        raise InvalidValue("This is no date and time.", field="since")
    return timezone.make_aware(found) if found and timezone.is_naive(found) else found


def _more(request: HttpRequest, found: list[Message]) -> str:
    query = {name: value for name, value in request.GET.items() if name != "before" and value}
    return f"{reverse('message-results')}?{urlencode({**query, 'before': found[-1].cursor})}"
