"""What the decisions teach: whether reviewers agree, how sure the weights really are, and where thresholds belong."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from guanxi.access.policies import Action, require
from guanxi.kernel.clock import now
from guanxi.office.records.drawings import curve
from guanxi.office.records.review_words import why_word
from guanxi.office.records.sections import sections_for
from guanxi.office.staff import staff_of
from guanxi.parties.comparable import KINDS
from guanxi.parties.models import ResolutionModel
from guanxi.parties.review import steward
from guanxi.parties.review.agreement import Agreement
from guanxi.parties.review.learning import learnt
from guanxi.parties.review.statistics import DAYS, TARGET_SECONDS, agreements, overall, reviewers
from guanxi.parties.review.thresholds import FEWEST, SURETIES
from guanxi.storage.transactions import open_transaction, present_connection

_SURETY: Final = 0.99
_MOST_VERSIONS: Final = 20
_FARTHEST: Final = 60.0
# J. Landis and G. Koch, "The measurement of observer agreement for categorical data", Biometrics 33 (1977).
_STRENGTHS: Final = (
    (0.0, gettext_lazy("worse than chance")),
    (0.2, gettext_lazy("slight")),
    (0.4, gettext_lazy("fair")),
    (0.6, gettext_lazy("moderate")),
    (0.8, gettext_lazy("substantial")),
    (1.01, gettext_lazy("almost perfect")),
)


def review_quality(request: HttpRequest) -> HttpResponse:
    """Agreement, reviewers, the curve, the proposal."""
    staff = staff_of(request)
    require(staff, Action.STEWARD_RECORDS)
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else KINDS[0]
    surety = _surety(request.GET.get("surety", ""))
    at = now()
    with open_transaction():
        connection = present_connection()
        found = learnt(connection, kind=kind, surety=surety)
        couples = agreements(connection, at)
        people = reviewers(connection, at)
    together = overall(couples)
    context: dict[str, Any] = {
        "sections": sections_for(staff),
        "kind": kind,
        "kinds": KINDS,
        "surety": surety,
        "sureties": SURETIES,
        "learnt": found,
        "curve": curve(found),
        "automatic_why": why_word(found.proposal.automatic.why),
        "review_why": why_word(found.proposal.review.why),
        "fewest": FEWEST,
        "couples": couples,
        "together": together,
        "scale": _scale(together),
        "strength": _strength(together),
        "reviewers": people,
        "target": TARGET_SECONDS,
        "days": DAYS,
        "versions": ResolutionModel.objects.filter(kind=kind).order_by("-version")[:_MOST_VERSIONS],
    }
    return render(request, "records/review_quality.html", context)


@require_POST
def thresholds(request: HttpRequest) -> HttpResponse:
    """Move the thresholds; the model gets a new version."""
    staff = staff_of(request)
    require(staff, Action.STEWARD_RECORDS)
    kind, reason = request.POST.get("kind", ""), request.POST.get("reason", "").strip()
    places = _places(request.POST.get("automatic", ""), request.POST.get("review", ""))
    if kind not in KINDS or places is None:
        notices.error(request, _("The automatic threshold must lie above that of review. Nothing was changed."))
    elif not reason:
        notices.error(request, _("Write down why, in a word or two: whoever looks later will ask."))
    else:
        by = f"staff:{staff.get_username()}"
        version = steward.move_thresholds(
            by=by, kind=kind, automatic=places[0], review=places[1], reason=reason[:300], at=now()
        )
        notices.success(
            request,
            _("Version %(version)s holds from now on; what is linked already stays until everything is resolved anew.")
            % {"version": version},
        )
    return redirect("review-quality")


def _places(automatic: str, review: str) -> tuple[float, float] | None:
    try:
        upper, lower = float(automatic), float(review)
    except ValueError:
        return None
    return (upper, lower) if -_FARTHEST <= lower < upper - 0.5 <= _FARTHEST else None


def _surety(text: str) -> float:
    return next((surety for surety in SURETIES if str(surety) == text), _SURETY)


def _scale(found: Agreement) -> dict[str, float]:
    """Where kappa and its interval stand on a scale from -1 to 1, in per cent."""
    kappa = found.kappa if found.kappa is not None else 0.0
    return {
        name: round((value + 1) * 50, 1)
        for name, value in zip(("low", "kappa", "high"), (found.low, kappa, found.high), strict=True)
    }


def _strength(found: Agreement) -> str:
    if found.kappa is None:
        return ""
    return str(next(words for most, words in _STRENGTHS if found.kappa < most or most > 1))
