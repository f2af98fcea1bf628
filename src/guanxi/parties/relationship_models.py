"""How parties stand to one another, what was decided of it, and what is needed to find it in the data."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from guanxi.parties.relationships.kinds import KINDS, SYMMETRIC

_SHARES = [kind.code for kind in KINDS.values() if kind.shares]


class Relationship(models.Model):
    """`from_party` is the `kind` of `to_party` (parent, employer): `relationships.kinds` says what there is.

    One that nobody has decided of and that no longer shows in the data is ended, still proposed; one that was rejected,
    or confirmed and ended, is never proposed again.
    """

    class State(models.TextChoices):
        """What people think of it."""

        PROPOSED = "proposed"
        CONFIRMED = "confirmed"
        REJECTED = "rejected"

    class Origin(models.TextChoices):
        """Who said so first."""

        FOUND = "found"  # in the data, by `relationships.find`
        STAFF = "staff"
        SOURCE = "source"  # a business system

    id = models.BigAutoField(primary_key=True)
    from_party = models.ForeignKey(
        "parties.Party", on_delete=models.CASCADE, related_name="relationships_from", db_index=False
    )
    to_party = models.ForeignKey(
        "parties.Party", on_delete=models.CASCADE, related_name="relationships_to", db_index=False
    )
    kind = models.CharField(max_length=24)
    state = models.CharField(max_length=9, choices=State.choices, default=State.CONFIRMED, db_default=State.CONFIRMED)
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.SOURCE, db_default=Origin.SOURCE)
    confidence = models.FloatField(default=1.0, db_default=1.0)  # probability, 0 to 1
    evidence = models.JSONField(default=list, db_default=[])  # facts, each said by `relationships.sentences`
    share = models.DecimalField(max_digits=7, decimal_places=4, null=True)  # per cent held directly
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    made_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=160, blank=True, default="", db_default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["from_party", "to_party", "kind"],
                condition=Q(valid_to=None),
                name="parties_relationship_once",
            ),
            models.CheckConstraint(condition=~Q(from_party=F("to_party")), name="parties_relationship_two"),
            models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="parties_relationship_kind"),
            models.CheckConstraint(
                condition=~Q(kind__in=SYMMETRIC) | Q(from_party__lt=F("to_party")), name="parties_relationship_order"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "confirmed", "rejected"]), name="parties_relationship_state"
            ),
            models.CheckConstraint(
                condition=Q(origin__in=["found", "staff", "source"]), name="parties_relationship_origin"
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="parties_relationship_confidence"
            ),
            models.CheckConstraint(
                condition=Q(share=None) | Q(share__gt=0, share__lte=100, kind__in=_SHARES),
                name="parties_relationship_share",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="parties_relationship_dates",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["from_party", "kind", "id"], name="parties_relationship_from"),
            models.Index(fields=["to_party", "kind", "id"], name="parties_relationship_to"),
            models.Index(fields=["from_party", "to_party"], name="parties_relationship_pair"),
            models.Index(
                fields=["-confidence", "id"],
                condition=Q(state="proposed", valid_to=None),
                name="parties_relationship_queue",
            ),
        ]


class RelationshipEvent(models.Model):
    """What became of a relationship: proposed, confirmed, rejected, changed, ended, withdrawn. Append-only."""

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    what = models.CharField(max_length=9)
    detail = models.JSONField(default=dict)  # before and after

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(what__in=["proposed", "added", "confirmed", "rejected", "changed", "ended", "withdrawn"]),
                name="parties_relationshipevent_what",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["relationship", "id"], name="parties_relationshipevent_of"),
        ]


class CommonGround(models.Model):
    """What brings a party together with others: its address, phone, e-mail in a form that can be compared."""

    party = models.ForeignKey("parties.Party", on_delete=models.CASCADE, related_name="+", db_index=False)
    sign = models.CharField(max_length=10)  # address, phone, email, identifier
    key = models.CharField(max_length=200)
    shown = models.CharField(max_length=300)  # as it was written

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["party", "sign", "key"], name="parties_commonground_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["sign", "key", "party"], name="parties_commonground_key")]


class RelationshipDue(models.Model):
    """A party of which something changed that bears on its relationships; written by triggers, taken by the worker.

    Without a unique key, so that nobody who changes a party ever waits for somebody else who does.
    """

    party_id = models.UUIDField()
    keyed = models.BooleanField(default=False, db_default=False)  # its common ground is written anew

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["keyed", "id"], name="parties_relationshipdue_next"),
            models.Index(fields=["party_id"], name="parties_relationshipdue_party"),
        ]


class FindingRun(models.Model):
    """All parties looked at once more, batch by batch: first the common ground of all, then the pairs."""

    class State(models.TextChoices):
        """Where it stands."""

        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"

    id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    keyed = models.BooleanField(default=False)  # the first of the two rounds is over
    after = models.UUIDField(null=True)  # the last party that was done in this round
    parties = models.PositiveBigIntegerField()
    done = models.PositiveBigIntegerField(default=0)  # in both rounds together
    proposed = models.PositiveBigIntegerField(default=0)
    withdrawn = models.PositiveBigIntegerField(default=0)
    started_by = models.CharField(max_length=160)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "done", "stopped"]), name="parties_findingrun_state"
            ),
            models.UniqueConstraint(fields=["state"], condition=Q(state="running"), name="parties_findingrun_one"),
        ]
        indexes: ClassVar = [models.Index(fields=["-started_at"], name="parties_findingrun_at")]
