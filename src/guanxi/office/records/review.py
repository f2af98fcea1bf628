"""Doubtful pairs, one by one: the evidence of both sides, an answer by one key, and the next pair at once."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, get_args

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guanxi.access.policies import Action, require
from guanxi.kernel.clock import now
from guanxi.office.records.drawings import steps
from guanxi.office.records.review_words import field_word, reason_word
from guanxi.office.records.sections import sections_for
from guanxi.office.staff import staff_of
from guanxi.parties.errors import MergeRefused, MoveNotUndone, NothingToTakeBack, ReviewPairTaken
from guanxi.parties.review import steward
from guanxi.parties.review.answers import Answer
from guanxi.parties.review.evidence import Evidence
from guanxi.parties.review.queue import MOST_COUNTED, left
from guanxi.parties.review.statistics import TARGET_SECONDS, today
from guanxi.storage.transactions import open_transaction, present_connection

_ANSWERS: Final[tuple[Answer, ...]] = get_args(Answer)


def review(request: HttpRequest) -> HttpResponse:
    """The page, with the next pair on it."""
    staff = staff_of(request)
    require(staff, Action.STEWARD_RECORDS)
    return render(request, "records/review.html", {"sections": sections_for(staff), **_next(request)})


@require_POST
def review_answer(request: HttpRequest) -> HttpResponse:
    """Keep an answer, or take the last one back; what comes back is the next pair."""
    require(staff_of(request), Action.STEWARD_RECORDS)
    notice = _act(request)
    if not request.headers.get("HX-Request"):
        return redirect("review")
    return render(request, "records/review_pair.html", {**_next(request), "notice": notice})


def _act(request: HttpRequest) -> str:
    """Do what was asked; gives a word to the reviewer, where there is one to say."""
    by, at, said = _name(request), now(), request.POST.get("act", "")
    try:
        if said == "undo":
            steward.take_back_answer(by=by, at=at)
            return _("Your last answer has been taken back.")
        low, high = int(request.POST.get("low", "")), int(request.POST.get("high", ""))
        for answer in _ANSWERS:
            if said == answer:
                steward.answer_pair(by=by, low=low, high=high, said=answer, at=at)
    except ReviewPairTaken:
        return _("Somebody else has decided that pair meanwhile, or has it before them. Nothing was changed.")
    except NothingToTakeBack:
        return _("There is no answer of yours that could be taken back: none today, or a colleague has judged since.")
    except (MergeRefused, MoveNotUndone):
        return _("That cannot be done any more: the customers have been merged or parted since. Nothing was changed.")
    except ValueError:
        return _("The answer named no pair. Nothing was changed.")
    return ""


def _next(request: HttpRequest) -> dict[str, Any]:
    by, at = _name(request), now()
    shown = steward.show_next(by=by, at=at)
    morning = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    with open_transaction():
        connection = present_connection()
        waiting = left(connection, by=by, at=at)
        done = today(connection, by=by, at=at, since=morning.astimezone(dt.UTC))
    return {
        "pair": shown,
        "left": waiting,
        "many": waiting >= MOST_COUNTED,
        "today": done,
        "target": TARGET_SECONDS,
        **(drawn(shown) if shown else {}),
    }


def drawn(shown: Evidence) -> dict[str, Any]:
    """Evidence as the templates draw it."""
    picture = shown.waterfall
    return {
        "lines": [(field_word(line.field), line) for line in shown.lines],
        "steps": steps(picture) if picture else [],
        "unknown": [field_word(name) for name in picture.unknown] if picture else [],
        "marks": [
            ("review", round(picture.place(shown.review) * 100, 2)),
            ("automatic", round(picture.place(shown.automatic) * 100, 2)),
        ]
        if picture
        else [],
        "reason": reason_word(shown.reason) if shown.reason else "",
        "probability": shown.score.probability if shown.score else None,
    }


def _name(request: HttpRequest) -> str:
    return f"staff:{staff_of(request).get_username()}"
