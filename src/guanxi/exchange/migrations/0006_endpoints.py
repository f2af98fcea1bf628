"""Endpoints with every version of them, routes, their health, and where each leg went."""

from __future__ import annotations

import json

import django.db.models.deletion
from django.db import migrations, models

_PARAMETERS = json.dumps(
    {
        "timeout_seconds": 5.0,
        "connect_seconds": 2.0,
        "attempts": 2,
        "backoff_seconds": 0.1,
        "concurrency": 0,
        "per_second": 0.0,
        "burst": 1,
        "wait_seconds": 1.0,
        "breaker_failures": 10,
        "breaker_seconds": 2.0,
        "heartbeat_seconds": 5.0,
        "credential": "",
        "maintenance": [],
    }
)
# The five business systems, where the settings of the installation say they are.
SEED = f"""
INSERT INTO exchange_endpoint (name, adapter, protocol, address, enabled, parameters, version)
SELECT name, 'guanxi.systems.' || adapter || ':make_system', protocol, address, true, '{_PARAMETERS}', 1
FROM (VALUES ('savings', 'savings', 'rest', '{{sandbox}}/savings'),
             ('integrated', 'integrated', 'rest', '{{sandbox}}/integrated'),
             ('loans', 'loans', 'rest', '{{sandbox}}/loans'),
             ('intermediary', 'intermediary', 'rest', '{{sandbox}}/intermediary'),
             ('cards', 'card_host', 'iso8583', '{{card_host}}')) AS built_in (name, adapter, protocol, address);
-- Its adapter repeats its own advices.
UPDATE exchange_endpoint SET parameters = parameters || '{{"attempts": 1}}' WHERE name = 'cards';
INSERT INTO exchange_endpointversion (endpoint_id, version, at, actor, reason, content)
SELECT name, 1, now(), 'system:installation', 'as installed', jsonb_build_object('adapter', adapter,
    'protocol', protocol, 'address', address, 'enabled', enabled, 'parameters', parameters)
FROM exchange_endpoint;
"""  # noqa: S608 - texts of our own
TRIGGERS = """
CREATE FUNCTION exchange_versions_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'versions of endpoints are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER exchange_versions_are_kept BEFORE UPDATE OR DELETE ON exchange_endpointversion
    FOR EACH ROW EXECUTE FUNCTION exchange_versions_are_kept();
CREATE FUNCTION exchange_parameters_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY exchange_parameters;
    RETURN NULL;
END $$;
CREATE TRIGGER exchange_endpoint_changed AFTER INSERT OR UPDATE OR DELETE ON exchange_endpoint
    FOR EACH STATEMENT EXECUTE FUNCTION exchange_parameters_changed();
CREATE TRIGGER exchange_route_changed AFTER INSERT OR UPDATE OR DELETE ON exchange_route
    FOR EACH STATEMENT EXECUTE FUNCTION exchange_parameters_changed();
"""
REMOVE = """
DROP TRIGGER exchange_versions_are_kept ON exchange_endpointversion;
DROP TRIGGER exchange_endpoint_changed ON exchange_endpoint;
DROP TRIGGER exchange_route_changed ON exchange_route;
DROP FUNCTION exchange_versions_are_kept;
DROP FUNCTION exchange_parameters_changed;
"""


class Migration(migrations.Migration):
    """The seed lies in here so that an office knows the endpoints before the first gateway starts."""

    dependencies = [("exchange", "0005_integrity")]
    operations = [
        migrations.AddField("journalleg", "endpoint", models.CharField(max_length=40, null=True)),
        migrations.CreateModel(
            name="EndpointRow",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("adapter", models.CharField(max_length=200)),
                ("protocol", models.CharField(max_length=16)),
                ("address", models.CharField(max_length=300)),
                ("enabled", models.BooleanField(default=True)),
                ("parameters", models.JSONField()),
                ("version", models.PositiveIntegerField()),
            ],
            options={"db_table": "exchange_endpoint", "ordering": ["name"]},
        ),
        migrations.CreateModel(
            name="EndpointVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=200)),
                ("content", models.JSONField()),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="exchange.endpointrow",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "version"), name="exchange_endpoint_version_once")
                ]
            },
        ),
        migrations.CreateModel(
            name="RouteRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=60, unique=True)),
                ("system", models.CharField(max_length=24)),
                ("conditions", models.JSONField()),
                ("endpoints", models.JSONField()),
                ("stand_in", models.CharField(max_length=16)),
                ("enabled", models.BooleanField(default=True)),
            ],
            options={"db_table": "exchange_route", "ordering": ["position", "id"]},
        ),
        migrations.CreateModel(
            name="EndpointHealth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("endpoint", models.CharField(max_length=40)),
                ("gateway", models.UUIDField()),
                ("health", models.CharField(max_length=12)),
                ("breaker", models.CharField(max_length=10)),
                ("since", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("milliseconds", models.PositiveIntegerField(null=True)),
                ("fault", models.CharField(max_length=300)),
                ("version", models.PositiveIntegerField()),
                ("in_flight", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("endpoint", "gateway"), name="exchange_endpoint_health_once")
                ]
            },
        ),
        migrations.RunSQL(SEED, "DELETE FROM exchange_endpointversion; DELETE FROM exchange_endpoint;"),
        migrations.RunSQL(TRIGGERS, REMOVE),
    ]
