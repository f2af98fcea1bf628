"""Endpoints on the screen: how each is, its parameters to edit and to try, and every version of it to go back to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.access.policies import Action, may, require
from guanxi.exchange import endpoint_operations as operations
from guanxi.exchange import endpoint_queries as queries
from guanxi.exchange.endpoint_operations import Draft
from guanxi.exchange.errors import ParametersChanged, ParametersInvalid
from guanxi.exchange.models import EndpointRow
from guanxi.exchange.parameters import PROTOCOLS, EndpointParameters, bounds
from guanxi.exchange.routes import known_adapters
from guanxi.kernel.clock import now
from guanxi.office.exchange.sections import sections_for
from guanxi.office.staff import staff_of
from guanxi.storage.configuration import configuration

_SECONDS, _CALLS = gettext_lazy("seconds"), gettext_lazy("calls")
_GROUPS: Final[
    tuple[tuple[str | Promise, tuple[tuple[str, str | Promise, str | Promise, str | Promise], ...]], ...]
] = (
    (
        gettext_lazy("Patience"),
        (
            ("timeout_seconds", gettext_lazy("Longest call"), _SECONDS, ""),
            ("connect_seconds", gettext_lazy("Longest wait for a connection"), _SECONDS, ""),
            ("attempts", gettext_lazy("Attempts"), _CALLS, gettext_lazy("Only of calls that are safe to repeat.")),
            ("backoff_seconds", gettext_lazy("Pause before the second"), _SECONDS, gettext_lazy("At most; doubles.")),
        ),
    ),
    (
        gettext_lazy("Limits"),
        (
            ("concurrency", gettext_lazy("Calls under way"), _CALLS, gettext_lazy("0: no limit.")),
            ("per_second", gettext_lazy("Calls a second"), _CALLS, gettext_lazy("0: no limit.")),
            ("burst", gettext_lazy("Calls at once within that"), _CALLS, ""),
            ("wait_seconds", gettext_lazy("Longest wait for a turn"), _SECONDS, gettext_lazy("Then it is refused.")),
        ),
    ),
    (
        gettext_lazy("Health"),
        (
            ("breaker_failures", gettext_lazy("Breaker opens after"), _CALLS, gettext_lazy("In a row; 0: never.")),
            ("breaker_seconds", gettext_lazy("Breaker tries again after"), _SECONDS, ""),
            ("heartbeat_seconds", gettext_lazy("Sign of life every"), _SECONDS, gettext_lazy("0: none.")),
        ),
    ),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One number of the form."""

    name: str
    label: str | Promise
    unit: str | Promise
    hint: str | Promise
    value: Any
    low: float
    high: float
    fault: str

    @property
    def step(self) -> str:
        """Whole numbers, or any."""
        return "1" if self.unit is _CALLS and self.name != "per_second" else "any"


