"""How golden records came to say what they say: rules, provenance, pins, tasks of data quality, scores."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class SurvivorshipRules(models.Model):
    """One version of all fields' rules (`survivorship.rules`); the latest is in force. Append-only."""

    version = models.PositiveIntegerField(primary_key=True)
    body = models.JSONField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    reason = models.CharField(max_length=200)


class GoldenState(models.Model):
    """When a party's golden record was last chosen, by which rules, and what stood there before the first time."""

    party = models.OneToOneField("parties.Party", on_delete=models.CASCADE, primary_key=True, related_name="golden")
    rules_version = models.PositiveIntegerField(default=0)
    refreshed_at = models.DateTimeField()
    before = models.JSONField(null=True)  # of parties that were not made from source records

    class Meta:
        indexes: ClassVar = [models.Index(fields=["rules_version"], name="parties_golden_rules")]


class Provenance(models.Model):
    """Where a field's value is from, why it was chosen, and what the others say; superseded ones are its history."""

    party = models.ForeignKey("parties.Party", on_delete=models.CASCADE, related_name="provenance")
    field = models.CharField(max_length=48)  # name, phone, identifier.passport
    value = models.TextField()
    source = models.CharField(max_length=24, blank=True)  # empty where no source says it
    record = models.BigIntegerField(null=True)
    source_record = models.UUIDField(null=True)  # the version of the record that says so
    rule = models.CharField(max_length=16)  # what decided: a criterion, alone, agreed, order, pin, derived
    told_at = models.DateTimeField(null=True)
    chosen_at = models.DateTimeField()
    others = models.JSONField(default=list)  # the ranking, best first; empty where nobody else says anything
    digest = models.CharField(max_length=32, default="", db_default="")  # of `others`
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["party", "field"], condition=Q(superseded_at=None), name="parties_provenance_present"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["party", "-chosen_at"], name="parties_provenance_history")]


class Pin(models.Model):
    """A value that a member of staff has fixed, whatever sources say, until it is taken off again."""

    id = models.UUIDField(primary_key=True)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="pins")
    field = models.CharField(max_length=48)
    value = models.CharField(max_length=300)
    reason = models.CharField(max_length=200)
    by = models.CharField(max_length=160)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["party", "field"], condition=Q(undone_at=None), name="parties_pin_present"),
        ]


class QualityTask(models.Model):
    """Something about a party's data that a person should look at and a source should put right."""

    class Kind(models.TextChoices):
        """What is wrong."""

        CONFLICT = "conflict"  # sources say different things
        INVALID = "invalid"  # what a source says cannot be right

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open"
        ASSIGNED = "assigned"
        RESOLVED = "resolved"  # put right at the source, it is said
        DISMISSED = "dismissed"  # it is right as it is
        CLOSED = "closed"  # went by itself

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    party = models.ForeignKey("parties.Party", on_delete=models.CASCADE, related_name="quality_tasks")
    field = models.CharField(max_length=48)
    sources = ArrayField(models.CharField(max_length=24))  # those who should look, the first of them most
    says = models.JSONField(default=dict)  # value by source
    fingerprint = models.CharField(max_length=32)  # of what they say: the same matter is asked only once
    owner = models.CharField(max_length=150, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    due = models.DateField()
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=160, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["conflict", "invalid"]), name="parties_task_kind"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "assigned"], closed_at=None)
                | Q(state__in=["resolved", "dismissed", "closed"], closed_at__isnull=False),
                name="parties_task_state",
            ),
            models.UniqueConstraint(
                fields=["party", "field", "kind"], condition=Q(closed_at=None), name="parties_task_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "due", "id"], condition=Q(closed_at=None), name="parties_task_owner"),
            models.Index(fields=["due", "id"], condition=Q(closed_at=None), name="parties_task_due"),
            models.Index(fields=["-closed_at"], condition=Q(closed_at__isnull=False), name="parties_task_done"),
            models.Index(fields=["party", "fingerprint"], name="parties_task_known"),
        ]


class RecordScore(models.Model):
    """The quality of a current source record (`survivorship.scores`); timeliness follows from `told_at`."""

    record = models.BigIntegerField(primary_key=True)
    source = models.CharField(max_length=24)
    completeness = models.FloatField()
    validity = models.FloatField()
    agreement = models.FloatField(null=True)
    told_at = models.DateTimeField(null=True)
    scored_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["source"], name="parties_recordscore_source")]


class SourceScore(models.Model):
    """The mean quality of a source's records on a day."""

    day = models.DateField()
    source = models.CharField(max_length=24)
    records = models.PositiveIntegerField()
    completeness = models.FloatField()
    validity = models.FloatField()
    agreement = models.FloatField(null=True)
    timeliness = models.FloatField(null=True)
    open_tasks = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "source"], name="parties_sourcescore_once"),
        ]
