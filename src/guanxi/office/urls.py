"""Every address of the office."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.i18n import set_language

from guanxi.office.shell.signing import SignIn


@login_not_required
def health(_request: HttpRequest) -> HttpResponse:
    """Alive."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("health", health),
    path("sign-in/", SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("", include("guanxi.office.home.urls")),
    path("exchange/", include("guanxi.office.exchange.urls")),
    path("records/", include("guanxi.office.records.urls")),
    path("lab/", include("guanxi.office.lab.urls")),
    path("customers/", include("guanxi.office.parties.urls")),
    path("customers/", include("guanxi.office.interactions.urls")),
]
handler404 = "guanxi.office.shell.failures.not_found"
handler403 = "guanxi.office.shell.failures.denied"
handler500 = "guanxi.office.shell.failures.broken"
