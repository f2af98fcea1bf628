"""Transfers across two business systems: debit at the one, credit at the other, journalled before, between and after.

The anchor is pgbench running every statement of one transfer, those of the exchange and those of both systems of the
bank, each in a transaction of its own as they do, on one database that holds both schemas. The exchange runs in this
process and speaks REST to the bank in another.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import statistics
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources

import asyncpg
import psycopg
import uvloop

from benchmarks import fresh, pgbench
from benchmarks.result import Result
from guanxi.exchange import lookup, statements
from guanxi.exchange.process import Exchange, open_exchange
from guanxi.kernel.clock import now
from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Channel, Outcome
from guanxi.services.catalogue.transfer_across_systems import TransferAcrossSystems
from guanxi.services.request import Actor, ServiceRequest
from guanxi.storage.configuration import read_configuration

CUSTOMERS = 20_000
IN_FLIGHT = 64
_ROUNDS = 3
_SECONDS = 6
_SYSTEMS = {"savings": "SV", "integrated": "IN"}
_GATEWAY_SEED = """
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at,
    updated_at)
SELECT md5(n::text)::uuid, n::text, 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '', '', '', now(), now()
FROM generate_series(1, {customers}) n;
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
SELECT md5(n || system)::uuid, prefix || lpad(n::text, 10, '0'), system, system, 'CNY', 'open', '', '2020-01-01',
    1000000, 1000000
