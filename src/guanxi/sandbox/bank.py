"""The sandbox bank's database: each function is one call of the bank's own SQL functions (schema.sql)."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import asyncpg
import msgspec

SCHEMA: Final = (Path(__file__).parent / "schema.sql").read_text()
SYSTEMS: Final = ("savings", "integrated", "loans")
_SCHEMA_LOCK: Final = 8_583_1987
_encode: Final = msgspec.json.Encoder().encode

Amount = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")]
Operations = Literal[
    "withdraw", "purchase", "transfer", "debit", "credit", "hold", "capture", "release", "disburse", "repay"
]


class Operation(msgspec.Struct, frozen=True):
    """One movement asked for. `id` names it for ever."""

    id: uuid.UUID
    operation: Operations
    account: str
    amount: Amount
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
    to_account: str | None = None
    hold: uuid.UUID | None = None
    memo: str = ""
    value_date: dt.date | None = None


class NewAccount(msgspec.Struct, frozen=True):
    """An account to be opened with money in it."""

    number: Annotated[str, msgspec.Meta(min_length=4, max_length=34)]
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$")]
    product: str = ""
    owner: str = ""
    opening_balance: Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$")] = "0"
    credit_limit: Amount = "0"
    annual_rate: Amount = "0"
    expires: str | None = None


async def open_bank(database_url: str) -> asyncpg.Pool:
    """Connections to the bank's database, its schema made or brought up to date."""
    pool = await asyncpg.create_pool(database_url, min_size=2, max_size=10, init=_configure)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _SCHEMA_LOCK)
        await connection.execute(SCHEMA)
    return pool


async def perform(pool: asyncpg.Pool, system: str, operations: Sequence[Operation]) -> list[dict[str, Any]]:
    """Carry out `operations` of one system in one commit; each is answered, a refused one costs the others nothing."""
    answers: list[dict[str, Any]] = await pool.fetchval("SELECT bank_perform($1, $2)", system, _plain(operations))
    return answers


async def accept(pool: asyncpg.Pool, operation: Mapping[str, Any], delay: dt.timedelta) -> dict[str, Any]:
    """Take an operation of intermediary business; its end is told by callback after `delay`."""
    answer: dict[str, Any] = await pool.fetchval("SELECT bank_accept($1, $2)", dict(operation), delay)
    return answer


async def reverse(pool: asyncpg.Pool, system: str, operation_id: uuid.UUID) -> dict[str, Any]:
    """Take an operation back, once; one that never came is refused from now on."""
    answer: dict[str, Any] = await pool.fetchval("SELECT bank_reverse($1, $2)", system, operation_id)
    return answer


async def operation(pool: asyncpg.Pool, system: str, operation_id: uuid.UUID) -> dict[str, Any] | None:
    """What became of an operation."""
    row = await pool.fetchrow(_OPERATION, system, operation_id)
    if row is None:
        return None
    status = "posted" if row["status"] in {"captured", "released"} else row["status"]
    return {**row["answer"], "status": status}


async def account(pool: asyncpg.Pool, system: str, number: str) -> dict[str, Any] | None:
    """An account and its balances."""
    row = await pool.fetchrow(_ACCOUNT, system, number)
    return dict(row) if row else None


async def entries(pool: asyncpg.Pool, number: str, limit: int) -> list[dict[str, Any]]:
    """The newest postings of an account, signed as its holder sees them."""
    return [dict(row) for row in await pool.fetch(_ENTRIES, number, limit)]


async def open_accounts(pool: asyncpg.Pool, system: str, accounts: Sequence[NewAccount]) -> int:
    """Open accounts, their opening balances against the opening account; those that exist are left as they are."""
    opened: int = await pool.fetchval(_OPEN, system, _plain(accounts))
    return opened


async def day_end(pool: asyncpg.Pool, date: dt.date) -> int:
    """Accrue a day's interest and let expired holds go; how many accounts earned or owed any."""
    accrued: int = await pool.fetchval("SELECT bank_day_end($1)", date)
    return accrued


async def trial_balance(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """Debits and credits by currency, and whether every account's balance is the sum of its postings."""
    return [dict(row) for row in await pool.fetch(_TRIAL_BALANCE)]


def _plain(content: Any) -> Any:  # noqa: ANN401 - what JSON can say
    return msgspec.to_builtins(content)


async def _configure(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=lambda v: _encode(v).decode(), decoder=json.loads, schema="pg_catalog"
    )


_OPERATION: Final = "SELECT status, answer FROM operation WHERE system = $1 AND id = $2"
_ACCOUNT: Final = """
SELECT number, currency, status, product, owner, round(ledger_balance, 2)::text AS ledger_balance,
    round(bank_available(a), 2)::text AS available_balance, round(credit_limit, 2)::text AS credit_limit
FROM account a WHERE system = $1 AND number = $2
"""
_ENTRIES: Final = """
SELECT p.id, to_char(p.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
    p.value_date::text AS value_date, p.memo, p.currency,
    round(CASE WHEN p.credit_account = $1 THEN p.amount ELSE -p.amount END, 2)::text AS amount,
    CASE WHEN p.credit_account = $1 THEN p.debit_account ELSE p.credit_account END AS counterparty
FROM (
    (SELECT * FROM posting WHERE debit_account = $1 ORDER BY id DESC LIMIT $2)
    UNION ALL (SELECT * FROM posting WHERE credit_account = $1 ORDER BY id DESC LIMIT $2)
) AS p ORDER BY p.id DESC LIMIT $2
"""
_OPEN: Final = """
WITH opened AS (
    INSERT INTO account (number, system, product, currency, owner, ledger_balance, credit_limit, annual_rate, expires)
    SELECT number, $1, product, currency, owner, opening_balance, credit_limit, annual_rate, expires
    FROM jsonb_to_recordset($2) AS n (number text, product text, currency text, owner text, opening_balance numeric,
        credit_limit numeric, annual_rate numeric, expires text)
    ON CONFLICT (number) DO NOTHING
    RETURNING number, system, currency, ledger_balance
), posted AS (
    INSERT INTO posting (system, operation_id, debit_account, credit_account, amount, currency, memo)
    SELECT system, gen_random_uuid(), CASE WHEN ledger_balance > 0 THEN 'GL-OPENING-' || currency ELSE number END,
        CASE WHEN ledger_balance > 0 THEN number ELSE 'GL-OPENING-' || currency END, abs(ledger_balance), currency,
        'opening balance'
    FROM opened WHERE ledger_balance <> 0
)
SELECT count(*) FROM opened
"""
_TRIAL_BALANCE: Final = """
WITH sides AS (
    SELECT debit_account AS number, currency, amount AS debit, 0::numeric AS credit FROM posting
    UNION ALL SELECT credit_account, currency, 0, amount FROM posting
), sums AS (
    SELECT number, currency, sum(debit) AS debit, sum(credit) AS credit FROM sides GROUP BY number, currency
), astray AS (
    SELECT a.currency, count(*) AS accounts FROM account a LEFT JOIN sums s USING (number)
    WHERE a.ledger_balance <> coalesce(s.credit - s.debit, 0) GROUP BY a.currency
)
SELECT s.currency, round(sum(s.debit), 2)::text AS debits, round(sum(s.credit), 2)::text AS credits,
    round(sum(s.debit) - sum(s.credit), 2)::text AS difference,
    coalesce((SELECT accounts FROM astray WHERE astray.currency = s.currency), 0) AS accounts_astray
FROM sums s GROUP BY s.currency ORDER BY s.currency
"""
