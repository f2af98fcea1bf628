"""The timeline keeps what it was told."""

from __future__ import annotations

import psycopg
import pytest

from guanxi.kernel.identity import uuid7

INSERT = """
INSERT INTO interactions_interaction (id, occurred_at, party_id, channel, kind, service, outcome)
VALUES (%s, '2026-05-03', %s, 'atm', 'inquiry', 'balance', 'completed')
"""


@pytest.mark.parametrize(
    "change", ["DELETE FROM interactions_interaction", "UPDATE interactions_interaction SET service = 'x'"]
)
def test_the_database_refuses_to_change_the_timeline(database_url: str, change: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(INSERT, [uuid7(), uuid7()])
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(change)


def test_every_month_gets_its_partition_once(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        ensure = "SELECT interactions_ensure_months('2031-11-15', '2032-02-01')"
        assert connection.execute(ensure).fetchone() == (4,)
        assert connection.execute(ensure).fetchone() == (0,)
