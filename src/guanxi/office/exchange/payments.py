"""Payment files of corporate customers: each file's life, each of its payments with its end, the status report."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from guanxi.access.audit import record
from guanxi.access.models import StaffMember
from guanxi.access.policies import Action, may, require
from guanxi.exchange.files.queries import file_of_subject
from guanxi.exchange.models import PaymentFile
from guanxi.exchange.payments import queries
from guanxi.exchange.payments.queries import Wanted
from guanxi.kernel.clock import now
from guanxi.office.exchange.sections import sections_for
from guanxi.office.interactions.views import read_cursor
from guanxi.office.staff import staff_of
from guanxi.parties.queries import parties_by_id
from guanxi.storage.configuration import configuration

_STATES: Final = ("accepted", "rejected", "pending", "received")
_LONGEST: Final = 100
# ISO 20022 ExternalStatusReason1Code, in the reader's words.
_REASONS: Final = {
    "AB06": _("The system did not answer"),
    "AB07": _("The system was away"),
    "AC01": _("Account number wrong"),
    "AC04": _("Account closed"),
    "AC06": _("Account blocked"),
    "AG01": _("Not to be drawn on by order"),
    "AGNT": _("Debtor's bank is another"),
    "AM01": _("Amount is zero"),
    "AM02": _("Beyond the limit"),
    "AM03": _("Currency not possible"),
    "AM04": _("Not enough money"),
    "AM05": _("Received before"),
    "AM10": _("Control sum wrong"),
    "AM12": _("Amount not possible"),
    "AM18": _("Number of transactions wrong"),
    "DT01": _("Date not possible"),
    "DU01": _("Message id used before"),
    "FF01": _("Not as the format demands"),
    "MS03": _("Refused without a reason"),
    "NARR": _("See the explanation"),
    "RC01": _("Creditor's bank unknown"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """A piece of a file's bar: how many payments, how much, how wide (percent)."""

    state: str
    number: int
    total: Decimal
    width: float


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """A file as it is drawn."""

    file: PaymentFile
    sender: str
    shares: list[Share]
    percent: int

    @property
    def open(self) -> bool:
        """Is it still being worked on?"""
        return self.file.state in {"received", "processing"}

    @property
    def reason(self) -> str:
        """Why it was refused as a whole."""
        return str(_REASONS.get(self.file.reason, self.file.reason))


def payment_files(request: HttpRequest) -> HttpResponse:
    """All files, newest first."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    return render(request, "exchange/payments.html", {"sections": sections_for(staff), **_files(request)})


def payment_files_live(request: HttpRequest) -> HttpResponse:
    """The list alone: for the page that is open, and its further pages."""
    require(staff_of(request), Action.VIEW_JOURNAL)
    return render(request, "exchange/payment_files.html", _files(request))


def payment_file(request: HttpRequest, file_id: uuid.UUID) -> HttpResponse:
    """One file with its payments."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    shown = _shown_file(file_id)
    context = {
        "sections": sections_for(staff),
        "blocks": queries.blocks_of(file_id),
        "states": _STATES,
        **_head(shown, staff),
        **_payments(request, file_id),
    }
    return render(request, "exchange/payment_file.html", context)


def payment_file_live(request: HttpRequest, file_id: uuid.UUID) -> HttpResponse:
    """The head of one file alone, for the page that is open."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    return render(request, "exchange/payment_head.html", _head(_shown_file(file_id), staff))


def payment_results(request: HttpRequest, file_id: uuid.UUID) -> HttpResponse:
    """Payments alone: while somebody types, and further pages."""
    require(staff_of(request), Action.VIEW_JOURNAL)
    return render(request, "exchange/payment_results.html", _payments(request, file_id))


def payment_status(request: HttpRequest, file_id: uuid.UUID) -> StreamingHttpResponse:
    """The file's pain.002, to keep. Who fetched it is on record: it names the payees."""
    staff = staff_of(request)
    require(staff, Action.VIEW_JOURNAL)
    file = queries.file_of(file_id)
    if file is None:
        raise Http404
    at = now()
    record(
        actor=f"staff:{staff.get_username()}", action="fetch_status_report", subject=f"payment_file:{file_id}", at=at
    )
    pieces = queries.status_report_of(file, bic=configuration().bank_bic, at=at)
    name = f"pain.002-{file.message_id or file_id.hex}.xml".replace('"', "").replace("/", "-")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type="application/xml", headers=headers)


