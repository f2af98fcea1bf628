"""Staff sign in and out. Failures from one address or for one name make the next attempt wait."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from guanxi.access.audit import record
from guanxi.kernel.clock import now

MOST_FAILURES: Final = 8
_WINDOW: Final = 300  # seconds


class SignIn(LoginView):
    """The first page of all."""

    template_name = "shell/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401 - Django's signature
        """Count failures; beyond the limit do not even look at the password."""
        if any(cache.get(key, 0) >= MOST_FAILURES for key in self._keys()):
            form = self.get_form()
            form.errors["__all__"] = form.error_class([_("Too many failures. Wait five minutes.")])
            return self.render_to_response(self.get_context_data(form=form), status=429)
        return super().post(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """A failure counts for the address and for the name."""
        for key in self._keys():
            cache.set(key, cache.get(key, 0) + 1, _WINDOW)
        return super().form_invalid(form)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """A success is put on record."""
        record(actor=f"staff:{form.get_user().get_username()}", action="sign_in", subject="office", at=now())
        response: HttpResponseBase = super().form_valid(form)
        return response  # type: ignore[return-value]

    def _keys(self) -> tuple[str, str]:
        name = self.request.POST.get("username", "")[:150].lower()
        return f"sign-in:{self.request.META.get('REMOTE_ADDR', '')}", f"sign-in:name:{hash(name)}"
