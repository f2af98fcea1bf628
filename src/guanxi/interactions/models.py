"""The timeline, and the matters that need more than one interaction."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Interaction(models.Model):
    """One thing that happened between a party and the bank. Append-only, partitioned by month of `occurred_at`.

    The table itself is made by migration 0001 in SQL; Django only reads and inserts. `legs` is a JSON list of
    {"system", "operation", "state", "milliseconds", "reference", "reason"}; `detail` holds what the entry can open to.
    """

    pk = models.CompositePrimaryKey("occurred_at", "id")
    id = models.UUIDField()
    occurred_at = models.DateTimeField()
    party_id = models.UUIDField()
    account_id = models.UUIDField(null=True)
    request_id = models.UUIDField(null=True)
    channel = models.CharField(max_length=16)
    kind = models.CharField(max_length=12)
    service = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)  # signed: negative left the party
    currency = models.CharField(max_length=3, null=True)
    duration_ms = models.IntegerField(null=True)
    legs = models.JSONField(null=True)
    detail = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "interactions_interaction"


class Case(models.Model):
    """A matter that needs more than one interaction: a complaint, a dispute, a request to be followed up."""

    class Status(models.TextChoices):
        """Where it stands."""

        OPEN = "open"
        WAITING = "waiting"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20, unique=True)
    party_id = models.UUIDField()
    contact_reason = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    channel = models.CharField(max_length=16)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    request_id = models.UUIDField(null=True, unique=True)  # the service request that opened it

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["party_id", "-opened_at"], name="interactions_case_party"),
            models.Index(fields=["due_at"], condition=Q(closed_at=None), name="interactions_case_due"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "waiting", "closed"]), name="interactions_case_status"
            ),
        ]
