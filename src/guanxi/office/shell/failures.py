"""Pages for when something is not there, not allowed or broken."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """404."""
    return _refusal(request, 404, _("There is no such page."), _("Check the address, or begin at the home page."))


def denied(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """403."""
    return _refusal(request, 403, _("Your role does not include this."), _("Ask your supervisor if you need it."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The form's token is missing or old."""
    sentence = _("This form has expired. Nothing was changed.")
    return _refusal(request, 403, sentence, _("Open the page again and send the form once more."))


def broken(request: HttpRequest) -> HttpResponse:
    """500."""
    sentence = _("Something broke on our side. What you had sent has been kept by nobody.")
    return _refusal(request, 500, sentence, _("Try again; if it happens twice, tell the engineers the time."))


def _refusal(request: HttpRequest, status: int, sentence: str, next_step: str) -> HttpResponse:
    return render(request, "shell/refusal.html", {"sentence": sentence, "next_step": next_step}, status=status)
