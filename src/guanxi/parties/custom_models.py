"""Fields and kinds of records defined on screen, every version of them, their records, and every change of a value."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class CustomField(models.Model):
    """A field that was defined on screen. A removed one keeps its values, and its name is not given away."""

    class IndexState(models.TextChoices):
        """How its index stands."""

        NONE = "none"
        WANTED = "wanted"
        BUILDING = "building"
        READY = "ready"
        FAILED = "failed"
        LEAVING = "leaving"

    id = models.BigAutoField(primary_key=True)
    subject = models.CharField(max_length=40, blank=True)  # the kind of records it belongs to; empty: parties
    name = models.CharField(max_length=40)
    definition = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    removed_at = models.DateTimeField(null=True)
    index_state = models.CharField(max_length=8, choices=IndexState.choices, default=IndexState.NONE)
    index_fault = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "name"], name="parties_field_name_once"),
            models.CheckConstraint(
                condition=Q(index_state__in=["none", "wanted", "building", "ready", "failed", "leaving"]),
                name="parties_field_index_state_known",
            ),
        ]


class CustomRecordType(models.Model):
    """A kind of records that parties can have, with fields of its own: vehicles, pets."""

    name = models.CharField(max_length=40, primary_key=True)
    definition = models.JSONField()
    version = models.PositiveIntegerField(default=1)
    removed_at = models.DateTimeField(null=True)


class DefinitionVersion(models.Model):
    """What a field or a kind of records was defined as, from when on, by whom and why. Append-only."""

    id = models.BigAutoField(primary_key=True)  # the newest is the version of the whole schema
    what = models.CharField(max_length=90)  # field:party.risk, field:vehicle.plate, type:vehicle
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    reason = models.CharField(max_length=200, blank=True)
    definition = models.JSONField(null=True)  # null: removed

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["what", "version"], name="parties_definition_version_once"),
        ]


class CustomRecord(models.Model):
    """A record that belongs to a party: one vehicle, one pet. A removed one can be brought back."""

    id = models.UUIDField(primary_key=True)
    type = models.ForeignKey(CustomRecordType, on_delete=models.PROTECT, related_name="records")
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="custom_records")
    values = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["party", "type"], name="parties_record_of_party"),
            models.Index(fields=["type", "party"], name="parties_record_of_type"),
        ]


class FieldChange(models.Model):
    """A value that was changed: what it was and what it became, as JSON. Append-only."""

    id = models.BigAutoField(primary_key=True)
    change = models.UUIDField()  # what was changed together
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="field_changes")
    record = models.ForeignKey(CustomRecord, null=True, on_delete=models.PROTECT, related_name="changes")
    field = models.CharField(max_length=40)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["party", "field", "-id"], name="parties_change_of_field"),
            models.Index(fields=["change"], name="parties_change_together"),
            models.Index(fields=["record", "-id"], name="parties_change_of_record", condition=Q(record__isnull=False)),
        ]
