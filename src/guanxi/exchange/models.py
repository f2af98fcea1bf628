"""The journal: the durable record of requests and legs, from which integrity is enforced and recovered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from guanxi.exchange.endpoint_models import EndpointHealth, EndpointRow, EndpointVersion, RouteRow
from guanxi.exchange.file_models import (
    FileContent,
    FileEvent,
    FilePeerLook,
    FilePeerRow,
    FilePeerVersion,
    TransferredFile,
)
from guanxi.exchange.payment_models import Payment, PaymentBlock, PaymentFile, PaymentFileContent
from guanxi.exchange.states import OPEN, OWNED, LegState

__all__ = [
    "Break",
    "BreakNote",
    "EndpointHealth",
    "EndpointRow",
    "EndpointVersion",
    "FileContent",
    "FileEvent",
    "FilePeerLook",
    "FilePeerRow",
    "FilePeerVersion",
    "JournalLeg",
    "JournalRequest",
    "Payment",
    "PaymentBlock",
    "PaymentFile",
    "PaymentFileContent",
    "Reconciliation",
    "RouteRow",
    "TransferredFile",
]

LEG_STATES = [state.value for state in LegState]


class JournalRequest(models.Model):
    """One service request. (channel, idempotency_key) is unique for ever: one request, one effect."""

    id = models.UUIDField(primary_key=True)
    channel = models.CharField(max_length=16)
    idempotency_key = models.CharField(max_length=80)
    fingerprint = models.BinaryField()  # SHA-256 of service, actor and arguments: tells a repeat from a re-used key
    service = models.CharField(max_length=40)
    actor = models.CharField(max_length=80)  # party:<uuid>, terminal:<id>, staff:<name>, system:<name>
    party_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    arguments = models.JSONField()
    state = models.CharField(max_length=10)  # received, authorised, closed; see exchange.states
    outcome = models.CharField(max_length=10, null=True)
    reason = models.CharField(max_length=32, null=True)
    reply = models.JSONField(null=True)
    received_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "idempotency_key"], name="exchange_request_once"),
            models.CheckConstraint(
                condition=Q(state__in=["received", "authorised"], outcome=None)
                | Q(state="closed", outcome__isnull=False),
                name="exchange_request_state",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["received_at"], condition=~Q(state="closed"), name="exchange_request_open"),
        ]


class JournalLeg(models.Model):
    """One call to one back-end made for a request. Written before it is sent."""

    id = models.UUIDField(primary_key=True)  # also the idempotency key towards the back-end
    request = models.ForeignKey(JournalRequest, on_delete=models.PROTECT, related_name="legs")
    position = models.PositiveSmallIntegerField()
    system = models.CharField(max_length=24)
    endpoint = models.CharField(max_length=40, null=True)  # where it went; none from before there were endpoints
    operation = models.CharField(max_length=32)
    content = models.JSONField()
    undo = models.CharField(max_length=32, default="reversal", db_default="reversal")
    state = models.CharField(max_length=10)  # see exchange.states
    reason = models.CharField(max_length=32, null=True)
    reference = models.CharField(max_length=64, null=True)  # the back-end's own reference
    attempts = models.PositiveSmallIntegerField(default=1)
    sent_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    owner = models.CharField(max_length=80, null=True)  # who sees to it that it ends: recovery, or people
    deadline = models.DateTimeField(null=True)  # then it is handed to people

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "position"], name="exchange_leg_position"),
            models.CheckConstraint(condition=Q(state__in=LEG_STATES), name="exchange_leg_state"),
            models.CheckConstraint(
                condition=~Q(state__in=sorted(OWNED)) | Q(owner__isnull=False, deadline__isnull=False),
                name="exchange_leg_owned",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at"], condition=Q(state__in=sorted(OPEN)), name="exchange_leg_open"),
            models.Index(fields=["deadline"], condition=Q(owner="recovery"), name="exchange_leg_overdue"),
            models.Index(fields=["sent_at"], name="exchange_leg_sent"),
        ]


class Break(models.Model):
    """Something on which the journal and a business system do not agree, or that nobody could bring to an end.

    A person works through them. (system, kind, subject) is unique: what is found again is the same break.
    """

    id = models.UUIDField(primary_key=True)
    found_at = models.DateTimeField()
    system = models.CharField(max_length=24)
    kind = models.CharField(max_length=16)  # see exchange.breaks
    subject = models.CharField(max_length=80)  # the leg's id, or what the business system calls its operation
    day = models.DateField(null=True)  # the business day that was reconciled
    leg_id = models.UUIDField(null=True)
    request_id = models.UUIDField(null=True)
    ours = models.JSONField(null=True)  # what the journal says
    theirs = models.JSONField(null=True)  # what the business system says
    state = models.CharField(max_length=8)  # open, taken, decided, closed
    owner = models.CharField(max_length=80, null=True)
    decision = models.CharField(max_length=10, null=True)  # accept, retry, reverse, write_off
    decided_by = models.CharField(max_length=80, null=True)
    decided_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["system", "kind", "subject"], name="exchange_break_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "taken", "decided", "closed"]), name="exchange_break_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "taken"]) | Q(decision__isnull=False), name="exchange_break_decided"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "-found_at"], name="exchange_break_state_found"),
            models.Index(fields=["request_id"], condition=Q(request_id__isnull=False), name="exchange_break_request"),
        ]


class Reconciliation(models.Model):
    """The journal was held against one business system's book of one day."""

    id = models.BigAutoField(primary_key=True)
    system = models.CharField(max_length=24)
    day = models.DateField()
    at = models.DateTimeField()
    ours = models.IntegerField()  # legs of the journal
    theirs = models.IntegerField()  # operations of the business system
    breaks = models.IntegerField()
    failure = models.CharField(max_length=200, blank=True)  # why it could not be done

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["system", "day"], name="exchange_reconciliation_once"),
        ]


class BreakNote(models.Model):
    """What somebody found out about a break, or what was done about it. Append-only."""

    id = models.BigAutoField(primary_key=True)
    matter = models.ForeignKey(Break, on_delete=models.PROTECT, related_name="notes")
    at = models.DateTimeField()
    author = models.CharField(max_length=80)
    text = models.TextField()
