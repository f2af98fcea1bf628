"""Where parties come from: sources and their records, which party each is linked to, what was compared and decided.

A *record* is a party as one source knows it: (source, key). Its number (`SourceRecord.record`) is the same on every
version and is what resolution calls a record.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Func, Q, Value


class Source(models.Model):
    """A system that tells us of parties: how its records are read, how far it is trusted, who answers for it."""

    name = models.SlugField(primary_key=True, max_length=24)  # as in SourceRecord.source
    title = models.CharField(max_length=80)
    kind = models.CharField(max_length=12)  # by what its records come: file, sql, rest, events
    trust = models.FloatField(default=0.5)
    owner = models.CharField(max_length=150, blank=True)  # the member of staff who answers for its quality
    description = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=160)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(trust__gte=0, trust__lte=1), name="parties_source_trust_share"),
        ]


class SourceRecord(models.Model):
    """A party as one business system knows it; never changed, only superseded by a later version.

    `content` is what the source sent, `mapped` the same as a `normalisation.record.RawParty`.
    """

    id = models.UUIDField(primary_key=True)
    record = models.BigIntegerField(db_default=Func(Value("parties_record"), function="nextval"))
    source = models.CharField(max_length=24)
    key = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    content = models.JSONField()
    mapped = models.JSONField(null=True)
    received_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # as of when the source says so, where it does
    superseded_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)  # the source no longer has it

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "key", "version"], name="parties_source_record_version"),
            models.UniqueConstraint(
                fields=["source", "key"],
                condition=Q(superseded_at=None),
                name="parties_source_record_current",
            ),
            models.UniqueConstraint(
                fields=["record"], condition=Q(superseded_at=None), name="parties_source_record_number"
            ),
        ]


class Link(models.Model):
    """The current version of a source record belongs to a party, and why we think so."""

    class How(models.TextChoices):
        """Who says so."""

        SOURCE = "source"  # the source itself names the customer
        AUTOMATIC = "automatic"  # resolution
        STAFF = "staff"

    source_record = models.OneToOneField(SourceRecord, on_delete=models.PROTECT, primary_key=True)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="links")
    evidence = models.JSONField(default=dict)
    confidence = models.FloatField(default=1.0)  # probability, 0 to 1
    how = models.CharField(max_length=9, choices=How.choices, default=How.SOURCE, db_default=How.SOURCE)
    linked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(how__in=["source", "automatic", "staff"]), name="parties_link_how"),
        ]


class Move(models.Model):
    """Who was made one with whom, who was parted, and what was taken back. Append-only."""

    class Kind(models.TextChoices):
        """What was done."""

        MERGE = "merge"  # `other` is now `party`
        SPLIT = "split"  # `other` is a party of its own, parted from `party`
        UNDO = "undo"  # the move `undoes` was taken back

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="moves")
    other = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="moves_as_other")
    reason = models.CharField(max_length=300)
    detail = models.JSONField(default=dict)  # of a split: what was moved, table by table
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["merge", "split", "undo"]), name="parties_move_kind"),
            models.CheckConstraint(
                condition=Q(kind="undo", undoes__isnull=False) | (~Q(kind="undo") & Q(undoes=None)),
                name="parties_move_undoes",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["party", "-at"], name="parties_move_party"),
            models.Index(fields=["other", "-at"], name="parties_move_other"),
            models.Index(fields=["-at"], name="parties_move_at"),
        ]


class Handover(models.Model):
    """With a split, what happened on an account before it went along: entries of `from_party` are now `to_party`'s."""

    id = models.BigAutoField(primary_key=True)
    move = models.ForeignKey(Move, on_delete=models.PROTECT, related_name="handovers")
    account = models.ForeignKey("parties.Account", on_delete=models.PROTECT, related_name="+")
    from_party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="handed_over")
    to_party = models.ForeignKey("parties.Party", on_delete=models.PROTECT, related_name="taken_over")
    active = models.BooleanField(default=True)  # not any more once the split was taken back


