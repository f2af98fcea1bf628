"""Working through breaks: what waits, the evidence of both sides beside each other, and the decision."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.access.policies import Action, may, require
from guanxi.exchange.breaks import BreakKind, Decision
from guanxi.exchange.decide_break import decide_break, note_break, possible_decisions, take_break
from guanxi.exchange.errors import BreakNotYours
from guanxi.exchange.models import Break
from guanxi.exchange.queries import BREAKS_SHOWN, breaks_in, notes_of, open_breaks, reconciliations_since
from guanxi.exchange.routes import SYSTEMS
from guanxi.kernel.clock import now
from guanxi.office.exchange.sections import sections_for
from guanxi.office.staff import staff_of

_STATES: Final = ("open", "decided", "closed")
_DAYS: Final = 7
_SIDES: Final = ("operation", "status", "account", "amount", "currency", "reference", "reason", "attempts", "at")


def breaks(request: HttpRequest) -> HttpResponse:
    """What waits for a person, and the days that were reconciled."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    state = request.GET.get("state", "open")
    chosen = {
        "state": state if state in _STATES else "open",
        "system": _one_of(request.GET.get("system", ""), SYSTEMS),
        "kind": _one_of(request.GET.get("kind", ""), BreakKind),
    }
    found = breaks_in(chosen["state"], chosen["system"], chosen["kind"])
    at = now()
    context = {
        "sections": sections_for(staff),
        "found": found,
        "more": len(found) == BREAKS_SHOWN,
        "chosen": chosen,
        "states": _STATES,
        "systems": list(SYSTEMS),
        "kinds": list(BreakKind),
        "waiting": sum(open_breaks().values()),
        "days": _days(at.date()),
    }
    return render(request, "exchange/breaks.html", context)


def break_detail(request: HttpRequest, break_id: uuid.UUID) -> HttpResponse:
    """One break: both sides, what was written down, what can be decided."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    matter = _break(break_id)
    undecided = matter.state in {"open", "taken"}
    context = {
        "sections": sections_for(staff),
        "matter": matter,
        "rows": _rows(matter),
        "notes": notes_of(break_id),
        "decisions": possible_decisions(matter) if undecided and may(staff, Action.EDIT_EXCHANGE) else [],
        "may_edit": may(staff, Action.EDIT_EXCHANGE),
        "undecided": undecided,
    }
    return render(request, "exchange/break.html", context)


@require_POST
def break_act(request: HttpRequest, break_id: uuid.UUID) -> HttpResponse:
    """Take it, note something, or decide."""
    staff = staff_of(request)
    require(staff, Action.EDIT_EXCHANGE)
    matter, name, at = _break(break_id), staff.get_username(), now()
    act, text = request.POST.get("act", ""), request.POST.get("text", "").strip()
    try:
        if act == "take":
            take_break(break_id=break_id, staff=name, at=at)
        elif not text:
            notices.error(request, _("Write down why, in a word or two: whoever looks later will ask."))
        elif act == "note":
            note_break(break_id=break_id, staff=name, text=text, at=at)
        elif act in possible_decisions(matter):
            decide_break(break_id=break_id, staff=name, decision=Decision(act), reason=text, at=at)
            notices.success(request, _("The decision is on record; a gateway carries it out within seconds."))
    except BreakNotYours:
        notices.error(request, _("Somebody has decided about this break already."))
    return redirect("break", break_id=break_id)


def _break(break_id: uuid.UUID) -> Break:
    found = Break.objects.filter(id=break_id).first()
    if found is None:
        raise Http404
    return found


def _rows(matter: Break) -> list[tuple[str, Any, Any, bool]]:
    """What each side says, line by line, and whether they differ there. Either side may have nothing to say."""
    ours, theirs = _flat(matter.ours), _flat(matter.theirs)
    names = [name for name in _SIDES if ours.get(name) or theirs.get(name)]
    both = bool(ours) and bool(theirs)
    return [
        (
            name,
            ours.get(name),
            theirs.get(name),
            both and name in ours and ours.get(name) != theirs.get(name, ours[name]),
        )
        for name in names
    ]


def _flat(side: dict[str, Any] | None) -> dict[str, Any]:
    """A side as lines: what was asked stands in `content` where the leg itself is the evidence, `state` is a status."""
    if not side:
        return {}
    content = side.get("content") or {}
    return {**content, **{name: value for name, value in side.items() if name != "content"}} | (
        {"status": side["state"]} if "state" in side else {}
    )


def _days(today: dt.date) -> list[tuple[dt.date, dict[str, Any]]]:
    """The last days, each with what came of it by system, for the picture."""
    by_day: dict[dt.date, dict[str, Any]] = {}
    for each in reconciliations_since(today - dt.timedelta(days=_DAYS)):
        by_day.setdefault(each.day, {})[each.system] = each
    return sorted(by_day.items(), reverse=True)


def _one_of(text: str, allowed: Any) -> str:  # noqa: ANN401 - a mapping or an enumeration
    return text if text in list(allowed) else ""
