"""Parties and what they hold: source records, golden records, links, names, identifiers, contact points, products.

Money columns are numeric(19,4); `currency` beside them is ISO 4217. Times are UTC.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from guanxi.parties.api_models import StoredReply, Webhook, WebhookDelivery
from guanxi.parties.custom_models import CustomField, CustomRecord, CustomRecordType, DefinitionVersion, FieldChange
from guanxi.parties.intake_models import (
    HeldRow,
    IntakeFile,
    IntakeFilePart,
    Load,
    LoadRow,
    Rejection,
    SourceVersion,
)
from guanxi.parties.record_models import (
    Handover,
    Link,
    Move,
    ResolutionFrequency,
    ResolutionKey,
    ResolutionModel,
    ResolutionPair,
    ResolutionRow,
    ResolutionRun,
    ReviewPair,
    Source,
    SourceRecord,
    Verdict,
)
from guanxi.parties.relationship_models import (
    CommonGround,
    FindingRun,
    Relationship,
    RelationshipDue,
    RelationshipEvent,
)
from guanxi.parties.review_models import ReviewAnswer, ReviewClaim
from guanxi.parties.survivorship_models import (
    GoldenState,
    Pin,
    Provenance,
    QualityTask,
    RecordScore,
    SourceScore,
    SurvivorshipRules,
)

__all__ = [
    "Account",
    "AccountHolder",
    "Card",
    "CommonGround",
    "ContactPoint",
    "CustomField",
    "CustomRecord",
    "CustomRecordType",
    "DefinitionVersion",
    "FieldChange",
    "FindingRun",
    "GoldenState",
    "Handover",
    "HeldRow",
    "Identifier",
    "IntakeFile",
    "IntakeFilePart",
    "Link",
    "Load",
    "LoadRow",
    "Loan",
    "Move",
    "Party",
    "PartySearch",
    "Pin",
    "Provenance",
    "QualityTask",
    "RecordScore",
    "Rejection",
    "Relationship",
    "RelationshipDue",
    "RelationshipEvent",
    "ResolutionFrequency",
    "ResolutionKey",
    "ResolutionModel",
    "ResolutionPair",
    "ResolutionRow",
    "ResolutionRun",
    "ReviewAnswer",
    "ReviewClaim",
    "ReviewPair",
    "Source",
    "SourceRecord",
    "SourceScore",
    "SourceVersion",
    "StandingOrder",
    "StoredReply",
    "SurvivorshipRules",
    "Verdict",
    "Webhook",
    "WebhookDelivery",
]


class Party(models.Model):
    """The golden record of a person, an organisation, or a member of the bank's own staff."""

    class Kind(models.TextChoices):
        """What sort of party."""

        PERSON = "person"
        ORGANISATION = "organisation"
        STAFF = "staff"

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=20, unique=True)  # the customer number people quote
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=200)  # as the party writes it: 王小明, Jan Novák, 远东贸易有限公司
    latin_name = models.CharField(max_length=200, blank=True)  # pinyin or romanised: Wang Xiaoming
    birth_date = models.DateField(null=True)  # of an organisation: the day it was founded
    gender = models.CharField(max_length=1, blank=True)  # F, M or unknown
    language = models.CharField(max_length=8, default="zh-Hans")
    branch = models.CharField(max_length=12, blank=True)
    occupation = models.CharField(max_length=60, blank=True)  # of an organisation: its industry
    tier = models.CharField(max_length=12, blank=True)  # diamond, gold, silver, basic; empty when not yet known
    customer_since = models.DateField(null=True)
    custom = models.JSONField(default=dict, db_default={})  # values of fields that were defined on screen
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="absorbed")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["person", "organisation", "staff"]), name="parties_kind_known"
            ),
            models.CheckConstraint(condition=Q(gender__in=["", "F", "M"]), name="parties_gender_known"),
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")), name="parties_not_merged_into_itself"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tier", "branch", "customer_since"], name="parties_tier_of_branch"),
            models.Index(fields=["tier", "customer_since"], name="parties_tier"),
        ]


class PartySearch(models.Model):
    """What a party can be found by, as tokens we make ourselves (see parties.search_tokens)."""

    party = models.OneToOneField(Party, on_delete=models.CASCADE, primary_key=True, related_name="search")
    tokens = SearchVectorField()
    fuzzy = ArrayField(models.CharField(max_length=24), default=list)  # spelling neighbours of the name's words

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["tokens"], name="parties_search_tokens", fastupdate=False),
            GinIndex(fields=["fuzzy"], name="parties_search_fuzzy", fastupdate=False),
        ]


