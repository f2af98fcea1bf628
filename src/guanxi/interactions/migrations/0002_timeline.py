"""The timeline itself: one table, a partition a month, rows that can only be added."""

from __future__ import annotations

from django.db import migrations

TIMELINE = """
CREATE TABLE interactions_interaction (
    id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    party_id uuid NOT NULL,
    account_id uuid,
    request_id uuid,
    amount numeric(19, 4),
    duration_ms integer CHECK (duration_ms >= 0),
    currency varchar(3),
    channel varchar(16) NOT NULL CHECK (channel IN ('branch', 'atm', 'pos', 'internet', 'mobile', 'telephone',
        'call_centre', 'mail', 'corporate_file', 'back_office')),
    kind varchar(12) NOT NULL CHECK (kind IN ('transaction', 'inquiry', 'service', 'contact', 'security')),
    service varchar(40) NOT NULL,
    outcome varchar(10) NOT NULL
        CHECK (outcome IN ('completed', 'pending', 'declined', 'failed', 'reversed', 'in_doubt')),
    legs jsonb,
    detail jsonb,
    CHECK ((amount IS NULL) = (currency IS NULL)),
    PRIMARY KEY (occurred_at, id)
) PARTITION BY RANGE (occurred_at);

CREATE INDEX interactions_party_time ON interactions_interaction (party_id, occurred_at DESC, id DESC);

CREATE FUNCTION interactions_ensure_months(first_month date, last_month date) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    month date := date_trunc('month', first_month)::date;
    made integer := 0;
    name text;
BEGIN
    WHILE month <= last_month LOOP
        name := format('interactions_interaction_%s', to_char(month, 'YYYY_MM'));
        IF to_regclass(name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF interactions_interaction FOR VALUES FROM (%L) TO (%L)',
                name, month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC'
            );
            made := made + 1;
        END IF;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END $$;

CREATE FUNCTION interactions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the timeline is append-only' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER interactions_append_only BEFORE UPDATE OR DELETE ON interactions_interaction
    FOR EACH ROW EXECUTE FUNCTION interactions_refuse_change();

-- Whatever month a message claims to be from, its row has somewhere to go.
CREATE TABLE interactions_interaction_other PARTITION OF interactions_interaction DEFAULT;

ALTER TABLE interactions_case ADD CONSTRAINT interactions_case_party_known
    FOREIGN KEY (party_id) REFERENCES parties_party (id);
"""

REMOVE = """
ALTER TABLE interactions_case DROP CONSTRAINT interactions_case_party_known;
DROP TABLE interactions_interaction;
DROP FUNCTION interactions_ensure_months;
DROP FUNCTION interactions_refuse_change;
"""


class Migration(migrations.Migration):
    """Made in SQL: Django has no words for partitions."""

    dependencies = [("interactions", "0001_initial"), ("parties", "0001_initial")]
    operations = [migrations.RunSQL(TIMELINE, REMOVE)]
