"""Late confirmations, told until they are heard: they are kept in the database and survive a restart."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from typing import Final

import aiohttp
import asyncpg
import msgspec

from guanxi.sandbox import bank
from guanxi.sandbox.faults import Faults

_encode: Final = msgspec.json.Encoder().encode
_log = logging.getLogger(__name__)
_DUE: Final = """
SELECT operation_id, body FROM callback WHERE delivered_at IS NULL AND due_at <= now() ORDER BY due_at LIMIT 100
"""
_DELIVERED: Final = "UPDATE callback SET delivered_at = now(), attempts = attempts + 1 WHERE operation_id = $1"
_LATER: Final = """
UPDATE callback SET attempts = attempts + 1, due_at = now() + 2 ^ least(attempts, 3) * interval '1 second'
WHERE operation_id = $1
"""


async def tell_for_ever(pool: asyncpg.Pool, url: str, key: bytes, faults: Faults) -> None:
    """Deliver what is due, several times a second, until cancelled; and let go of holds whose time is over."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while True:
            try:
                due = await pool.fetch(_DUE)
                await asyncio.gather(*(_tell(pool, session, url, key, faults, row) for row in due))
                await bank.expire_holds(pool)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("Callbacks have to wait: %s", error)
            await asyncio.sleep(0.2)


async def _tell(
    pool: asyncpg.Pool, session: aiohttp.ClientSession, url: str, key: bytes, faults: Faults, row: asyncpg.Record
) -> None:
    """Tell how an operation ended. One that has been taken back in the meantime did not end so: nothing is told."""
    if not await pool.fetchval("SELECT bank_end($1, $2)", row["operation_id"], row["body"]["status"]):
        return
    heard = await _post(session, url, key, row["body"])
    if faults.strikes("intermediary", "duplicate_reply"):
        await _post(session, url, key, row["body"])
    await pool.execute(_DELIVERED if heard else _LATER, row["operation_id"])


async def _post(session: aiohttp.ClientSession, url: str, key: bytes, content: object) -> bool:
    body = _encode(content)
    headers = {"Content-Type": "application/json", "X-Signature": hmac.new(key, body, hashlib.sha256).hexdigest()}
    try:
        async with session.post(url, data=body, headers=headers) as response:
            return response.status < 300
    except (aiohttp.ClientError, TimeoutError):
        return False
