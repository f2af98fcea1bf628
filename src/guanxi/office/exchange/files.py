"""Files on the screen: each with its life, the peers they come from and go to, and what a person may decide."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.access.audit import record
from guanxi.access.policies import Action, may, require
from guanxi.exchange.errors import FileStateForbidden, ParametersChanged, ParametersInvalid
from guanxi.exchange.files import peer_operations as operations
from guanxi.exchange.files import queries
from guanxi.exchange.files.handling import handlers_by_kind
from guanxi.exchange.files.peers import READY, faults_in
from guanxi.exchange.files.queries import Wanted
from guanxi.exchange.files.states import FileState
from guanxi.exchange.models import TransferredFile
from guanxi.kernel.clock import now
from guanxi.office.exchange.sections import sections_for
from guanxi.office.interactions.views import read_cursor
from guanxi.office.staff import staff_of

_EMPTY: Final[dict[str, Any]] = {
    "port": 22,
    "archive": "archive",
    "quarantine": "quarantine",
    "ready": "stable",
    "report": True,
    "every_seconds": 30,
    "largest_megabytes": 200,
    "enabled": True,
}
_NUMBERS: Final = ("port", "every_seconds", "largest_megabytes")
_CHOICES: Final = ("checksum", "report", "enabled")
_TEXTS: Final = ("host", "user", "host_key", "credential", "party", "inbound", "outbound", "archive", "quarantine")
_DECISIONS: Final[dict[str, Callable[..., None]]] = {
    "release": operations.release,
    "cancel": operations.cancel,
    "try": operations.try_now,
}


def files(request: HttpRequest) -> HttpResponse:
    """All of them, newest first."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    context = {
        "sections": sections_for(staff),
        "peers": queries.peers(),
        "states": list(FileState),
        "may_edit": may(staff, Action.EDIT_EXCHANGE),
    }
    return render(request, "exchange/files.html", {**context, **_files(request)})


def files_live(request: HttpRequest) -> HttpResponse:
    """The list alone: for the page that is open, and its further pages."""
    require(staff_of(request), Action.VIEW_JOURNAL)
    return render(request, "exchange/file_rows.html", _files(request))


