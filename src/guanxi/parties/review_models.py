"""Who has which doubtful pair before them, and what each reviewer answered, for the queue and for what is learnt."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class ReviewClaim(models.Model):
    """A pair that somebody has before them; nobody else gets it until then."""

    low = models.BigIntegerField()
    high = models.BigIntegerField()
    by = models.CharField(max_length=160)
    taken_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["low", "high"], name="parties_reviewclaim_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["by", "until"], name="parties_reviewclaim_by")]


class ReviewAnswer(models.Model):
    """One answer of one reviewer. What was answered is never changed; it can be taken back.

    `second_of` is the answer of a colleague that this one was asked to judge again, without knowing it.
    """

    low = models.BigIntegerField()
    high = models.BigIntegerField()
    by = models.CharField(max_length=160)
    answer = models.CharField(max_length=9)
    at = models.DateTimeField()
    milliseconds = models.BigIntegerField()
    weight = models.FloatField()  # as the queue had it
    reason = models.CharField(max_length=13)
    kind = models.CharField(max_length=12)  # of the parties compared
    move = models.UUIDField(null=True)  # what it led to
    wanted_again = models.BooleanField(default=False)  # a colleague is still to judge the same pair
    second_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="seconds")
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(answer__in=["same", "different", "skip"]), name="parties_reviewanswer_word"
            ),
            models.CheckConstraint(condition=Q(low__lt=models.F("high")), name="parties_reviewanswer_order"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["low", "high", "-id"], name="parties_reviewanswer_pair"),
            models.Index(fields=["by", "-id"], name="parties_reviewanswer_by"),
            models.Index(fields=["-at"], name="parties_reviewanswer_at"),
            models.Index(fields=["id"], condition=Q(wanted_again=True), name="parties_reviewanswer_again"),
        ]
