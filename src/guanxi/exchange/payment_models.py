"""Payment files of corporate customers: the file as it came, its blocks, and each payment with what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class PaymentFile(models.Model):
    """One pain.001 message. What it holds is counted here, so that a list of files reads no payments."""

    class State(models.TextChoices):
        """Where the file stands."""

        RECEIVED = "received"  # kept, not looked into yet
        PROCESSING = "processing"  # sound as a whole; its payments are on their way
        DONE = "done"  # every payment has its end
        REJECTED = "rejected"  # refused as a whole; nothing of it is done

    id = models.UUIDField(primary_key=True)
    party_id = models.UUIDField()  # who sent it
    way = models.CharField(max_length=8)  # api, sftp
    name = models.CharField(max_length=200, blank=True)  # what the sender calls the file
    idempotency_key = models.CharField(max_length=80, null=True)
    content_hash = models.BinaryField()  # SHA-256
    octets = models.BigIntegerField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices)
    message_id = models.CharField(max_length=35, blank=True)
    message_name = models.CharField(max_length=35, blank=True)
    initiating_party = models.CharField(max_length=140, blank=True)
    created_at = models.DateTimeField(null=True)  # by the sender's clock
    declared_number = models.BigIntegerField(null=True)
    declared_sum = models.DecimalField(max_digits=36, decimal_places=18, null=True)
    reason = models.CharField(max_length=4, blank=True)  # ISO 20022 ExternalStatusReason1Code
    explanation = models.CharField(max_length=500, blank=True)
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True)
    payments = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    pending = models.PositiveIntegerField(default=0)
    # As ISO 20022 control sums are: regardless of currency.
    total = models.DecimalField(max_digits=42, decimal_places=18, default=0)
    accepted_total = models.DecimalField(max_digits=42, decimal_places=18, default=0)
    rejected_total = models.DecimalField(max_digits=42, decimal_places=18, default=0)
    checked_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)  # until then it is somebody's

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=["received", "processing", "done", "rejected"]), name="exchange_payfile_state"
            ),
            models.CheckConstraint(condition=~Q(state="rejected") | ~Q(reason=""), name="exchange_payfile_reason"),
            models.CheckConstraint(
                condition=Q(payments__gte=F("accepted") + F("rejected") + F("pending")), name="exchange_payfile_counts"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(payments=F("accepted") + F("rejected")), name="exchange_payfile_done"
            ),
            models.UniqueConstraint(fields=["party_id", "idempotency_key"], name="exchange_payfile_key"),
            models.UniqueConstraint(
                fields=["party_id", "content_hash"],
                condition=Q(duplicate_of=None),
                name="exchange_payfile_content",
            ),
            models.UniqueConstraint(
                fields=["party_id", "message_id"],
                condition=~Q(state="rejected") & ~Q(message_id=""),
                name="exchange_payfile_message",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-received_at", "-id"], name="exchange_payfile_newest"),
            models.Index(
                fields=["received_at"],
                condition=Q(state__in=["received", "processing"]),
                name="exchange_payfile_open",
            ),
        ]


class PaymentFileContent(models.Model):
    """The octets as they came, compressed (zlib)."""

    file = models.OneToOneField(PaymentFile, on_delete=models.PROTECT, primary_key=True, related_name="content")
    compressed = models.BinaryField()


class PaymentBlock(models.Model):
    """What the payments of one PmtInf share."""

    file = models.ForeignKey(PaymentFile, on_delete=models.CASCADE, related_name="blocks")
    position = models.PositiveIntegerField()
    payment_information_id = models.CharField(max_length=35)
    debtor = models.CharField(max_length=140, blank=True)
    debtor_account = models.CharField(max_length=70, blank=True)
    requested_on = models.DateField(null=True)
    reason = models.CharField(max_length=4, blank=True)
    explanation = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["file", "position"], name="exchange_payblock_position"),
        ]


class Payment(models.Model):
    """One credit transfer. Its id is the id of the service request that carries it out."""

    class State(models.TextChoices):
        """Where the payment stands."""

        RECEIVED = "received"
        PENDING = "pending"  # taken; its end is not known yet
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    id = models.UUIDField(primary_key=True)
    file = models.ForeignKey(PaymentFile, on_delete=models.CASCADE, related_name="all_payments", db_index=False)
    position = models.PositiveIntegerField()
    block = models.PositiveIntegerField()
    instruction_id = models.CharField(max_length=35, blank=True)
    end_to_end_id = models.CharField(max_length=35, blank=True)
    amount = models.DecimalField(max_digits=36, decimal_places=18)
    currency = models.CharField(max_length=3, blank=True)
    creditor = models.CharField(max_length=140, blank=True)
    creditor_account = models.CharField(max_length=70, blank=True)
    creditor_agent = models.CharField(max_length=35, blank=True)
    remittance = models.CharField(max_length=140, blank=True)
    state = models.CharField(max_length=8, choices=State.choices)
    attempt = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=4, blank=True)
    explanation = models.CharField(max_length=500, blank=True)
    reference = models.CharField(max_length=64, blank=True)  # the business system's
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["file", "position"], name="exchange_payment_position"),
            models.CheckConstraint(
                condition=Q(state__in=["received", "pending", "accepted", "rejected"]), name="exchange_payment_state"
            ),
            models.CheckConstraint(condition=~Q(state="rejected") | ~Q(reason=""), name="exchange_payment_reason"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["file", "position"], condition=Q(state="received"), name="exchange_payment_to_do"),
            models.Index(fields=["id"], condition=Q(state="pending"), name="exchange_payment_pending"),
            models.Index(fields=["file", "position"], condition=Q(state="rejected"), name="exchange_payment_rejected"),
        ]