def _files(request: HttpRequest) -> dict[str, Any]:
    state = request.GET.get("state", "")
    state = state if state in PaymentFile.State.values else ""
    before = _cursor(request.GET["before"]) if request.GET.get("before") else None
    found = queries.newest_files(state=state, before=before)
    parties = parties_by_id([file.party_id for file in found])
    shown = [_shown(file, parties[file.party_id].name if file.party_id in parties else "") for file in found]
    more = ""
    if len(found) == queries.FILES:
        last = found[-1]
        more = _address("payment-files-live", state=state, before=f"{last.received_at.isoformat()}_{last.id}")
    return {
        "files": shown,
        "state": state,
        "states_of_files": PaymentFile.State.values,
        "more": more,
        "continued": before is not None,
        "any_open": any(each.open for each in shown),
    }


def _head(shown: Shown, staff: StaffMember) -> dict[str, Any]:
    refusals = queries.refusals_of(shown.file.id) if shown.file.rejected else []
    return {
        "shown": shown,
        "file": shown.file,
        "came_as": file_of_subject(shown.file.id) if shown.file.way == "sftp" else None,
        "may_view_customer": may(staff, Action.VIEW_CUSTOMER),
        "refusals": [(each, _REASONS.get(each.reason, each.reason)) for each in refusals],
    }


def _payments(request: HttpRequest, file_id: uuid.UUID) -> dict[str, Any]:
    after = request.GET.get("after", "")
    wanted = Wanted(
        text=request.GET.get("q", "")[:_LONGEST].replace("\x00", "").strip(),
        state=request.GET.get("state", "") if request.GET.get("state") in _STATES else "",
        reason=request.GET.get("reason", "")[:4],
        after=int(after) if after.isdecimal() else -1,
    )
    found = queries.payments_of(file_id, wanted)
    more = ""
    if len(found) == queries.PAYMENTS:
        asked = {"q": wanted.text, "state": wanted.state, "reason": wanted.reason, "after": str(found[-1].position)}
        more = f"{reverse('payment-results', args=[file_id])}?{urlencode(asked)}"
    return {
        "payments": [(payment, _REASONS.get(payment.reason, payment.reason)) for payment in found],
        "wanted": wanted,
        "more": more,
        "continued": wanted.after >= 0,
        "file_id": file_id,
    }


def _shown_file(file_id: uuid.UUID) -> Shown:
    file = queries.file_of(file_id)
    if file is None:
        raise Http404
    parties = parties_by_id([file.party_id])
    return _shown(file, parties[file.party_id].name if file.party_id in parties else "")


def _shown(file: PaymentFile, sender: str) -> Shown:
    waiting = file.payments - file.accepted - file.rejected - file.pending
    rest = file.total - file.accepted_total - file.rejected_total
    counted = (
        ("accepted", file.accepted, file.accepted_total),
        ("rejected", file.rejected, file.rejected_total),
        ("pending", file.pending, rest if not waiting else Decimal(0)),
        ("waiting", waiting, rest if waiting else Decimal(0)),
    )
    every = max(file.payments, 1)
    shares = [Share(state, number, total, 100 * number / every) for state, number, total in counted if number]
    return Shown(file, sender, shares, 100 * (file.accepted + file.rejected) // every)


def _cursor(text: str) -> tuple[dt.datetime, uuid.UUID]:
    at, _sign, file_id = read_cursor(text).partition("_")
    return dt.datetime.fromisoformat(at), uuid.UUID(file_id)


def _address(route: str, **asked: str) -> str:
    return f"{reverse(route)}?{urlencode({name: value for name, value in asked.items() if value})}"
