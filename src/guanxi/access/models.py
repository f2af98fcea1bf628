"""Actors and the proof of who they are: staff, terminals, customer credentials and sessions, and the audit chain."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from guanxi.access.scopes import SCOPES


class StaffRole(models.TextChoices):
    """What a member of staff is there for; decides the home page and what may be seen and done."""

    AGENT = "agent"
    RELATIONSHIP_MANAGER = "relationship_manager"
    MARKETER = "marketer"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    ENGINEER = "engineer"
    COMPLIANCE = "compliance"


class StaffMember(AbstractUser):
    """Somebody who works in the bank and signs in to the office."""

    role = models.CharField(max_length=24, choices=StaffRole.choices, default=StaffRole.AGENT)
    branch = models.CharField(max_length=12, blank=True)
    language = models.CharField(max_length=8, default="en")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(role__in=StaffRole.values), name="access_staff_role_known"),
        ]


class Terminal(models.Model):
    """An ATM or a POS and its working keys, kept encrypted under the installation's master key."""

    class Kind(models.TextChoices):
        """Which sort of machine."""

        ATM = "atm"
        POS = "pos"

    terminal_id = models.CharField(max_length=8, primary_key=True)  # ISO 8583 field 41
    acceptor_id = models.CharField(max_length=15)  # ISO 8583 field 42
    kind = models.CharField(max_length=3, choices=Kind.choices)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, default="CNY")
    mac_key = models.BinaryField()
    pin_key = models.BinaryField()
    active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=["atm", "pos"]), name="access_terminal_kind_known"),
        ]


class CustomerCredential(models.Model):
    """How a customer signs in on internet and mobile. Many failures lock it for a while."""

    party_id = models.UUIDField(primary_key=True)
    login = models.CharField(max_length=64, unique=True)
    password_hash = models.CharField(max_length=200)
    failed_attempts = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)


class CustomerSession(models.Model):
    """A customer signed in on a channel. Only the SHA-256 of the token is kept."""

    token_hash = models.BinaryField(primary_key=True)
    party_id = models.UUIDField(db_index=True)
    channel = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)


class MachineClient(models.Model):
    """A computer that speaks to the gateway in its own name: what it may do, and how often."""

    name = models.SlugField(primary_key=True, max_length=24)
    title = models.CharField(max_length=120)
    scopes = ArrayField(models.CharField(max_length=24))
    sources = ArrayField(models.CharField(max_length=24), default=list)  # whose records it may tell, besides its own
    requests_per_second = models.PositiveIntegerField(default=100)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(scopes__contained_by=list(SCOPES)), name="access_client_scopes_known"),
            models.CheckConstraint(condition=Q(requests_per_second__gte=1), name="access_client_rate"),
        ]


class MachineKey(models.Model):
    """A key of a machine client: only its SHA-256 is kept. Several may hold at once, to change over without a pause."""

    key_hash = models.BinaryField(primary_key=True)
    client = models.ForeignKey(MachineClient, on_delete=models.PROTECT, related_name="keys")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class AuditEntry(models.Model):
    """Who saw or did what. Append-only; each entry's hash covers its content and the hash before it."""

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    detail = models.JSONField(default=dict)
    previous_hash = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject", "-sequence"], name="access_audit_subject"),
            models.Index(fields=["actor", "-sequence"], name="access_audit_actor"),
        ]
