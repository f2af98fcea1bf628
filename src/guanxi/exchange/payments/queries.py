"""Reading payment files for people: the newest, one of them, its payments found by any word in them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Q, Sum

from guanxi.exchange.models import Payment, PaymentBlock, PaymentFile
from guanxi.exchange.payments.report import StatusReport

FILES: Final = 30
PAYMENTS: Final = 60
_REPORTED: Final = 5000
_REPORTED_FIELDS: Final = (
    "position",
    "block",
    "id",
    "instruction_id",
    "end_to_end_id",
    "amount",
    "currency",
    "state",
    "reason",
    "explanation",
    "reference",
)
_SEARCHED: Final = ("end_to_end_id", "creditor", "creditor_account", "remittance", "reference", "instruction_id")


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """Which payments of a file: any of `text` in them, in `state`, for `reason`, after `after`."""

    text: str = ""
    state: str = ""
    reason: str = ""
    after: int = -1


@dataclasses.dataclass(frozen=True, slots=True)
class Refusals:
    """How many payments were rejected for one reason, and their amounts together."""

    reason: str
    number: int
    total: Decimal


def newest_files(*, state: str = "", before: tuple[dt.datetime, uuid.UUID] | None = None) -> list[PaymentFile]:
    """Files, newest first, older than `before`."""
    found = PaymentFile.objects.order_by("-received_at", "-id")
    if state:
        found = found.filter(state=state)
    if before:
        at, file_id = before
        found = found.filter(Q(received_at__lt=at) | Q(received_at=at, id__lt=file_id))
    return list(found[:FILES])


def file_of(file_id: uuid.UUID) -> PaymentFile | None:
    """One file."""
    return PaymentFile.objects.filter(id=file_id).first()


def blocks_of(file_id: uuid.UUID) -> list[PaymentBlock]:
    """Its first blocks."""
    return list(PaymentBlock.objects.filter(file_id=file_id).order_by("position")[:50])


def payments_of(file_id: uuid.UUID, wanted: Wanted) -> list[Payment]:
    """The next payments of the file that are wanted, in its order."""
    found = Payment.objects.filter(file_id=file_id, position__gt=wanted.after)
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.reason:
        found = found.filter(state="rejected", reason=wanted.reason)
    for word in wanted.text.split()[:5]:
        found = found.filter(_has(word))
    return list(found.order_by("position")[:PAYMENTS])


def refusals_of(file_id: uuid.UUID) -> list[Refusals]:
    """Why payments of the file were rejected, the most frequent reason first."""
    rejected = Payment.objects.filter(file_id=file_id, state="rejected")
    grouped = rejected.values_list("reason").annotate(number=Count("id"), total=Sum("amount"))
    return [Refusals(*row) for row in grouped.order_by("-number")[:20]]


def status_report_of(file: PaymentFile, *, bic: str, at: dt.datetime) -> Iterator[str]:
    """The pain.002 of `file`, page by page."""
    shown = PaymentFile.objects.values().get(id=file.id)
    blocks = PaymentBlock.objects.filter(file_id=file.id).values(
        "position", "payment_information_id", "reason", "explanation"
    )
    report = StatusReport(shown, blocks, bic=bic, at=at)
    yield report.opening()
    last = -1
    while rows := _page(file.id, last):
        yield report.page(rows)
        last = rows[-1]["position"]
    yield report.ending()


def _page(file_id: uuid.UUID, last: int) -> list[dict[str, Any]]:
    found = Payment.objects.filter(file_id=file_id, position__gt=last).order_by("position").values(*_REPORTED_FIELDS)
    return [dict(row) for row in found[:_REPORTED]]


def _has(word: str) -> Q:
    anywhere = Q()
    for field in _SEARCHED:
        anywhere |= Q(**{f"{field}__icontains": word})
    return anywhere
