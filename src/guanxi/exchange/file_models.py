"""Peers for files, every version of them, files, their content, and what happened to each."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from guanxi.exchange.files.states import ENDED, TO_BE_MOVED, FileState

_AT_THE_PEER = [state.value for state in FileState if state not in {FileState.GONE, FileState.ARCHIVED}]
_KEPT = [FileState.RECEIVED.value, FileState.HANDLED.value, FileState.ARCHIVED.value]
_OPEN = [state.value for state in FileState if state not in ENDED]


class FilePeerRow(models.Model):
    """A peer as it is to be reached now: the latest of its versions."""

    name = models.CharField(max_length=40, primary_key=True)
    enabled = models.BooleanField()
    content = models.JSONField()  # exchange.files.peers.FilePeer
    version = models.PositiveIntegerField()

    class Meta:
        db_table = "exchange_filepeer"
        ordering: ClassVar = ["name"]


class FilePeerVersion(models.Model):
    """What a peer was from `at` on, who made it so, and why. Rows are only ever added."""

    peer = models.ForeignKey(FilePeerRow, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason = models.CharField(max_length=200)
    content = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["peer", "version"], name="exchange_filepeer_version_once"),
        ]


class FilePeerLook(models.Model):
    """When a peer was last looked at, and what was wrong with it then."""

    peer = models.OneToOneField(FilePeerRow, on_delete=models.CASCADE, primary_key=True, related_name="look")
    at = models.DateTimeField()
    fault = models.CharField(max_length=300, blank=True)


class TransferredFile(models.Model):
    """One file, in or out. `modified` is the peer's time stamp (Unix seconds); `moved_to` where it lies there now."""

    id = models.UUIDField(primary_key=True)
    peer = models.ForeignKey(FilePeerRow, on_delete=models.PROTECT, related_name="files", db_index=False)
    direction = models.CharField(max_length=3)
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=12)
    size = models.BigIntegerField()
    modified = models.BigIntegerField(null=True)
    sha256 = models.BinaryField(null=True)
    so_far = models.BigIntegerField(default=0)
    first_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    moved_to = models.CharField(max_length=400, blank=True)
    duplicate_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=500, blank=True)
    subject_id = models.UUIDField(null=True)  # what it has become: the payment file
    answers = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="answered_by")

    class Meta:
        db_table = "exchange_file"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(direction__in=["in", "out"]), name="exchange_file_direction"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in FileState]), name="exchange_file_state"
            ),
            models.CheckConstraint(condition=Q(so_far__gte=0, so_far__lte=F("size")), name="exchange_file_so_far"),
            models.UniqueConstraint(
                fields=["peer", "name"],
                condition=Q(direction="in", moved_to="", state__in=_AT_THE_PEER),
                name="exchange_file_at_the_peer",
            ),
            models.UniqueConstraint(
                fields=["peer", "sha256"],
                condition=Q(direction="in", state__in=_KEPT),
                name="exchange_file_content_once",
            ),
            models.UniqueConstraint(
                fields=["peer", "name"], condition=Q(direction="out") & ~Q(state="cancelled"), name="exchange_file_out"
            ),
            models.UniqueConstraint(
                fields=["answers", "kind"], condition=Q(answers__isnull=False), name="exchange_file_answered_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-first_at", "-id"], name="exchange_file_newest"),
            models.Index(fields=["peer", "-first_at", "-id"], name="exchange_file_of_peer"),
            models.Index(fields=["peer", "state"], condition=Q(state__in=_OPEN), name="exchange_file_open"),
            models.Index(
                fields=["peer"],
                condition=Q(direction="in", moved_to="", state__in=sorted(TO_BE_MOVED)),
                name="exchange_file_to_move",
            ),
            models.Index(fields=["subject_id"], condition=Q(subject_id__isnull=False), name="exchange_file_subject"),
        ]


class FileContent(models.Model):
    """The octets of a file, compressed (zlib)."""

    file = models.OneToOneField(TransferredFile, on_delete=models.PROTECT, primary_key=True, related_name="content")
    compressed = models.BinaryField()


class FileEvent(models.Model):
    """One step in the life of a file. Rows are only ever added."""

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(TransferredFile, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    state = models.CharField(max_length=12)
    actor = models.CharField(max_length=80)
    sentence = models.CharField(max_length=500, blank=True)
