"""Reading the journal for people: what is open."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from typing import Final

from django.db.models import Count, Min, Q
from django.db.models.functions import Coalesce

from guanxi.exchange.models import Break, BreakNote, JournalLeg, Reconciliation
from guanxi.exchange.states import OPEN, LegState

DOUBTFUL: Final = frozenset({LegState.IN_DOUBT, LegState.REVERSING})


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


BREAKS_SHOWN = 100


def breaks_in(state: str, system: str = "", kind: str = "") -> list[Break]:
    """The newest breaks in a state (`open` means taken ones too), at most a page of them."""
    states = ["open", "taken"] if state == "open" else [state]
    found = Break.objects.filter(state__in=states)
    for name, value in (("system", system), ("kind", kind)):
        if value:
            found = found.filter(**{name: value})
    return list(found.order_by("-found_at")[:BREAKS_SHOWN])


def open_breaks() -> dict[str, int]:
    """How many wait for a person, by kind."""
    rows = Break.objects.filter(state__in=["open", "taken"]).values_list("kind").annotate(number=Count("id"))
    return dict(rows.order_by("kind"))


def notes_of(break_id: uuid.UUID) -> list[BreakNote]:
    """What was written down about a break, oldest first."""
    return list(BreakNote.objects.filter(matter_id=break_id).order_by("id")[:200])


def reconciliations_since(day: dt.date) -> list[Reconciliation]:
    """What has been reconciled, newest day first."""
    return list(Reconciliation.objects.filter(day__gte=day).order_by("-day", "system")[:200])


@dataclasses.dataclass(frozen=True, slots=True)
class OpenAt:
    """Legs that one endpoint has not closed yet; of these, how many nobody knows the end of."""

    endpoint: str
    number: int
    doubtful: int


def open_legs_at() -> dict[str, OpenAt]:
    """What is open, by endpoint."""
    places = JournalLeg.objects.filter(state__in=OPEN).annotate(place=Coalesce("endpoint", "system"))
    rows = places.values_list("place")
    counts = rows.annotate(number=Count("id"), doubtful=Count("id", filter=Q(state__in=DOUBTFUL)))
    return {row[0]: OpenAt(*row) for row in counts.order_by("place")[:200]}
