"""A leg may be planned: journalled with its request, waiting for the legs before it."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """The list of states grows by one."""

    dependencies = [("exchange", "0001_initial")]
    operations = [
        migrations.RemoveConstraint("journalleg", "exchange_leg_state"),
        migrations.AddConstraint(
            "journalleg",
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "planned",
                        "sent",
                        "pending",
                        "confirmed",
                        "failed",
                        "reversing",
                        "reversed",
                        "in_doubt",
                        "dropped",
                    ]
                ),
                name="exchange_leg_state",
            ),
        ),
    ]
