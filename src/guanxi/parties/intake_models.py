"""How records came: versions of what a source is, files, loads, what was rejected, what was held."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from guanxi.parties.intake.states import OPEN, HeldState, LoadState
from guanxi.parties.record_models import Source, SourceRecord


class SourceVersion(models.Model):
    """What a source was said to be from `at` on, by whom, and why. Rows are only ever added."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    reason = models.CharField(max_length=200)
    content = models.JSONField()  # title, trust, owner, description

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "version"], name="parties_source_version_once"),
        ]


class IntakeFile(models.Model):
    """A file that was handed in. `draft` is what is being made of it on the mapping screen, before any source is."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=255)
    size = models.BigIntegerField(default=0)
    sha256 = models.BinaryField(null=True)  # none yet: it is still coming in
    source = models.CharField(max_length=24)
    title = models.CharField(max_length=80)
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    draft = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-at"], name="parties_intakefile_newest")]


class IntakeFilePart(models.Model):
    """A piece of a file; they are dropped some days after it was loaded."""

    pk = models.CompositePrimaryKey("file", "number")
    file = models.ForeignKey(IntakeFile, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()


class Load(models.Model):
    """One file of one source taken in. `position` is how many of its rows are done: from there it goes on."""

    id = models.UUIDField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="loads")
    source_version = models.PositiveIntegerField()
    file = models.ForeignKey(IntakeFile, on_delete=models.PROTECT, related_name="loads")
    mode = models.CharField(max_length=5)
    state = models.CharField(max_length=9, default=LoadState.WAITING)
    actor = models.CharField(max_length=160)
    at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)  # when the process that loads was last heard of
    share = models.FloatField(default=0)  # of the file, 0 to 1
    position = models.BigIntegerField(default=0)
    added = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    gone = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    resolved = models.BigIntegerField(default=0)  # records handed to resolution so far
    confirmed = models.BooleanField(default=False)  # somebody has said that so many are truly gone
    sentence = models.CharField(max_length=500, blank=True)
    doubts = models.JSONField(default=dict)  # "field: why" -> how often

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(mode__in=["full", "delta"]), name="parties_load_mode"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in LoadState]), name="parties_load_state"
            ),
            models.UniqueConstraint(fields=["source"], condition=Q(state__in=OPEN), name="parties_load_one_at_a_time"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-at"], name="parties_load_newest"),
            models.Index(fields=["source", "-at"], name="parties_load_of_source"),
            models.Index(fields=["file"], name="parties_load_file"),
        ]


class LoadRow(models.Model):
    """A record that a load has met. Those that have `changed` wait to be resolved; those that none has met are gone."""

    pk = models.CompositePrimaryKey("load", "record")
    load = models.ForeignKey(Load, on_delete=models.CASCADE, related_name="rows", db_index=False)
    record = models.BigIntegerField()
    changed = models.BooleanField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["load", "record"], condition=Q(changed=True), name="parties_loadrow_changed"),
        ]


class Rejection(models.Model):
    """A row of a file that was not taken, or a field of one that was left out (`field` says which)."""

    id = models.BigAutoField(primary_key=True)
    load = models.ForeignKey(Load, on_delete=models.CASCADE, related_name="rejections", db_index=False)
    row = models.BigIntegerField()
    field = models.CharField(max_length=80, blank=True)
    reason = models.CharField(max_length=300)
    content = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["load", "id"], name="parties_rejection_of_load")]


class HeldRow(models.Model):
    """A row under a known key that tells of somebody else: nothing has been changed until a person decides."""

    id = models.BigAutoField(primary_key=True)
    load = models.ForeignKey(Load, on_delete=models.CASCADE, related_name="held_rows", db_index=False)
    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="+", db_index=False)
    row = models.BigIntegerField()
    content = models.JSONField()
    mapped = models.JSONField()
    told_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300)
    state = models.CharField(max_length=9, default=HeldState.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in HeldState]), name="parties_heldrow_state"
            ),
            models.UniqueConstraint(
                fields=["record"], condition=Q(state=HeldState.OPEN.value), name="parties_heldrow_once"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["load", "state", "id"], name="parties_heldrow_of_load")]
