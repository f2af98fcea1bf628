"""What goes around every page: security headers, and refusals turned into pages."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from guanxi.access.errors import ActionDenied
from guanxi.kernel.errors import GuanxiError
from guanxi.parties.errors import PartyUnknown

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_log = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


def security_headers(get_response: Handler) -> Handler:
    """A content security policy without foreign or inline scripts, on every answer."""

    def dress(response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        return response

    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            return dress(await get_response(request))

        return markcoroutinefunction(handle_async)

    def handle(request: HttpRequest) -> HttpResponseBase:
        return dress(get_response(request))  # type: ignore[arg-type]

    return handle


security_headers.async_capable = True  # type: ignore[attr-defined]
security_headers.sync_capable = True  # type: ignore[attr-defined]


class explain_refusals:  # noqa: N801 - named in the settings beside functions
    """A refusal of ours becomes a page that says what happened and what to do."""

    async_capable = sync_capable = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Pass on; refusals come by `process_exception`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for a refusal; any other exception is Django's to handle."""
        if not isinstance(error, GuanxiError):
            return None
        status = 403 if isinstance(error, ActionDenied) else 404 if isinstance(error, PartyUnknown) else 409
        context = {"sentence": str(error), "next_step": error.next_step, "code": error.code}
        return render(request, "shell/refusal.html", context, status=status)
