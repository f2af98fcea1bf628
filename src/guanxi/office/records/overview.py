"""How many records there are, and how many parties they come to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from guanxi.access.policies import Action, require
from guanxi.office.records.sections import sections_for
from guanxi.office.staff import staff_of
from guanxi.parties.records import overview


def records(request: HttpRequest) -> HttpResponse:
    """Sources, records, parties, doubts: one picture."""
    staff = staff_of(request)
    require(staff, Action.STEWARD_RECORDS)
    return render(request, "records/overview.html", {"sections": sections_for(staff), "overview": overview()})
