"""What the customer API keeps: replies to repeat, subscriptions to changes, and the deliveries that they wait for."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class StoredReply(models.Model):
    """What a machine client was answered under an idempotency key; asked again, it is answered the same, for ever."""

    client = models.CharField(max_length=24)
    key = models.CharField(max_length=40)
    fingerprint = models.BinaryField()  # SHA-256 of the operation and what was sent
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "key"], name="parties_storedreply_once"),
        ]


class Webhook(models.Model):
    """Where a machine client wants to hear of changes, how far it has heard, and how it goes."""

    class State(models.TextChoices):
        """How it goes."""

        ACTIVE = "active"
        FAILING = "failing"  # its events wait and are tried again
        DISABLED = "disabled"  # after failing for long, or by its client

    id = models.UUIDField(primary_key=True)
    client = models.CharField(max_length=24, db_index=True)
    url = models.CharField(max_length=500)
    kinds = ArrayField(models.CharField(max_length=24))
    secret = models.CharField(max_length=80)  # where the secret is, never the secret
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)
    last_fault = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True)  # the last time that it took an event
    disabled_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    transaction_id = models.BigIntegerField(default=0)  # what of the outbox has been put into its queue
    place = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["active", "failing", "disabled"]), name="parties_webhook_state"
            ),
        ]


class WebhookDelivery(models.Model):
    """An event that a webhook is to be told, or has been. Those of one party are told in the order of their ids."""

    id = models.BigAutoField(primary_key=True)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.UUIDField()
    party = models.UUIDField()
    kind = models.CharField(max_length=24)
    body = models.JSONField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # of the last answer
    fault = models.CharField(max_length=200, blank=True)
    replayed = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["webhook", "party", "id"], condition=Q(delivered_at=None), name="parties_delivery_waiting"
            ),
            models.Index(
                fields=["webhook", "next_attempt_at"], condition=Q(delivered_at=None), name="parties_delivery_due"
            ),
            models.Index(fields=["webhook", "-id"], name="parties_delivery_of_webhook"),
        ]
