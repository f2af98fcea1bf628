"""An account that was opened through us is on our own record from the moment of the reply."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

import asyncpg

_ACCOUNT: Final = """
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
VALUES ($1, $2, $3, $4, $5, 'open', '', $6, 0, 0)
ON CONFLICT DO NOTHING
"""
_HOLDER: Final = """
INSERT INTO parties_accountholder (account_id, party_id, role)
SELECT a.id, $2, 'owner' FROM parties_account a WHERE a.number = $1
ON CONFLICT DO NOTHING
"""


async def take_in_account(
    connection: asyncpg.Connection,
    *,
    account_id: uuid.UUID,
    number: str,
    system: str,
    product: str,
    currency: str,
    owner_id: uuid.UUID,
    opened_at: dt.datetime,
) -> None:
    """Put the account and its owner on record; what is there already stays as it is."""
    await connection.execute(_ACCOUNT, account_id, number, system, product, currency, opened_at.date())
    await connection.execute(_HOLDER, number, owner_id)
