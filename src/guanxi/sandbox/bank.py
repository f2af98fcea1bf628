"""The sandbox bank's database: each function is one call of the bank's own SQL functions (schema.sql)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec

from guanxi.sandbox.errors import StatusImpossible
from guanxi.sandbox.requests import BILLERS, Arrangement, NewAccount, Operation, PartnerOperation

SCHEMA: Final = (Path(__file__).parent / "schema.sql").read_text()
SYSTEMS: Final = ("savings", "integrated", "loans")
_SCHEMA_LOCK: Final = 8_583_1987
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode


async def open_bank(database_url: str) -> asyncpg.Pool:
    """Connections to the bank's database, its schema made or brought up to date."""
    pool = await asyncpg.create_pool(database_url, min_size=2, max_size=10, init=_configure, reset=_leave)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _SCHEMA_LOCK)
        await connection.execute(SCHEMA)
    return pool


async def perform(pool: asyncpg.Pool, system: str, operations: Sequence[Operation]) -> list[dict[str, Any]]:
    """Carry out `operations` of one system in one commit; each is answered, a refused one costs the others nothing.

    Operations that concern one another (copies of one message, a hold and its capture) go one after the other.
    """
    answers: list[dict[str, Any]] = []
    for apart in _unrelated(operations):
        answers += [row[0] for row in await pool.fetch("SELECT bank_perform($1, $2)", system, apart)]
    return answers


def _unrelated(operations: Sequence[Operation]) -> Iterator[Sequence[Operation]]:
    begin, named = 0, set[uuid.UUID]()
    for position, operation in enumerate(operations):
        names = {operation.id} if operation.hold is None else {operation.id, operation.hold}
        if not named.isdisjoint(names):
            yield operations[begin:position]
            begin, named = position, set()
        named |= names
    yield operations[begin:]


async def accept(
    pool: asyncpg.Pool, operations: Sequence[PartnerOperation], delay: dt.timedelta
) -> list[dict[str, Any]]:
    """Take operations of intermediary business in one commit; how they end is told by callback after `delay`."""
    rows = await pool.fetch("SELECT bank_accept($1, $2, $3)", operations, BILLERS, delay)
    return [row[0] for row in rows]


async def arrange(pool: asyncpg.Pool, system: str, arrangements: Sequence[Arrangement]) -> list[dict[str, Any]]:
    """Open accounts, issue cards, register mandates in one commit; each is answered by itself."""
    rows = await pool.fetch("SELECT bank_arrange($1, $2, $3)", system, arrangements, BILLERS)
    return [row[0] for row in rows]


async def reverse(pool: asyncpg.Pool, system: str, operation_id: uuid.UUID, by: str | None = None) -> dict[str, Any]:
    """Take an operation back, once; one that never came is refused from now on. `by` must be what undoes it."""
    answer: dict[str, Any] = await pool.fetchval("SELECT bank_reverse($1, $2, $3)", system, operation_id, by)
    return answer


async def operations_of_day(
    pool: asyncpg.Pool, system: str, day: dt.date, after: uuid.UUID | None, limit: int
) -> list[dict[str, Any]]:
    """What a system has done on a day (UTC), in the order of the operations' ids, from beyond `after` on."""
    return [dict(row) for row in await pool.fetch(_OF_DAY, system, day, after or uuid.UUID(int=0), limit)]


async def operation(pool: asyncpg.Pool, system: str, operation_id: uuid.UUID) -> dict[str, Any] | None:
    """What became of an operation."""
    row = await pool.fetchrow(_OPERATION, system, operation_id)
    if row is None:
        return None
    status = "posted" if row["status"] in {"captured", "released"} else row["status"]
    reason = {"reason": row["reason"]} if row["reason"] else {}
    return {**row["answer"], **reason, "status": status}


async def account(pool: asyncpg.Pool, system: str, number: str) -> dict[str, Any] | None:
    """An account and its balances."""
    row = await pool.fetchrow(_ACCOUNT, system, number)
    return dict(row) if row else None


async def account_of_card(pool: asyncpg.Pool, pan: str) -> dict[str, Any] | None:
    """The number and the expiry of the account behind a card."""
    row = await pool.fetchrow("SELECT number, expires FROM account WHERE pan = $1", pan)
    return dict(row) if row else None


async def set_status(pool: asyncpg.Pool, system: str, number: str, status: str) -> None:
    """Open, block or close an account; one that is not empty cannot be closed (`StatusImpossible`)."""
    if await pool.fetchval(_SET_STATUS, system, number, status) is None:
        raise StatusImpossible(
            f"{number} holds money, or is held.", next_step="Move the balance and release the holds first."
        )


async def entries(pool: asyncpg.Pool, number: str, limit: int) -> list[dict[str, Any]]:
    """The newest postings of an account, signed as its holder sees them."""
    return [dict(row) for row in await pool.fetch(_ENTRIES, number, limit)]


async def open_accounts(pool: asyncpg.Pool, system: str, accounts: Sequence[NewAccount]) -> int:
    """Open accounts, their opening balances against the opening account; those that exist are left as they are."""
    opened: int = await pool.fetchval(_OPEN, system, accounts)
    return opened


