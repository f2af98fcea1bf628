"""Reading the journal for people: what is open."""

from __future__ import annotations

import dataclasses
import datetime as dt

from django.db.models import Count, Min

from guanxi.exchange.models import JournalLeg
from guanxi.exchange.states import OPEN


@dataclasses.dataclass(frozen=True, slots=True)
class OpenLegs:
    """Legs of one system in one open state, and since when the oldest of them is."""

    system: str
    state: str
    number: int
    since: dt.datetime


def open_legs() -> list[OpenLegs]:
    """What is on its way, pending, being reversed or in doubt, by system."""
    rows = JournalLeg.objects.filter(state__in=OPEN).values_list("system", "state")
    grouped = rows.annotate(number=Count("id"), since=Min("sent_at")).order_by("system", "state")[:50]
    return [OpenLegs(*row) for row in grouped]