class ReviewPair(models.Model):
    """Two records of which resolution cannot tell whether they are one party: a person should look."""

    low = models.BigIntegerField()
    high = models.BigIntegerField()
    weight = models.FloatField()
    reason = models.CharField(max_length=13)  # resolution.clusters.Reason
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=9, blank=True)  # same, different; lapsed when the doubt went by itself

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(low__lt=models.F("high")), name="parties_reviewpair_order"),
            models.CheckConstraint(
                condition=Q(closed_at=None, verdict="")
                | Q(closed_at__isnull=False, verdict__in=["same", "different", "lapsed"]),
                name="parties_reviewpair_verdict",
            ),
            models.UniqueConstraint(
                fields=["low", "high"], condition=Q(closed_at=None), name="parties_reviewpair_open"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-weight", "id"], condition=Q(closed_at=None), name="parties_reviewpair_queue"),
            models.Index(fields=["high"], condition=Q(closed_at=None), name="parties_reviewpair_high"),
            models.Index(fields=["low", "high", "-id"], name="parties_reviewpair_latest"),
        ]


class Verdict(models.Model):
    """What a person decided of two records. Append-only; a later verdict of the same pair replaces an earlier one."""

    low = models.BigIntegerField()
    high = models.BigIntegerField()
    verdict = models.CharField(
        max_length=9, choices=[("same", "same"), ("different", "different"), ("withdrawn", "withdrawn")]
    )
    weight = models.FloatField(null=True)  # what resolution gave it at that time
    by = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(low__lt=models.F("high")), name="parties_verdict_order"),
            models.CheckConstraint(
                condition=Q(verdict__in=["same", "different", "withdrawn"]), name="parties_verdict_word"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["low", "high", "-id"], name="parties_verdict_pair"),
            models.Index(fields=["high"], name="parties_verdict_high"),
        ]


class ResolutionModel(models.Model):
    """What was learnt of comparing parties of one kind: a `resolution.model.Model`, version by version."""

    kind = models.CharField(max_length=12)  # person, organisation
    version = models.PositiveIntegerField()
    body = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=160)
    note = models.CharField(max_length=300, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["person", "organisation"]), name="parties_model_kind"),
            models.UniqueConstraint(fields=["kind", "version"], name="parties_model_version"),
            models.UniqueConstraint(fields=["kind"], condition=Q(active=True), name="parties_model_active"),
        ]


class ResolutionRun(models.Model):
    """A resolution of all records: who wanted it, how far it is, what came of it."""

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True)
    wanted_at = models.DateTimeField()
    wanted_by = models.CharField(max_length=160)
    learn = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    stage = models.CharField(max_length=12, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    summary = models.JSONField(default=dict)
    fault = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running"], ended_at=None)
                | Q(state__in=["done", "failed"], ended_at__isnull=False),
                name="parties_resolutionrun_state",
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="waiting"), name="parties_resolutionrun_one_waits"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-wanted_at"], name="parties_resolutionrun_newest")]


class ResolutionRow(models.Model):
    """A source record as resolution compares it (`parties.resolution.store`)."""

    record = models.BigIntegerField(primary_key=True)
    columns = models.JSONField()


class ResolutionKey(models.Model):
    """A blocking key of a record, as a number: records that share one are compared."""

    pk = models.CompositePrimaryKey("key", "record")
    key = models.BigIntegerField()
    record = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["record"], name="parties_resolutionkey_record")]


class ResolutionPair(models.Model):
    """Two records that were compared, and what they weigh."""

    pk = models.CompositePrimaryKey("low", "high")
    low = models.BigIntegerField()
    high = models.BigIntegerField()
    weight = models.FloatField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["high"], name="parties_resolutionpair_high")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(low__lt=models.F("high")), name="parties_resolutionpair_order")
        ]


class ResolutionFrequency(models.Model):
    """How often a value occurs in a column that a model asks it of; both as one number."""

    value = models.BigIntegerField(primary_key=True)
    share = models.FloatField()
