"""Open very many accounts from a Parquet file by COPY, with their opening balances posted."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import asyncpg
import pyarrow.parquet

from guanxi.sandbox import bank

_STAGE: Final = """
CREATE TEMPORARY TABLE offered (system text, number text, currency text, product text, owner text,
    opening_balance numeric, credit_limit numeric, pan text, expires text) ON COMMIT DROP
"""
_TAKE: Final = """
WITH opened AS (
    INSERT INTO account (number, system, product, currency, owner, ledger_balance, credit_limit, annual_rate, pan,
        expires)
    SELECT number, system, coalesce(product, ''), currency, coalesce(owner, ''), coalesce(opening_balance, 0),
        CASE WHEN system = 'loans' THEN 1e12 ELSE coalesce(credit_limit, 0) END,
        CASE system WHEN 'savings' THEN 0.35 WHEN 'loans' THEN 4.35 ELSE 0 END,
        CASE WHEN system = 'cards' THEN pan END, expires
    FROM offered ON CONFLICT DO NOTHING RETURNING number
)
SELECT count(*) FROM opened
"""
_COLUMNS: Final = (
    ("system", "system"),
    ("account_number", "number"),
    ("currency", "currency"),
    ("product", "product"),
    ("owner", "owner"),
    ("opening_balance", "opening_balance"),
    ("credit_limit", "credit_limit"),
    ("pan", "pan"),
    ("expires", "expires"),
)


def load_accounts(database_url: str, path: Path) -> int:
    """Open the accounts in `path`; how many were new. All or none."""
    return asyncio.run(_load(database_url, path))


async def _load(database_url: str, path: Path) -> int:
    pool = await bank.open_bank(database_url)
    async with pool, pool.acquire() as connection:
        async with connection.transaction():
            opened = await _copy(connection, path)
        await connection.execute("ANALYZE account, posting")
        return opened


async def _copy(connection: asyncpg.Connection, path: Path) -> int:
    await connection.execute(_STAGE)
    file = pyarrow.parquet.ParquetFile(path)
    present = [(theirs, ours) for theirs, ours in _COLUMNS if theirs in file.schema_arrow.names]
    for batch in file.iter_batches(batch_size=50_000, columns=[theirs for theirs, _ in present]):
        columns = [batch.column(theirs).to_pylist() for theirs, _ in present]
        records = zip(*columns, strict=True)
        await connection.copy_records_to_table("offered", records=records, columns=[ours for _, ours in present])
    opened: int = await connection.fetchval(_TAKE)
    return opened
