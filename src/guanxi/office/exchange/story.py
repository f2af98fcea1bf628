"""One request from the first word to the last, as a story and as a picture of its times; live while it is open."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from guanxi.access import audit
from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, may, require
from guanxi.exchange.messages import Message
from guanxi.exchange.models import JournalLeg
from guanxi.exchange.story import Span, Story, request_of_leg, story_of
from guanxi.kernel.clock import now
from guanxi.office.exchange.messages import sides_of
from guanxi.office.exchange.sections import sections_for
from guanxi.office.shell.words import word
from guanxi.office.staff import staff_of
from guanxi.parties.queries import parties_by_id


def request_story(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """The page. A leg's id leads to the request that it was made for."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    at = now()
    story = story_of(request_id, at)
    if story is None:
        if found := request_of_leg(request_id):
            return HttpResponseRedirect(reverse("request-story", args=[found]))
        raise Http404
    audit.record(actor=f"staff:{staff.get_username()}", action="view_request", subject=f"request:{request_id}", at=at)
    return render(request, "exchange/story.html", {"sections": sections_for(staff), **_context(staff, story)})


def request_story_live(request: HttpRequest, request_id: uuid.UUID) -> HttpResponse:
    """The story alone, for the page that is open."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    story = story_of(request_id, now())
    if story is None:
        raise Http404
    return render(request, "exchange/story_live.html", _context(staff, story))


def _context(staff: StaffMember, story: Story) -> dict[str, Any]:
    party_id = story.request.party_id
    party = parties_by_id([party_id]).get(party_id) if party_id and may(staff, Action.VIEW_CUSTOMER) else None
    return {
        "story": story,
        "journal": story.request,
        "party": party,
        "steps": _steps(story),
        "opened": [(message, sides_of(message)) for message in story.messages],
    }


def _steps(story: Story) -> list[dict[str, Any]]:
    """What happened, in plain words, in the order in which it did."""
    journal, begin = story.request, story.request.received_at
    asked = _("%(service)s was asked for on the channel %(channel)s.")
    steps = [
        _step(begin, begin, "in", asked % {"service": word(journal.service), "channel": word(journal.channel)}),
        _step(begin, begin, "journal", _("It was written into the journal, so that nothing can be forgotten.")),
    ]
    steps += [_step(span.at, begin, span.kind, sentence) for span in story.spans if (sentence := _call(span))]
    for leg in story.legs:
        if leg.next_attempt_at:
            steps.append(_step(leg.next_attempt_at, begin, "wait", _again(_place(leg), leg.state)))
        elif leg.state == "dropped":
            steps.append(_step(leg.sent_at, begin, "drop", _("%s was not needed any more.") % word(_place(leg))))
    if journal.closed_at:
        steps.append(_step(journal.closed_at, begin, "reply", _end(journal.outcome or "", journal.reason or "")))
    return sorted(steps, key=lambda step: step["at"])


def _place(leg: JournalLeg) -> str:
    """Where the leg went; from before there were endpoints, which system it was for."""
    return leg.endpoint or leg.system


def _step(at: dt.datetime, begin: dt.datetime, kind: str, sentence: str) -> dict[str, Any]:
    return {"at": at, "after": round((at - begin).total_seconds() * 1000), "kind": kind, "sentence": sentence}


def _call(span: Span) -> str:
    """What was asked of a business system, and what it said."""
    if span.kind == "channel" or not (span.message or span.leg):
        return ""
    system = word(span.message.endpoint if span.message else _place(span.leg) if span.leg else "")
    operation = word(span.leg.operation if span.leg else span.message.name if span.message else "")
    asked = {
        "enquire": _("%(system)s was asked what had become of: %(operation)s."),
        "undo": _("%(system)s was asked to take back: %(operation)s."),
    }.get(span.kind, _("%(system)s was asked for: %(operation)s."))
    return f"{asked % {'system': system, 'operation': operation}} {_answer(span, span.message)}"


def _answer(span: Span, message: Message | None) -> str:
    if message is None:
        return _("It stands at: %s.") % word(span.outcome)
    if message.answered is None:
        return _("It did not answer.")
    said = _("It answered after %(time)d ms: %(outcome)s.") % {
        "time": message.milliseconds,
        "outcome": word(message.outcome),
    }
    reason = message.answered.get("reason")
    return f"{said} ({word(str(reason))})" if reason else said


def _again(system: str, state: str) -> str:
    values = {"system": word(system), "state": word(state)}
    return _("%(system)s (%(state)s) will be looked at again then.") % values


def _end(outcome: str, reason: str) -> str:
    """How it ended for whoever asked."""
    if outcome == "completed":
        return _("All of it is durable; the answer was: done.")
    why = f" ({word(reason)})" if reason else ""
    return _("The answer was: %s") % f"{word(outcome)}{why}."