def file(request: HttpRequest, file_id: uuid.UUID) -> HttpResponse:
    """One file and its life."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    return _file_page(request, file_id, "")


@require_POST
def decide_file(request: HttpRequest, file_id: uuid.UUID, verb: str) -> HttpResponse:
    """Release it from quarantine, do not send it, or try it now."""
    staff = staff_of(request)
    require(staff, Action.EDIT_EXCHANGE)
    if verb not in _DECISIONS or queries.file_of(file_id) is None:
        raise Http404
    try:
        _DECISIONS[verb](file_id=file_id, actor=f"staff:{staff.get_username()}", at=now())
    except FileStateForbidden as error:
        return _file_page(request, file_id, f"{error} {error.next_step}")
    return redirect("file", file_id=file_id)


def file_content(request: HttpRequest, file_id: uuid.UUID) -> StreamingHttpResponse:
    """Its octets, to keep. Who fetched them is on record."""
    staff = staff_of(request)
    require(staff, Action.EDIT_EXCHANGE)
    found = queries.file_of(file_id)
    if found is None or not queries.has_content(file_id):
        raise Http404
    record(actor=f"staff:{staff.get_username()}", action="fetch_file", subject=f"file:{file_id}", at=now())
    name = found.name.replace('"', "").replace("\\", "").replace("/", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name.encode("ascii", "replace").decode()}"'}
    return StreamingHttpResponse(queries.pieces_of(file_id), content_type="application/octet-stream", headers=headers)


@require_http_methods(["GET", "POST"])
def file_peer(request: HttpRequest, name: str = "") -> HttpResponse:
    """A peer, to look at and to edit; without a name, the form for a new one."""
    staff = staff_of(request)
    row = queries.peer_row(name) if name else None
    if name and row is None:
        raise Http404
    if request.method == "GET":
        require(staff, Action.VIEW_JOURNAL)
        return _peer_page(request, name, row.content if row else _EMPTY, {}, row.version if row else 0)
    require(staff, Action.EDIT_EXCHANGE)
    given = name or request.POST.get("name", "").strip()
    content, version = _content(request.POST), int(request.POST.get("version") or 0)
    try:
        operations.save_peer(
            name=given,
            content=content,
            reason=request.POST.get("reason", "").strip(),
            actor=f"staff:{staff.get_username()}",
            at=now(),
            from_version=version,
        )
    except ParametersInvalid as error:
        return _peer_page(request, given, content, error.faults, version)
    except ParametersChanged as error:
        return _peer_page(request, given, content, {"version": f"{error} {error.next_step}"}, version)
    return redirect("file-peer", name=given)


@require_POST
def try_file_peer(request: HttpRequest) -> HttpResponse:
    """Whether the server of the form as it stands lets us in; nothing is kept."""
    require(staff_of(request), Action.EDIT_EXCHANGE)
    content = _content(request.POST)
    if faults := faults_in("new", content, handlers_by_kind()):
        return render(request, "exchange/endpoint_tried.html", {"faults": faults})
    fault, number, milliseconds = queries.try_peer(content)
    told = {"answers": not fault, "fault": fault, "milliseconds": milliseconds, "number": number}
    return render(request, "exchange/endpoint_tried.html", told)


def _files(request: HttpRequest) -> dict[str, Any]:
    asked = {name: request.GET.get(name, "")[:80].replace("\x00", "") for name in ("peer", "state", "direction", "q")}
    before = None
    if request.GET.get("before"):
        at, _sign, last_id = read_cursor(request.GET["before"]).partition("_")
        before = dt.datetime.fromisoformat(at), uuid.UUID(last_id)
    wanted = Wanted(
        peer=asked["peer"], direction=asked["direction"], state=asked["state"], text=asked["q"].strip(), before=before
    )
    found, more = queries.newest_files(wanted), ""
    if len(found) == queries.FILES:
        asked["before"] = f"{found[-1].first_at.isoformat()}_{found[-1].id}"
        more = f"{reverse('files-live')}?{urlencode({name: value for name, value in asked.items() if value})}"
    return {"files": [(each, _percent(each)) for each in found], "wanted": wanted, "more": more, "continued": before}


def _percent(each: TransferredFile) -> int:
    return 100 * each.so_far // each.size if each.size else 100


def _file_page(request: HttpRequest, file_id: uuid.UUID, fault: str) -> HttpResponse:
    staff, found = staff_of(request), queries.file_of(file_id)
    if found is None:
        raise Http404
    context = {
        "sections": sections_for(staff),
        "file": found,
        "percent": _percent(found),
        "sha256": bytes(found.sha256).hex() if found.sha256 else "",
        "events": queries.events_of(file_id),
        "answers": queries.answers_to(file_id),
        "has_content": queries.has_content(file_id),
        "may_edit": may(staff, Action.EDIT_EXCHANGE),
        "fault": fault,
    }
    return render(request, "exchange/file.html", context, status=409 if fault else 200)


def _peer_page(
    request: HttpRequest, name: str, content: Mapping[str, Any], faults: Mapping[str, str], version: int
) -> HttpResponse:
    staff = staff_of(request)
    context = {
        "sections": sections_for(staff),
        "may_edit": may(staff, Action.EDIT_EXCHANGE),
        "name": name,
        "peer": content,
        "kinds": "\n".join(content.get("kinds", ())),
        "faults": faults,
        "version": version,
        "ready": READY,
        "known_kinds": ", ".join(sorted(handlers_by_kind())),
        "versions": queries.versions_of(name) if version else [],
    }
    return render(request, "exchange/file_peer.html", context, status=422 if faults else 200)


def _content(given: Mapping[str, str]) -> dict[str, Any]:
    """What a form says, as it says it: what is no number stays a text, and is told to be none."""
    content: dict[str, Any] = {name: given.get(name, "").strip() for name in _TEXTS}
    content |= {name: int(text) if (text := given.get(name, "")).isdecimal() else text for name in _NUMBERS}
    content |= {name: name in given for name in _CHOICES}
    content["ready"] = given.get("ready", "")
    content["kinds"] = [line.strip() for line in given.get("kinds", "").splitlines() if line.strip()]
    return content