async def day_end(pool: asyncpg.Pool, date: dt.date) -> int:
    """Accrue a day's interest and let expired holds go; how many accounts earned or owed any."""
    accrued: int = await pool.fetchval("SELECT bank_day_end($1)", date)
    return accrued


async def trial_balance(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """Debits and credits by currency, and whether every account's balance is the sum of its postings."""
    return [dict(row) for row in await pool.fetch(_TRIAL_BALANCE)]


async def expire_holds(pool: asyncpg.Pool) -> int:
    """Let go of the holds whose time is over; how many."""
    expired: int = await pool.fetchval("SELECT bank_expire_holds()")
    return expired


async def _leave(_connection: asyncpg.Connection) -> None:
    """Nothing here changes a connection's session, so that a round trip to reset it is spared."""


async def _configure(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=lambda v: _encode(v).decode(), decoder=_decode, schema="pg_catalog"
    )


_OPERATION: Final = "SELECT status, reason, answer FROM operation WHERE system = $1 AND id = $2"
_OF_DAY: Final = """
SELECT id::text, operation, CASE WHEN status IN ('captured', 'released') THEN 'posted' ELSE status END AS status,
    reason, account, to_account, bank_money(amount, currency) AS amount, currency,
    bank_reference(system, id) AS reference, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at
FROM operation
WHERE system = $1 AND id > $3 AND operation <> 'void'
    AND at >= $2::date::timestamp AT TIME ZONE 'UTC' AND at < ($2::date + 1)::timestamp AT TIME ZONE 'UTC'
ORDER BY id LIMIT $4
"""
_ACCOUNT: Final = """
SELECT number, currency, status, product, owner, bank_money(ledger_balance, currency) AS ledger_balance,
    bank_money(bank_available(a), currency) AS available_balance, bank_money(held, currency) AS held,
    bank_money(credit_limit, currency) AS credit_limit
FROM account a WHERE system = $1 AND number = $2
"""
_ENTRIES: Final = """
SELECT p.id, to_char(p.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS at,
    p.value_date::text AS value_date, p.memo, p.currency,
    bank_money(CASE WHEN p.credit_account = $1 THEN p.amount ELSE -p.amount END, p.currency) AS amount,
    CASE WHEN p.credit_account = $1 THEN p.debit_account ELSE p.credit_account END AS counterparty
FROM (
    (SELECT * FROM posting WHERE debit_account = $1 AND debit_account NOT LIKE 'GL-%' ORDER BY id DESC LIMIT $2)
    UNION ALL
    (SELECT * FROM posting WHERE credit_account = $1 AND credit_account NOT LIKE 'GL-%' ORDER BY id DESC LIMIT $2)
) AS p ORDER BY p.id DESC LIMIT $2
"""
_SET_STATUS: Final = """
UPDATE account SET status = $3
WHERE system = $1 AND number = $2 AND ($3 <> 'closed' OR (ledger_balance = 0 AND held = 0)) RETURNING number
"""
_OPEN: Final = """
WITH opened AS (
    INSERT INTO account (number, system, product, currency, owner, ledger_balance, opened_on, credit_limit, annual_rate,
        pan, expires)
    SELECT number, $1, product, currency, owner, opening_balance, coalesce(opened_on, current_date), credit_limit,
        annual_rate, pan, expires
    FROM jsonb_to_recordset($2) AS n (number text, product text, currency text, owner text, opening_balance numeric,
        opened_on date, credit_limit numeric, annual_rate numeric, pan text, expires text)
    ON CONFLICT DO NOTHING RETURNING number
)
SELECT count(*) FROM opened
"""
# Every balance is worked out again from the postings, and every held amount from the holds.
_TRIAL_BALANCE: Final = """
WITH sides AS (
    SELECT debit_account AS number, currency, amount AS debit, 0::numeric AS credit FROM posting
    UNION ALL SELECT credit_account, currency, 0, amount FROM posting
), sums AS (
    SELECT number, currency, sum(debit) AS debit, sum(credit) AS credit FROM sides GROUP BY number, currency
), holds AS (
    SELECT account AS number, sum(amount) AS held FROM operation WHERE operation = 'hold' AND status = 'posted'
    GROUP BY account
), astray AS (
    SELECT a.currency, count(*) AS accounts
    FROM account a LEFT JOIN sums s USING (number) LEFT JOIN holds h USING (number)
    WHERE a.ledger_balance <> coalesce(s.credit - s.debit, 0) OR a.held <> coalesce(h.held, 0) GROUP BY a.currency
)
SELECT s.currency, bank_money(sum(s.debit), s.currency) AS debits, bank_money(sum(s.credit), s.currency) AS credits,
    bank_money(sum(s.debit) - sum(s.credit), s.currency) AS difference,
    coalesce((SELECT accounts FROM astray WHERE astray.currency = s.currency), 0) AS accounts_astray
FROM sums s GROUP BY s.currency ORDER BY s.currency
"""