FROM generate_series(1, {customers}) n, (VALUES ('savings', 'SV'), ('integrated', 'IN')) s (system, prefix);
INSERT INTO parties_accountholder (account_id, party_id, role)
SELECT md5(n || system)::uuid, md5(n::text)::uuid, 'owner'
FROM generate_series(1, {customers}) n, (VALUES ('savings'), ('integrated')) s (system);
SELECT interactions_ensure_months(now()::date, now()::date + 31);
"""
_BANK_SEED = """
INSERT INTO account (number, system, product, currency, owner, ledger_balance)
SELECT prefix || lpad(n::text, 10, '0'), system, system, 'CNY', n::text, 1000000
FROM generate_series(1, {customers}) n, (VALUES ('savings', 'SV'), ('integrated', 'IN')) s (system, prefix);
"""


def measure() -> list[Result]:
    """Alternate the exchange with the anchor on the same server."""
    with fresh.database() as url:
        anchor_url, bank_url = _seed(url)
        with fresh.bank(bank_url) as settings:
            uvloop.run(_drive(url, settings, seconds=2))
            pairs = [(uvloop.run(_drive(url, settings, seconds=_SECONDS)), _anchor(anchor_url)) for _ in range(_ROUNDS)]
            difference = fresh.difference(settings["GUANXI_SANDBOX_PORT"])
    ratios = sorted(done / anchor for (done, _), anchor in pairs)
    ratio = statistics.median(ratios)
    figures = (
        ("transfers a second (each round)", ", ".join(f"{done:,.0f}" for (done, _), _ in pairs)),
        ("pgbench, transactions a second (each round)", ", ".join(f"{anchor:,.0f}" for _, anchor in pairs)),
        ("not completed", str(sum(failed for (_, failed), _ in pairs))),
        ("debits less credits in the ledger afterwards", difference),
    )
    return [
        Result(
            name="Transfers across two business systems",
            question=f"How near do {IN_FLIGHT} transfers in flight come to PostgreSQL running their statements?",
            figures=figures,
            verdict=f"{ratio:.2f} of pgbench ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            goal="at least 0.5",
            met=ratio >= 0.5,
            remark="The exchange is asked in process, without a door before it; the bank is a process of its own.",
        )
    ]


def _seed(url: str) -> tuple[str, str]:
    """Customers with an account in each system; a copy with the bank's tables for the anchor, and the bank's own."""
    address = url.rpartition("/")[0]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_GATEWAY_SEED.format(customers=CUSTOMERS))
        connection.execute("VACUUM ANALYZE")
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE anchor TEMPLATE {url.rpartition('/')[2]}")
        connection.execute("CREATE DATABASE bank")
    schema = resources.files("guanxi.sandbox").joinpath("schema.sql").read_text()
    for name in ("anchor", "bank"):
        with psycopg.connect(f"{address}/{name}", autocommit=True) as connection:
            connection.execute(schema)
            connection.execute(_BANK_SEED.format(customers=CUSTOMERS))
            connection.execute("VACUUM ANALYZE")
    return f"{address}/anchor", f"{address}/bank"


async def _drive(url: str, settings: dict[str, str], *, seconds: int) -> tuple[float, int]:
    """Transfers a second, and how many were not completed."""
    configuration = read_configuration({**os.environ, "GUANXI_DATABASE_URL": url, **settings})
    until = time.perf_counter() + seconds
    customers = itertools.cycle(range(1, CUSTOMERS + 1))
    async with (
        asyncpg.create_pool(url, min_size=4, max_size=12) as pool,
        open_exchange(pool, configuration) as exchange,
    ):
        started = time.perf_counter()
        outcomes = await asyncio.gather(*(_one_after_another(exchange, customers, until) for _ in range(IN_FLIGHT)))
        took = time.perf_counter() - started
    done = [outcome for each in outcomes for outcome in each]
    return len(done) / took, sum(outcome is not Outcome.COMPLETED for outcome in done)


async def _one_after_another(exchange: Exchange, customers: Iterator[int], until: float) -> list[Outcome]:
    outcomes = []
    while time.perf_counter() < until:
        outcomes.append((await exchange.handle(_request(next(customers)))).outcome)
    return outcomes


def _request(customer: int) -> ServiceRequest:
    party, request_id = _md5_uuid(str(customer)), uuid7()
    transfer = TransferAcrossSystems(f"SV{customer:010}", f"IN{customer:010}", Decimal("1.00"), "CNY")
    actor = Actor("party", str(party), party)
    return ServiceRequest(
        request_id, Channel.INTERNET, "transfer_across_systems", request_id.hex, actor, transfer, now()
    )


def _md5_uuid(text: str) -> uuid.UUID:
    return uuid.UUID(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())


def _anchor(url: str) -> float:
    """All statements of one transfer: both accounts, intake, debit, the second leg marked, credit, the end."""
    close = statements.CLOSE.replace("SELECT pg_notify('interactions', payload)", "SELECT payload")
    lines = (
        pgbench.with_arrays(lookup.BY_NUMBER, {1: f"{_SAVINGS}, {_INTEGRATED}"}),
        pgbench.with_arrays(statements.TAKE_IN, _TAKE_IN_VALUES),
        _operation("savings", "debit", _SAVINGS),
        pgbench.with_arrays(statements.MARK_SENT, {1: _CREDIT, 2: "now()", 3: "now()"}),
        _operation("integrated", "credit", _INTEGRATED),
        pgbench.with_arrays(close, _CLOSE_VALUES),
    )
    sets = (f"\\set n random(1, {CUSTOMERS})", "\\set r random(1, 1000000000000000)")
    script = "\n".join((*sets, *lines))
    return pgbench.run(url, script, clients=IN_FLIGHT, seconds=_SECONDS).transactions_per_second


def _operation(system: str, operation: str, account: str) -> str:
    content = (
        f"'id', uuidv7(), 'operation', '{operation}', 'account', {account}, 'amount', '1.00', 'currency', 'CNY', "
        "'memo', ''"
    )
    return f"SELECT bank_perform('{system}', jsonb_build_array(jsonb_build_object({content})));"


def _twice(value: str) -> str:
    return f"{value}, {value}"


_SAVINGS, _INTEGRATED = (f"'{prefix}' || lpad(:n::text, 10, '0')" for prefix in _SYSTEMS.values())
_PARTY = "md5(:n::text)::uuid"
_REQUEST, _DEBIT, _CREDIT = (f"md5(:r::text || '{part}')::uuid" for part in ("", "debit", "credit"))
_CONTENT = """'{"account":"SV0000000001","amount":"1.00","currency":"CNY","memo":""}'"""
_ARGUMENTS = """'{"from_account":"SV0000000001","to_account":"IN0000000001","amount":"1.00","currency":"CNY"}'"""
_RESULT = """'{"reference":"SA00000001","ledger_balance":"999.00","available_balance":"999.00"}'"""
_SHOWN = (
    """'{"legs":[{"system":"savings","operation":"debit","state":"confirmed","milliseconds": 5},"""
    """{"system":"integrated","operation":"credit","state":"confirmed","milliseconds": 5}],"""
    """"detail":{"account":"SV0000000001","to_account":"IN0000000001"}}'"""
)
_TAKE_IN_VALUES = dict(
    enumerate(
        (
            *(_REQUEST, "'internet'", ":r::text", "sha256('request')", "'transfer_across_systems'", "'party: x'"),
            *(_PARTY, "md5(:n::text || 'savings')::uuid", _ARGUMENTS, "now()"),
            *(f"{_DEBIT}, {_CREDIT}", _twice(_REQUEST), "0::smallint, 1::smallint", "'savings', 'integrated'"),
            *("'debit', 'credit'", _twice(_CONTENT), _twice("'reversal'"), "'sent', 'planned'", "now(), NULL"),
            "'savings', 'integrated'",
        ),
        start=1,
    )
)
_CLOSE_VALUES = dict(
    enumerate(
        (
            *(_REQUEST, "NULL", "'completed'", "NULL", _RESULT, "now()"),
            *(_twice(_REQUEST), f"{_DEBIT}, {_CREDIT}", _twice("'confirmed'"), _twice("NULL"), _twice("'SA1'")),
            *(_twice("now()"), _twice("NULL"), _twice("NULL")),
            *(f"{_INTEGRATED}, {_SAVINGS}", _twice("999"), _twice("999"), _twice("now()")),
            *(_twice(_REQUEST), _twice("now()"), _twice(_PARTY)),
            *("md5(:n::text || 'savings')::uuid, md5(:n::text || 'integrated')::uuid", "-1, 1", _twice("'CNY'")),
            *(_twice("5"), _twice("'internet'"), _twice("'transaction'"), _twice("'transfer_across_systems'")),
            *(_twice("'completed'"), _twice(_SHOWN), "'[]'"),
        ),
        start=1,
    )
)
