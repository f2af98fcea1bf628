"""Looking at the views of another system's database, and being unable to do anything else there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg
from guanxi.storage.embedded import free_port
from guanxi.storage.errors import ConfigurationInvalid
from guanxi.systems import sql_view
from guanxi.systems.sql_view.adapter import SqlView
from guanxi.systems.sql_view.queries import Query, load_queries

QUERIES = Path(sql_view.__file__).with_name("queries.toml")
_VIEWS = """
CREATE TABLE IF NOT EXISTS account (number text, currency text, balance numeric(19, 4));
TRUNCATE account;
INSERT INTO account VALUES ('SV1', 'CNY', 120.5), ('SV2', 'JPY', 7);
CREATE OR REPLACE VIEW account_view AS
    SELECT number, currency, 'open' AS status, balance AS ledger_balance, balance AS available_balance FROM account;
CREATE OR REPLACE VIEW entry_view AS SELECT number, date '2026-05-04' - position AS value_date, position,
    position::numeric AS amount, currency, 'rent' AS memo FROM account, generate_series(1, 30) AS position;
"""


def look(operation: str, **content: object) -> Leg:
    return Leg(uuid7(), "views", operation, content)


@pytest.fixture
async def views(empty_database_url: str) -> AsyncIterator[SqlView]:
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute(_VIEWS)
    await connection.close()
    writes = Query("WITH gone AS (DELETE FROM account RETURNING number) SELECT * FROM gone", [])
    queries = {**load_queries(QUERIES), "sneak": writes, "sleep": Query("SELECT pg_sleep(30)", [])}
    system = SqlView(empty_database_url, queries, seconds=0.3)
    await system.open()
    yield system
    await system.close()


async def test_balance_and_entries_are_answered_as_by_any_other_system(views: SqlView) -> None:
    told = await views.perform(look("balance", account="SV1"))
    assert told.content == {
        "number": "SV1",
        "currency": "CNY",
        "status": "open",
        "ledger_balance": "120.50",
        "available_balance": "120.50",
    }
    told = await views.perform(look("entries", account="SV2", limit=2))
    assert told.content["entries"] == [
        {"value_date": "2026-05-03", "amount": "1", "currency": "JPY", "memo": "rent"},
        {"value_date": "2026-05-02", "amount": "2", "currency": "JPY", "memo": "rent"},
    ]


async def test_what_is_not_there_or_not_to_be_asked_is_refused(views: SqlView) -> None:
    assert (await views.perform(look("balance", account="nobody"))).reason is Reason.ACCOUNT_UNKNOWN
    assert (await views.perform(look("withdraw", account="SV1"))).reason is Reason.NOT_PERMITTED
    injected = await views.perform(look("balance", account="' OR true; DROP TABLE account; --"))
    assert injected.reason is Reason.ACCOUNT_UNKNOWN


async def test_a_query_that_writes_does_nothing(views: SqlView) -> None:
    assert (await views.perform(look("sneak"))).reason is Reason.REFUSED_BY_SYSTEM
    assert (await views.perform(look("balance", account="SV1"))).state == "confirmed"


async def test_a_query_that_takes_too_long_is_given_up(views: SqlView) -> None:
    assert (await views.perform(look("sleep"))).state == "unknown"


async def test_a_database_that_is_away_is_unavailable() -> None:
    system = SqlView(f"postgresql://nobody@127.0.0.1:{free_port()}/none", load_queries(QUERIES))
    await system.open()
    assert (await system.perform(look("balance", account="SV1"))).reason is Reason.SYSTEM_UNAVAILABLE
    await system.close()


@pytest.mark.parametrize("sql", ["DELETE FROM account WHERE number = $1", "SELECT 1", "SELECT $1, $3"])
def test_a_file_with_a_query_that_makes_no_sense_is_refused(tmp_path: Path, sql: str) -> None:
    (tmp_path / "queries.toml").write_text(f'[look]\nsql = "{sql}"\nparameters = ["account"]\n')
    with pytest.raises(ConfigurationInvalid, match="query look"):
        load_queries(tmp_path / "queries.toml")
