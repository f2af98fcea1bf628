"""Peers for files, files with their lives, and the table that their states keep to."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

# The table of exchange.files.states as it is with this migration; a test holds them to each other.
FILE_STEPS = (
    "handled>archived,quarantined>received,queued>cancelled,queued>sending,received>handled,"
    "received>quarantined,seen>gone,seen>quarantined,seen>transferring,sending>queued,sending>sent,"
    "transferring>duplicate,transferring>gone,transferring>quarantined,transferring>received,"
    "transferring>seen"
)
GUARD = f"""
CREATE TRIGGER exchange_file_steps BEFORE UPDATE OF state ON exchange_file FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND OLD.state || '>' || NEW.state <> ALL ('{{{FILE_STEPS}}}'::text[]))
    EXECUTE FUNCTION exchange_refuse_step();
CREATE TRIGGER exchange_file_kept BEFORE DELETE ON exchange_file
    FOR EACH ROW EXECUTE FUNCTION exchange_refuse_deletion();
CREATE TRIGGER exchange_fileevent_kept BEFORE UPDATE OR DELETE ON exchange_fileevent
    FOR EACH ROW EXECUTE FUNCTION exchange_refuse_deletion();
CREATE TRIGGER exchange_filepeerversion_kept BEFORE UPDATE OR DELETE ON exchange_filepeerversion
    FOR EACH ROW EXECUTE FUNCTION exchange_refuse_deletion();
"""
UNGUARD = """
DROP TRIGGER exchange_filepeerversion_kept ON exchange_filepeerversion;
DROP TRIGGER exchange_fileevent_kept ON exchange_fileevent;
DROP TRIGGER exchange_file_kept ON exchange_file;
DROP TRIGGER exchange_file_steps ON exchange_file;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0007_reconciliation"),
    ]

    operations = [
        migrations.CreateModel(
            name="TransferredFile",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("direction", models.CharField(max_length=3)),
                ("name", models.CharField(max_length=255)),
                ("kind", models.CharField(blank=True, max_length=40)),
                ("state", models.CharField(max_length=12)),
                ("size", models.BigIntegerField()),
                ("modified", models.BigIntegerField(null=True)),
                ("sha256", models.BinaryField(null=True)),
                ("so_far", models.BigIntegerField(default=0)),
                ("first_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("moved_to", models.CharField(blank=True, max_length=400)),
                ("code", models.CharField(blank=True, max_length=40)),
                ("sentence", models.CharField(blank=True, max_length=500)),
                ("subject_id", models.UUIDField(null=True)),
                (
                    "answers",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answered_by",
                        to="exchange.transferredfile",
                    ),
                ),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="exchange.transferredfile",
                    ),
                ),
            ],
            options={
                "db_table": "exchange_file",
            },
        ),
        migrations.CreateModel(
            name="FilePeerRow",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("enabled", models.BooleanField()),
                ("content", models.JSONField()),
                ("version", models.PositiveIntegerField()),
            ],
            options={
                "db_table": "exchange_filepeer",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="FileContent",
            fields=[
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="content",
                        serialize=False,
                        to="exchange.transferredfile",
                    ),
                ),
                ("compressed", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="FileEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("state", models.CharField(max_length=12)),
                ("actor", models.CharField(max_length=80)),
                ("sentence", models.CharField(blank=True, max_length=500)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="exchange.transferredfile",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FilePeerLook",
            fields=[
                (
                    "peer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="look",
                        serialize=False,
                        to="exchange.filepeerrow",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("fault", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.AddField(
            model_name="transferredfile",
            name="peer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="files",
                to="exchange.filepeerrow",
            ),
        ),
        migrations.CreateModel(
            name="FilePeerVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("content", models.JSONField()),
                (
                    "peer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="exchange.filepeerrow"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="transferredfile",
            index=models.Index(fields=["-first_at", "-id"], name="exchange_file_newest"),
        ),
        migrations.AddIndex(
            model_name="transferredfile",
            index=models.Index(fields=["peer", "-first_at", "-id"], name="exchange_file_of_peer"),
        ),
        migrations.AddIndex(
            model_name="transferredfile",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ["seen", "transferring", "received", "handled", "quarantined", "queued", "sending"])
                ),
                fields=["peer", "state"],
                name="exchange_file_open",
            ),
        ),
        migrations.AddIndex(
            model_name="transferredfile",
            index=models.Index(
                condition=models.Q(
                    ("direction", "in"), ("moved_to", ""), ("state__in", ["duplicate", "handled", "quarantined"])
                ),
                fields=["peer"],
                name="exchange_file_to_move",
            ),
        ),
        migrations.AddIndex(
            model_name="transferredfile",
            index=models.Index(
                condition=models.Q(("subject_id__isnull", False)), fields=["subject_id"], name="exchange_file_subject"
            ),
        ),
        migrations.AddConstraint(
            model_name="transferredfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("direction__in", ["in", "out"])), name="exchange_file_direction"
            ),
        ),
        migrations.AddConstraint(
            model_name="transferredfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "seen",
                            "transferring",
                            "received",
                            "handled",
                            "archived",
                            "duplicate",
                            "quarantined",
                            "gone",
                            "queued",
                            "sending",
                            "sent",
                            "cancelled",
                        ],
                    )
                ),
                name="exchange_file_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferredfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("so_far__gte", 0), ("so_far__lte", models.F("size"))), name="exchange_file_so_far"
            ),
        ),
        migrations.AddConstraint(
            model_name="transferredfile",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("direction", "in"),
                    ("moved_to", ""),
                    (
                        "state__in",
                        [
                            "seen",
                            "transferring",
                            "received",
                            "handled",
                            "duplicate",
                            "quarantined",
                            "queued",
                            "sending",
                            "sent",
                            "cancelled",
                        ],
                    ),
                ),
                fields=("peer", "name"),
                name="exchange_file_at_the_peer",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferredfile",
            constraint=models.UniqueConstraint(
                condition=models.Q(("direction", "in"), ("state__in", ["received", "handled", "archived"])),
                fields=("peer", "sha256"),
                name="exchange_file_content_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferredfile",
            constraint=models.UniqueConstraint(
                condition=models.Q(("direction", "out"), models.Q(("state", "cancelled"), _negated=True)),
                fields=("peer", "name"),
                name="exchange_file_out",
            ),
        ),
        migrations.AddConstraint(
            model_name="transferredfile",
            constraint=models.UniqueConstraint(
                condition=models.Q(("answers__isnull", False)),
                fields=("answers", "kind"),
                name="exchange_file_answered_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="filepeerversion",
            constraint=models.UniqueConstraint(fields=("peer", "version"), name="exchange_filepeer_version_once"),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
