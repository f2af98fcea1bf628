"""What passed on the wire, a partition a day; how much of what went where; which gateways are alive."""

from __future__ import annotations

from django.db import migrations

TABLES = """
CREATE TABLE exchange_message (
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    request_id uuid,
    leg_id uuid,
    milliseconds integer NOT NULL,
    direction varchar(3) NOT NULL CHECK (direction IN ('in', 'out')),
    format varchar(12) NOT NULL,
    channel varchar(16) NOT NULL,
    endpoint varchar(40) NOT NULL,
    service varchar(40) NOT NULL,
    name varchar(40) NOT NULL,
    outcome varchar(40) NOT NULL,
    said json NOT NULL,
    answered json,
    words integer[] NOT NULL,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);

-- Words are added in bulk: a list of some thousands waits beside the index and is looked through by each search.
CREATE INDEX exchange_message_words ON exchange_message USING gin (words) WITH (gin_pending_list_limit = 8192);

CREATE FUNCTION exchange_ensure_days(first_at timestamptz, last_at timestamptz) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    day date := (first_at AT TIME ZONE 'UTC')::date;
    made integer := 0;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(71216);
    WHILE day <= (last_at AT TIME ZONE 'UTC')::date LOOP
        name := format('exchange_message_%s', to_char(day, 'YYYY_MM_DD'));
        IF to_regclass(name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF exchange_message FOR VALUES FROM (%L) TO (%L)',
                name, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC'
            );
            made := made + 1;
        END IF;
        day := day + 1;
    END LOOP;
    RETURN made;
END $$;

CREATE FUNCTION exchange_drop_days(before date) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    found record;
    dropped integer := 0;
BEGIN
    FOR found IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'exchange_message'::regclass
          AND c.relname < format('exchange_message_%s', to_char(before, 'YYYY_MM_DD'))
    LOOP
        EXECUTE format('DROP TABLE %I', found.relname);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

SELECT exchange_ensure_days(now(), now() + interval '2 days');

CREATE TABLE exchange_traffic (
    at timestamptz NOT NULL,
    gateway uuid NOT NULL,
    channel varchar(16) NOT NULL,
    service varchar(40) NOT NULL,
    endpoint varchar(40) NOT NULL,
    answered integer NOT NULL,
    declined integer NOT NULL,
    failed integer NOT NULL,
    milliseconds bigint NOT NULL,
    buckets integer[] NOT NULL,
    PRIMARY KEY (at, gateway, channel, service, endpoint)
);

CREATE TABLE exchange_pulse (
    gateway uuid PRIMARY KEY,
    place varchar(120) NOT NULL,
    started_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    in_flight json NOT NULL,
    left_out bigint NOT NULL
);
"""

REMOVE = """
DROP TABLE exchange_message;
DROP FUNCTION exchange_ensure_days;
DROP FUNCTION exchange_drop_days;
DROP TABLE exchange_traffic;
DROP TABLE exchange_pulse;
"""


class Migration(migrations.Migration):
    """Made in SQL: Django has no words for partitions, and reads these tables by statements of their own."""

    dependencies = [("exchange", "0002_planned_legs")]
    operations = [migrations.RunSQL(TABLES, REMOVE)]
