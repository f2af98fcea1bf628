"""Credentials and sessions (in the room below) belong to parties that exist."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """`access` may not import `parties`, so the database itself keeps this promise."""

    dependencies = [("parties", "0001_initial"), ("access", "0002_audit_append_only")]
    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE access_customercredential ADD CONSTRAINT access_credential_party
                FOREIGN KEY (party_id) REFERENCES parties_party (id);
            ALTER TABLE access_customersession ADD CONSTRAINT access_session_party
                FOREIGN KEY (party_id) REFERENCES parties_party (id);
            """,
            """
            ALTER TABLE access_customercredential DROP CONSTRAINT access_credential_party;
            ALTER TABLE access_customersession DROP CONSTRAINT access_session_party;
            """,
        )
    ]
