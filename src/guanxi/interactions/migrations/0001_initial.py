"""The first tables of the room."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Interaction",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "occurred_at", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("occurred_at", models.DateTimeField()),
                ("party_id", models.UUIDField()),
                ("account_id", models.UUIDField(null=True)),
                ("request_id", models.UUIDField(null=True)),
                ("channel", models.CharField(max_length=16)),
                ("kind", models.CharField(max_length=12)),
                ("service", models.CharField(max_length=40)),
                ("outcome", models.CharField(max_length=10)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ("currency", models.CharField(max_length=3, null=True)),
                ("duration_ms", models.IntegerField(null=True)),
                ("legs", models.JSONField(null=True)),
                ("detail", models.JSONField(null=True)),
            ],
            options={
                "db_table": "interactions_interaction",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=20, unique=True)),
                ("party_id", models.UUIDField()),
                ("contact_reason", models.CharField(max_length=40)),
                ("subject", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                ("channel", models.CharField(max_length=16)),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("waiting", "Waiting"), ("closed", "Closed")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("request_id", models.UUIDField(null=True, unique=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["party_id", "-opened_at"], name="interactions_case_party"),
                    models.Index(
                        condition=models.Q(("closed_at", None)),
                        fields=["due_at"],
                        name="interactions_case_due",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "waiting", "closed"])),
                        name="interactions_case_status",
                    )
                ],
            },
        ),
    ]
