"""The outbox: which interactions are news for the world outside, in an order that readers can follow without a gap."""

from __future__ import annotations

from django.db import migrations

# The number of a row is no order of commits: a transaction that took a low number may commit late. Readers therefore go
# by (transaction, id) and stop before the oldest transaction that is still under way (pg_snapshot_xmin).
# History that is loaded is no news: only what has happened within a day goes out.
CREATE = """
CREATE TABLE interactions_outbox (
    transaction_id bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    id bigint GENERATED ALWAYS AS IDENTITY,
    interaction_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (transaction_id, id)
);
CREATE INDEX interactions_outbox_time ON interactions_outbox USING brin (occurred_at);
CREATE TABLE interactions_outboxposition (
    reader varchar(40) PRIMARY KEY,
    transaction_id bigint NOT NULL,
    id bigint NOT NULL,
    moved_at timestamptz NOT NULL
);
CREATE FUNCTION interactions_put_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO interactions_outbox (interaction_id, occurred_at)
    SELECT id, occurred_at FROM added WHERE occurred_at > now() - interval '1 day';
    RETURN NULL;
END $$;
CREATE TRIGGER interactions_outbox_fill AFTER INSERT ON interactions_interaction
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION interactions_put_out();
"""
DROP = """
DROP TRIGGER interactions_outbox_fill ON interactions_interaction;
DROP FUNCTION interactions_put_out();
DROP TABLE interactions_outboxposition;
DROP TABLE interactions_outbox;
"""


class Migration(migrations.Migration):
    """Adds the outbox, its readers' positions, and the trigger that fills it."""

    dependencies = (("interactions", "0002_timeline"),)
    operations = (migrations.RunSQL(CREATE, DROP),)
