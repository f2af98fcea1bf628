"""Which days have been held against which business system's book."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One table, and legs by day for whichever endpoint they went to."""

    dependencies = [("exchange", "0006_endpoints")]
    operations = [
        migrations.RemoveIndex("journalleg", "exchange_leg_day"),
        migrations.AddIndex("journalleg", models.Index(fields=["sent_at"], name="exchange_leg_sent")),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("system", models.CharField(max_length=24)),
                ("day", models.DateField()),
                ("at", models.DateTimeField()),
                ("ours", models.IntegerField()),
                ("theirs", models.IntegerField()),
                ("breaks", models.IntegerField()),
                ("failure", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("system", "day"), name="exchange_reconciliation_once")]
            },
        ),
    ]