class Identifier(models.Model):
    """A document or number that identifies a party: resident identity card, passport, unified social credit code."""

    class Kind(models.TextChoices):
        """Which document."""

        RESIDENT_ID = "resident_id"
        HONG_KONG_ID = "hong_kong_id"
        PASSPORT = "passport"
        UNIFIED_SOCIAL_CREDIT_CODE = "unified_social_credit_code"
        BIRTH_NUMBER = "birth_number"
        STAFF_NUMBER = "staff_number"

    id = models.BigAutoField(primary_key=True)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=32, choices=Kind.choices)
    value = models.CharField(max_length=40)
    issuing_country = models.CharField(max_length=2, default="CN")
    record = models.BigIntegerField(null=True)  # chosen from this source record (0: pinned); null where entered here

    class Meta:
        indexes: ClassVar = [models.Index(fields=["value"], name="parties_identifier_value")]


class ContactPoint(models.Model):
    """Where a party can be reached. Superseded ones stay, with their end."""

    class Kind(models.TextChoices):
        """By which means."""

        PHONE = "phone"
        EMAIL = "email"
        ADDRESS = "address"

    id = models.BigAutoField(primary_key=True)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="contact_points")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.CharField(max_length=300)  # phones in E.164
    purpose = models.CharField(max_length=16, default="home")  # home, work, mailing
    preferred = models.BooleanField(default=False)
    source = models.CharField(max_length=24, blank=True)
    record = models.BigIntegerField(null=True)  # chosen from this source record (0: pinned); null where entered here
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["value"], name="parties_contact_value")]


class Account(models.Model):
    """An account that a business system keeps, with its balance as last told by that system.

    `system` names the back-end that keeps the money: savings, integrated, loans, cards, or the source of an import.
    """

    class Status(models.TextChoices):
        """May it be used."""

        OPEN = "open"
        BLOCKED = "blocked"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=34, unique=True)
    system = models.CharField(max_length=24)
    product = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OPEN)
    branch = models.CharField(max_length=12, blank=True)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True)
    ledger_balance = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    available_balance = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    balance_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "blocked", "closed"]), name="parties_account_status"
            ),
        ]


class AccountHolder(models.Model):
    """Who may do what with an account: its owner, or somebody the owner has authorised."""

    class Role(models.TextChoices):
        """Owner or authorised user."""

        OWNER = "owner"
        AUTHORISED = "authorised"

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="holders")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="holdings")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.OWNER)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "party"], name="parties_holder_once"),
            models.UniqueConstraint(fields=["account"], condition=Q(role="owner"), name="parties_one_owner"),
        ]


class Card(models.Model):
    """A debit or credit card. The number itself is never stored: a keyed hash to find it, the last four to show it."""

    class Kind(models.TextChoices):
        """Debit cards draw on their account; credit cards are kept by the card host."""

        DEBIT = "debit"
        CREDIT = "credit"

    class Status(models.TextChoices):
        """May it be used."""

        ACTIVE = "active"
        BLOCKED = "blocked"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True)
    number_hash = models.BinaryField(unique=True)  # HMAC-SHA256 of the number under the installation's key
    masked_number = models.CharField(max_length=19)  # 622202******1234
    kind = models.CharField(max_length=6, choices=Kind.choices)
    product = models.CharField(max_length=40)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="cards")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="cards")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.ACTIVE)
    expires_on = models.DateField()
    issued_on = models.DateField()
    pin_verification_value = models.CharField(max_length=4, blank=True)
    pin_failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=["active", "blocked", "expired"]), name="parties_card_status"
            ),
            models.CheckConstraint(condition=Q(kind__in=["debit", "credit"]), name="parties_card_kind"),
        ]


class Loan(models.Model):
    """The terms and standing of a loan account."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="loan")
    principal = models.DecimalField(max_digits=19, decimal_places=4)
    outstanding = models.DecimalField(max_digits=19, decimal_places=4)
    annual_rate = models.DecimalField(
        max_digits=7, decimal_places=4, null=True
    )  # per cent; unknown when imported without
    term_months = models.PositiveSmallIntegerField()
    instalment = models.DecimalField(max_digits=19, decimal_places=4)
    granted_on = models.DateField()
    standing = models.CharField(max_length=24)  # running, repaid, in_arrears, defaulted
    repaid_from = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")


class StandingOrder(models.Model):
    """A payment that an account makes by itself, each month."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="standing_orders")
    reference = models.CharField(max_length=40, unique=True)
    to_bank = models.CharField(max_length=20)
    to_account = models.CharField(max_length=34)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    purpose = models.CharField(max_length=40, blank=True)
