"""Bringing the database to the present schema: the rooms' tables, the job queue's, and the months ahead."""

from __future__ import annotations

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from guanxi.interactions.jobs import MONTHS_AHEAD
from guanxi.kernel.clock import now

_MONTHS = "SELECT interactions_ensure_months((%s - interval '1 month')::date, (%s + %s * interval '1 month')::date)"


def bring_up_to_date() -> int:
    """Apply what is missing, one process at a time; how many changes that was."""
    django.setup()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(4715)")
        missing = pending_changes()
        if missing:
            call_command("migrate", verbosity=0)
        today = now().date()
        cursor.execute(_MONTHS, [today, today, MONTHS_AHEAD])
        cursor.execute("SELECT pg_advisory_unlock(4715)")
    return missing


def pending_changes() -> int:
    """How many changes the database has not had yet."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
