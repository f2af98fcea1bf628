"""Audit entries can be added, never changed or removed."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """The database refuses, whoever asks."""

    dependencies = [("access", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """
            CREATE FUNCTION access_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'restrict_violation';
            END $$;
            CREATE TRIGGER access_audit_append_only BEFORE UPDATE OR DELETE ON access_auditentry
                FOR EACH ROW EXECUTE FUNCTION access_refuse_change();
            CREATE TRIGGER access_audit_no_truncate BEFORE TRUNCATE ON access_auditentry
                FOR EACH STATEMENT EXECUTE FUNCTION access_refuse_change();
            """,
            """
            DROP TRIGGER access_audit_no_truncate ON access_auditentry;
            DROP TRIGGER access_audit_append_only ON access_auditentry;
            DROP FUNCTION access_refuse_change;
            """,
        )
    ]
