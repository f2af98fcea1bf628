"""How many records there are, how many parties they come to, and resolving them all anew."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from guanxi.access.policies import Action, require
from guanxi.kernel.clock import now
from guanxi.office.records.sections import sections_for
from guanxi.office.staff import staff_of
from guanxi.parties.records import overview
from guanxi.parties.resolution_runs import newest_runs, want_resolution


def records(request: HttpRequest) -> HttpResponse:
    """Sources, records, parties, doubts: one picture."""
    staff = staff_of(request)
    require(staff, Action.STEWARD_RECORDS)
    return render(request, "records/overview.html", {"sections": sections_for(staff), **_context()})


def records_live(request: HttpRequest) -> HttpResponse:
    """The same again, while a run is under way."""
    staff = staff_of(request)
    require(staff, Action.STEWARD_RECORDS)
    return render(request, "records/overview_body.html", _context())


@require_POST
def resolve_records(request: HttpRequest) -> HttpResponse:
    """Have all records resolved."""
    staff = staff_of(request)
    require(staff, Action.STEWARD_RECORDS)
    want_resolution(actor=f"staff:{staff.get_username()}", learn="learn" in request.POST, at=now())
    return redirect("records")


def _context() -> dict[str, Any]:
    runs = newest_runs()
    return {
        "overview": overview(),
        "runs": runs,
        "under_way": any(run.ended_at is None for run in runs),
    }
