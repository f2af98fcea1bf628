"""The journal: the durable record of requests and legs, from which integrity is enforced and recovered."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from guanxi.exchange.payment_models import Payment, PaymentBlock, PaymentFile, PaymentFileContent

__all__ = ["JournalLeg", "JournalRequest", "Payment", "PaymentBlock", "PaymentFile", "PaymentFileContent"]

LEG_STATES = ["planned", "sent", "pending", "confirmed", "failed", "reversing", "reversed", "in_doubt", "dropped"]


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
    state = models.CharField(max_length=10)  # received, closed
    outcome = models.CharField(max_length=10, null=True)
    reason = models.CharField(max_length=32, null=True)
    reply = models.JSONField(null=True)
    received_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "idempotency_key"], name="exchange_request_once"),
            models.CheckConstraint(condition=Q(state__in=["received", "closed"]), name="exchange_request_state"),
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
    operation = models.CharField(max_length=32)
    content = models.JSONField()
    state = models.CharField(max_length=10)  # see exchange.states
    reason = models.CharField(max_length=32, null=True)
    reference = models.CharField(max_length=64, null=True)  # the back-end's own reference
    attempts = models.PositiveSmallIntegerField(default=1)
    sent_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "position"], name="exchange_leg_position"),
            models.CheckConstraint(
                condition=Q(state__in=LEG_STATES),
                name="exchange_leg_state",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=["sent", "pending", "reversing", "in_doubt"]),
                name="exchange_leg_open",
            ),
        ]
