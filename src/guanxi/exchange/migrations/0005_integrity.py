"""Requests and legs keep to their tables of states, what is in doubt has an owner and a deadline, breaks are kept."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

# The tables of exchange.states as they are with this migration; a test holds them to each other.
LEG_STEPS = (
    "confirmed>reversed,confirmed>reversing,in_doubt>confirmed,in_doubt>failed,in_doubt>pending,in_doubt>resolved,"
    "in_doubt>reversed,in_doubt>reversing,pending>confirmed,pending>failed,pending>resolved,pending>reversed,"
    "pending>reversing,planned>dropped,planned>sent,reversing>resolved,reversing>reversed,sent>confirmed,sent>failed,"
    "sent>in_doubt,sent>pending,sent>reversed,sent>reversing"
)
REQUEST_STEPS = (
    "authorised>completed,authorised>declined,authorised>failed,authorised>in_doubt,authorised>pending,"
    "authorised>reversed,completed>reversed,in_doubt>completed,in_doubt>declined,in_doubt>failed,in_doubt>pending,"
    "in_doubt>reversed,pending>completed,pending>declined,pending>failed,pending>in_doubt,pending>reversed,"
    "received>completed,received>declined,received>failed"
)
LEG_STATES = (
    "planned sent pending confirmed failed reversing reversed in_doubt resolved dropped".split()  # noqa: SIM905
)

# The condition is looked at without calling the function: a step that is allowed costs next to nothing.
PREPARE = """
UPDATE exchange_journalleg SET owner = 'recovery', deadline = now() + interval '30 minutes'
WHERE state IN ('pending', 'reversing', 'in_doubt');
UPDATE exchange_journalrequest r SET state = 'authorised'
WHERE r.state = 'received' AND EXISTS (SELECT FROM exchange_journalleg l WHERE l.request_id = r.id);
"""
GUARD = f"""
CREATE FUNCTION exchange_refuse_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, OLD.id,
        coalesce(to_jsonb(OLD) ->> 'outcome', OLD.state), coalesce(to_jsonb(NEW) ->> 'outcome', NEW.state)
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION exchange_refuse_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is kept', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER exchange_leg_steps BEFORE UPDATE OF state ON exchange_journalleg FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND OLD.state || '>' || NEW.state <> ALL ('{{{LEG_STEPS}}}'::text[]))
    EXECUTE FUNCTION exchange_refuse_step();
CREATE TRIGGER exchange_request_steps BEFORE UPDATE OF state, outcome ON exchange_journalrequest FOR EACH ROW
    WHEN (coalesce(OLD.outcome, OLD.state) <> coalesce(NEW.outcome, NEW.state)
        AND coalesce(OLD.outcome, OLD.state) || '>' || coalesce(NEW.outcome, NEW.state)
            <> ALL ('{{{REQUEST_STEPS}}}'::text[]))
    EXECUTE FUNCTION exchange_refuse_step();
CREATE TRIGGER exchange_leg_kept BEFORE DELETE ON exchange_journalleg
    FOR EACH ROW EXECUTE FUNCTION exchange_refuse_deletion();
CREATE TRIGGER exchange_request_kept BEFORE DELETE ON exchange_journalrequest
    FOR EACH ROW EXECUTE FUNCTION exchange_refuse_deletion();
CREATE TRIGGER exchange_note_kept BEFORE UPDATE OR DELETE ON exchange_breaknote
    FOR EACH ROW EXECUTE FUNCTION exchange_refuse_deletion();
"""
UNGUARD = """
DROP TRIGGER exchange_note_kept ON exchange_breaknote;
DROP TRIGGER exchange_request_kept ON exchange_journalrequest;
DROP TRIGGER exchange_leg_kept ON exchange_journalleg;
DROP TRIGGER exchange_request_steps ON exchange_journalrequest;
DROP TRIGGER exchange_leg_steps ON exchange_journalleg;
DROP FUNCTION exchange_refuse_deletion;
DROP FUNCTION exchange_refuse_step;
"""


class Migration(migrations.Migration):
    """One step: new columns, then the promises over them."""

    dependencies = [("exchange", "0004_payment_files")]
    operations = [
        migrations.AddField("journalleg", "owner", models.CharField(max_length=80, null=True)),
        migrations.AddField("journalleg", "deadline", models.DateTimeField(null=True)),
        migrations.AddField(
            "journalleg", "undo", models.CharField(max_length=32, default="reversal", db_default="reversal")
        ),
        migrations.RemoveConstraint("journalleg", "exchange_leg_state"),
        migrations.RemoveConstraint("journalrequest", "exchange_request_state"),
        migrations.RunSQL(PREPARE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "journalrequest",
            models.CheckConstraint(
                condition=Q(state__in=["received", "authorised"], outcome=None)
                | Q(state="closed", outcome__isnull=False),
                name="exchange_request_state",
            ),
        ),
        migrations.AddConstraint(
            "journalleg",
            models.CheckConstraint(condition=Q(state__in=LEG_STATES), name="exchange_leg_state"),
        ),
        migrations.AddConstraint(
            "journalleg",
            models.CheckConstraint(
                condition=~Q(state__in=["in_doubt", "pending", "reversing"])
                | Q(owner__isnull=False, deadline__isnull=False),
                name="exchange_leg_owned",
            ),
        ),
        migrations.RemoveIndex("journalleg", "exchange_leg_open"),
        migrations.AddIndex(
            "journalleg",
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state__in=["in_doubt", "pending", "reversing", "sent"]),
                name="exchange_leg_open",
            ),
        ),
        migrations.AddIndex(
            "journalleg",
            models.Index(fields=["deadline"], condition=Q(owner="recovery"), name="exchange_leg_overdue"),
        ),
        migrations.AddIndex("journalleg", models.Index(fields=["system", "sent_at"], name="exchange_leg_day")),
        migrations.CreateModel(
            name="Break",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("found_at", models.DateTimeField()),
                ("system", models.CharField(max_length=24)),
                ("kind", models.CharField(max_length=16)),
                ("subject", models.CharField(max_length=80)),
                ("day", models.DateField(null=True)),
                ("leg_id", models.UUIDField(null=True)),
                ("request_id", models.UUIDField(null=True)),
                ("ours", models.JSONField(null=True)),
                ("theirs", models.JSONField(null=True)),
                ("state", models.CharField(max_length=8)),
                ("owner", models.CharField(max_length=80, null=True)),
                ("decision", models.CharField(max_length=10, null=True)),
                ("decided_by", models.CharField(max_length=80, null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("system", "kind", "subject"), name="exchange_break_once"),
                    models.CheckConstraint(
                        condition=Q(state__in=["open", "taken", "decided", "closed"]), name="exchange_break_state"
                    ),
                    models.CheckConstraint(
                        condition=Q(state__in=["open", "taken"]) | Q(decision__isnull=False),
                        name="exchange_break_decided",
                    ),
                ],
                "indexes": [
                    models.Index(fields=["state", "-found_at"], name="exchange_break_state_found"),
                    models.Index(
                        fields=["request_id"], condition=Q(request_id__isnull=False), name="exchange_break_request"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BreakNote",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "matter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="exchange.break"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("author", models.CharField(max_length=80)),
                ("text", models.TextField()),
            ],
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
