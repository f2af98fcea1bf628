"""Payment files of corporate customers, their blocks and their payments."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0003_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="PaymentFile",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("party_id", models.UUIDField()),
                ("way", models.CharField(max_length=8)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("idempotency_key", models.CharField(max_length=80, null=True)),
                ("content_hash", models.BinaryField()),
                ("octets", models.BigIntegerField()),
                ("received_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("processing", "Processing"),
                            ("done", "Done"),
                            ("rejected", "Rejected"),
                        ],
                        max_length=10,
                    ),
                ),
                ("message_id", models.CharField(blank=True, max_length=35)),
                ("message_name", models.CharField(blank=True, max_length=35)),
                ("initiating_party", models.CharField(blank=True, max_length=140)),
                ("created_at", models.DateTimeField(null=True)),
                ("declared_number", models.BigIntegerField(null=True)),
                ("declared_sum", models.DecimalField(decimal_places=18, max_digits=36, null=True)),
                ("reason", models.CharField(blank=True, max_length=4)),
                ("explanation", models.CharField(blank=True, max_length=500)),
                ("payments", models.PositiveIntegerField(default=0)),
                ("accepted", models.PositiveIntegerField(default=0)),
                ("rejected", models.PositiveIntegerField(default=0)),
                ("pending", models.PositiveIntegerField(default=0)),
                ("total", models.DecimalField(decimal_places=18, default=0, max_digits=42)),
                ("accepted_total", models.DecimalField(decimal_places=18, default=0, max_digits=42)),
                ("rejected_total", models.DecimalField(decimal_places=18, default=0, max_digits=42)),
                ("checked_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="exchange.paymentfile"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PaymentFileContent",
            fields=[
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="content",
                        serialize=False,
                        to="exchange.paymentfile",
                    ),
                ),
                ("compressed", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="PaymentBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("payment_information_id", models.CharField(max_length=35)),
                ("debtor", models.CharField(blank=True, max_length=140)),
                ("debtor_account", models.CharField(blank=True, max_length=70)),
                ("requested_on", models.DateField(null=True)),
                ("reason", models.CharField(blank=True, max_length=4)),
                ("explanation", models.CharField(blank=True, max_length=500)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="blocks", to="exchange.paymentfile"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("position", models.PositiveIntegerField()),
                ("block", models.PositiveIntegerField()),
                ("instruction_id", models.CharField(blank=True, max_length=35)),
                ("end_to_end_id", models.CharField(blank=True, max_length=35)),
                ("amount", models.DecimalField(decimal_places=18, max_digits=36)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("creditor", models.CharField(blank=True, max_length=140)),
                ("creditor_account", models.CharField(blank=True, max_length=70)),
                ("creditor_agent", models.CharField(blank=True, max_length=35)),
                ("remittance", models.CharField(blank=True, max_length=140)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("pending", "Pending"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                        ],
                        max_length=8,
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("reason", models.CharField(blank=True, max_length=4)),
                ("explanation", models.CharField(blank=True, max_length=500)),
                ("reference", models.CharField(blank=True, max_length=64)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="all_payments",
                        to="exchange.paymentfile",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="paymentfile",
            index=models.Index(fields=["-received_at", "-id"], name="exchange_payfile_newest"),
        ),
        migrations.AddIndex(
            model_name="paymentfile",
            index=models.Index(
                condition=models.Q(("state__in", ["received", "processing"])),
                fields=["received_at"],
                name="exchange_payfile_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["received", "processing", "done", "rejected"])),
                name="exchange_payfile_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "rejected"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="exchange_payfile_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "payments__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("accepted"), "+", models.F("rejected")
                            ),
                            "+",
                            models.F("pending"),
                        ),
                    )
                ),
                name="exchange_payfile_counts",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    (
                        "payments",
                        django.db.models.expressions.CombinedExpression(
                            models.F("accepted"), "+", models.F("rejected")
                        ),
                    ),
                    _connector="OR",
                ),
                name="exchange_payfile_done",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentfile",
            constraint=models.UniqueConstraint(fields=("party_id", "idempotency_key"), name="exchange_payfile_key"),
        ),
        migrations.AddConstraint(
            model_name="paymentfile",
            constraint=models.UniqueConstraint(
                condition=models.Q(("duplicate_of", None)),
                fields=("party_id", "content_hash"),
                name="exchange_payfile_content",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentfile",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("state", "rejected"), _negated=True), models.Q(("message_id", ""), _negated=True)
                ),
                fields=("party_id", "message_id"),
                name="exchange_payfile_message",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentblock",
            constraint=models.UniqueConstraint(fields=("file", "position"), name="exchange_payblock_position"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("state", "received")), fields=["file", "position"], name="exchange_payment_to_do"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("state", "pending")), fields=["id"], name="exchange_payment_pending"
            ),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(
                condition=models.Q(("state", "rejected")), fields=["file", "position"], name="exchange_payment_rejected"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(fields=("file", "position"), name="exchange_payment_position"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["received", "pending", "accepted", "rejected"])),
                name="exchange_payment_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "rejected"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="exchange_payment_reason",
            ),
        ),
        # Compressed already: PostgreSQL need not try again.
        migrations.RunSQL(
            "ALTER TABLE exchange_paymentfilecontent ALTER COLUMN compressed SET STORAGE EXTERNAL",
            migrations.RunSQL.noop,
        ),
    ]
