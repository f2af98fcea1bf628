"""Pages of the timeline."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.interactions.queries import PAGE, Filter, TimelineEntry, timeline
from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.vocabulary import Channel, InteractionKind
from guanxi.office.staff import staff_of
from guanxi.parties.access import party_for


def timeline_box(request: HttpRequest, party_id: uuid.UUID) -> HttpResponse:
    """The whole timeline, with other filters."""
    party = party_for(staff_of(request), party_id)
    wanted = read_filter(request)
    context = {"party": party, **timeline_context(party.id, wanted)}
    return render(request, "interactions/timeline.html", context)


def older(request: HttpRequest, party_id: uuid.UUID) -> HttpResponse:
    """The next page down."""
    party = party_for(staff_of(request), party_id)
    wanted = read_filter(request)
    before = read_cursor(request.GET.get("before", ""))
    return render(request, "interactions/entries.html", timeline_context(party.id, wanted, before))


def timeline_context(party_id: uuid.UUID, wanted: Filter, before: str = "") -> dict[str, Any]:
    """What the timeline's templates need: a page of entries, and where more are found."""
    entries = timeline(party_id, wanted, before)
    return {
        "entries": entries,
        "wanted": wanted,
        "more": _more(party_id, wanted, entries) if len(entries) == PAGE else "",
        "channels": [channel.value for channel in Channel],
        "kinds": [kind.value for kind in InteractionKind],
    }


def read_filter(request: HttpRequest) -> Filter:
    """The filter in the address; words that are none of ours want everything."""
    channel, kind = request.GET.get("channel", ""), request.GET.get("kind", "")
    return Filter(channel if channel in set(Channel) else "", kind if kind in set(InteractionKind) else "")


def read_cursor(text: str) -> str:
    """A cursor from an address; `InvalidValue` when it is none."""
    at, _, entry_id = text.partition("_")
    try:
        dt.datetime.fromisoformat(at)
        uuid.UUID(entry_id)
    except ValueError:
        raise InvalidValue("This place in the timeline does not exist.", field="cursor") from None
    return text


def _more(party_id: uuid.UUID, wanted: Filter, entries: list[TimelineEntry]) -> str:
    query = {"before": entries[-1].cursor, "channel": wanted.channel, "kind": wanted.kind}
    return f"{reverse('timeline-older', args=[party_id])}?{urlencode(query)}"
