"""The first tables of the room."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="JournalRequest",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("channel", models.CharField(max_length=16)),
                ("idempotency_key", models.CharField(max_length=80)),
                ("fingerprint", models.BinaryField()),
                ("service", models.CharField(max_length=40)),
                ("actor", models.CharField(max_length=80)),
                ("party_id", models.UUIDField(null=True)),
                ("account_id", models.UUIDField(null=True)),
                ("arguments", models.JSONField()),
                ("state", models.CharField(max_length=10)),
                ("outcome", models.CharField(max_length=10, null=True)),
                ("reason", models.CharField(max_length=32, null=True)),
                ("reply", models.JSONField(null=True)),
                ("received_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["received_at"],
                        name="exchange_request_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "idempotency_key"), name="exchange_request_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["received", "closed"])),
                        name="exchange_request_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JournalLeg",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("position", models.PositiveSmallIntegerField()),
                ("system", models.CharField(max_length=24)),
                ("operation", models.CharField(max_length=32)),
                ("content", models.JSONField()),
                ("state", models.CharField(max_length=10)),
                ("reason", models.CharField(max_length=32, null=True)),
                ("reference", models.CharField(max_length=64, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=1)),
                ("sent_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="legs",
                        to="exchange.journalrequest",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["sent", "pending", "reversing", "in_doubt"])),
                        fields=["next_attempt_at"],
                        name="exchange_leg_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("request", "position"), name="exchange_leg_position"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "sent",
                                    "pending",
                                    "confirmed",
                                    "failed",
                                    "reversing",
                                    "reversed",
                                    "in_doubt",
                                ],
                            )
                        ),
                        name="exchange_leg_state",
                    ),
                ],
            },
        ),
    ]