def endpoints(request: HttpRequest) -> HttpResponse:
    """All of them."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    context = {"sections": sections_for(staff), "may_edit": may(staff, Action.EDIT_EXCHANGE)}
    return render(request, "exchange/endpoints.html", {**context, "standings": queries.standings(now())})


def endpoints_live(request: HttpRequest) -> HttpResponse:
    """The list alone, for the page that is open."""
    require(staff_of(request), Action.VIEW_JOURNAL)
    return render(request, "exchange/endpoint_rows.html", {"standings": queries.standings(now())})


@require_http_methods(["GET", "POST"])
def new_endpoint(request: HttpRequest) -> HttpResponse:
    """The form for one more."""
    staff = staff_of(request)
    require(staff, Action.EDIT_EXCHANGE)
    empty = Draft(adapter="", protocol="rest", address="", enabled=True, parameters=_builtins(EndpointParameters()))
    if request.method == "GET":
        return _form(request, None, empty, {})
    name, draft = request.POST.get("name", "").strip(), _draft(request.POST)
    try:
        operations.create_endpoint(name=name, draft=draft, reason=_reason(request), actor=_actor(request), at=now())
    except ParametersInvalid as error:
        return _form(request, None, draft, error.faults, name=name)
    return redirect("endpoint", name=name)


@require_http_methods(["GET", "POST"])
def endpoint(request: HttpRequest, name: str) -> HttpResponse:
    """One, to look at and to edit."""
    staff = staff_of(request)
    row = _row(name)
    if request.method == "GET":
        require(staff, Action.VIEW_JOURNAL)
        return _form(request, row, _draft_of(row), {})
    require(staff, Action.EDIT_EXCHANGE)
    draft, version = _draft(request.POST), _number(request.POST.get("version", ""))
    try:
        operations.change_endpoint(
            name=name, draft=draft, reason=_reason(request), actor=_actor(request), at=now(), from_version=version
        )
    except ParametersInvalid as error:
        return _form(request, row, draft, error.faults)
    except ParametersChanged as error:
        return _form(request, row, draft, {"version": f"{error} {error.next_step}"})
    return redirect("endpoint", name=name)


@require_POST
def try_endpoint(request: HttpRequest) -> HttpResponse:
    """Whether the peer of the form as it stands answers from here; nothing is kept."""
    require(staff_of(request), Action.EDIT_EXCHANGE)
    name, draft = request.POST.get("name", "new"), _draft(request.POST)
    faults = operations.faults_of(name or "new", draft, "to try")
    if faults:
        return render(request, "exchange/endpoint_tried.html", {"faults": faults})
    answers, fault, milliseconds = queries.try_connection(name, draft)
    told = {"answers": answers, "fault": fault, "milliseconds": milliseconds}
    return render(request, "exchange/endpoint_tried.html", told)


@require_POST
def roll_back_endpoint(request: HttpRequest, name: str) -> HttpResponse:
    """Be as an earlier version was."""
    require(staff_of(request), Action.EDIT_EXCHANGE)
    row = _row(name)
    to_version, from_version = (_number(request.POST.get(field, "")) for field in ("to_version", "version"))
    try:
        operations.roll_back(
            name=name, to_version=to_version, actor=_actor(request), at=now(), from_version=from_version
        )
    except ObjectDoesNotExist:
        raise Http404 from None
    except ParametersInvalid as error:
        return _form(request, row, _draft_of(row), error.faults)
    except ParametersChanged as error:
        return _form(request, row, _draft_of(row), {"version": f"{error} {error.next_step}"})
    return redirect("endpoint", name=name)


def _form(
    request: HttpRequest, row: EndpointRow | None, draft: Draft, faults: Mapping[str, str], *, name: str = ""
) -> HttpResponse:
    staff = staff_of(request)
    context = {
        "sections": sections_for(staff),
        "may_edit": may(staff, Action.EDIT_EXCHANGE),
        "row": row,
        "name": row.name if row else name,
        "draft": draft,
        "faults": faults,
        "groups": [(title, [_field(each, draft, faults) for each in fields]) for title, fields in _GROUPS],
        "maintenance": "\n".join(draft.parameters.get("maintenance", ())),
        "credential": draft.parameters.get("credential", ""),
        "adapters": [*known_adapters(), *configuration().adapters],
        "protocols": PROTOCOLS,
        "standing": next((each for each in queries.standings(now()) if row and each.row.name == row.name), None),
        "history": queries.history(row.name) if row else [],
    }
    return render(request, "exchange/endpoint.html", context, status=422 if faults else 200)


def _field(
    described: tuple[str, str | Promise, str | Promise, str | Promise], draft: Draft, faults: Mapping[str, str]
) -> Field:
    name, label, unit, hint = described
    low, high = bounds(name) or (0, 0)
    return Field(name, label, unit, hint, draft.parameters.get(name, ""), low, high, faults.get(name, ""))


def _draft(given: Mapping[str, str]) -> Draft:
    """What a form says, as it says it: what is no number stays a text, and is told to be none."""
    parameters: dict[str, Any] = {
        name: _value(given[name], whole=isinstance(default, int))
        for name, default in _builtins(EndpointParameters()).items()
        if name in given and isinstance(default, int | float)
    }
    parameters["credential"] = given.get("credential", "").strip()
    parameters["maintenance"] = [line.strip() for line in given.get("maintenance", "").splitlines() if line.strip()]
    return Draft(
        adapter=given.get("adapter", ""),
        protocol=given.get("protocol", ""),
        address=given.get("address", "").strip(),
        enabled="enabled" in given,
        parameters={**_builtins(EndpointParameters()), **parameters},
    )


def _draft_of(row: EndpointRow) -> Draft:
    return Draft(
        adapter=row.adapter,
        protocol=row.protocol,
        address=row.address,
        enabled=row.enabled,
        parameters={**_builtins(EndpointParameters()), **row.parameters},
    )


def _value(text: str, *, whole: bool) -> Any:  # noqa: ANN401 - a number, or what was given instead
    try:
        return int(text) if whole else float(text)
    except ValueError:
        return text


def _builtins(parameters: EndpointParameters) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(parameters)
    return found


def _row(name: str) -> EndpointRow:
    found = EndpointRow.objects.filter(name=name).first()
    if found is None:
        raise Http404(_("There is no such endpoint."))
    return found


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()


def _actor(request: HttpRequest) -> str:
    return f"staff:{staff_of(request).get_username()}"
