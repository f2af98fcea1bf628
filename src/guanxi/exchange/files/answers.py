"""What goes back to a customer who sent payment files: the status report of each, once it is known how all ended."""

from __future__ import annotations

import datetime as dt
import uuid
from pathlib import PurePosixPath
from typing import Final

import asyncpg

from guanxi.exchange.files import life
from guanxi.exchange.payments import statements
from guanxi.exchange.payments.report import status_report

KIND: Final = "pain.002"
_UNANSWERED: Final = """
SELECT f.id, f.name, f.subject_id FROM exchange_file f
JOIN exchange_paymentfile p ON p.id = f.subject_id AND p.state IN ('done', 'rejected')
WHERE f.peer_id = $1 AND f.direction = 'in' AND f.kind = 'pain.001' AND f.state IN ('handled', 'archived')
    AND f.first_at > $2
    AND NOT EXISTS (SELECT FROM exchange_file a WHERE a.answers_id = f.id AND a.kind = 'pain.002')
ORDER BY f.first_at LIMIT 50
"""
_LOOK_BACK: Final = dt.timedelta(days=40)  # as long as payments may be asked for in advance


async def queue_reports(pool: asyncpg.Pool, peer: str, *, bic: str, at: dt.datetime) -> int:
    """Queue the pain.002 of each payment file that has ended and has none yet; how many."""
    rows = await pool.fetch(_UNANSWERED, peer, at - _LOOK_BACK)
    for row in rows:
        file = await pool.fetchrow(statements.FILE, row["subject_id"])
        content = [piece async for piece in status_report(pool, file, bic=bic, at=at)]
        asked = uuid.UUID(int=row["id"].int)
        name = f"{KIND}-{PurePosixPath(row['name']).stem[:180]}-{asked.hex[-8:]}.xml"
        async with pool.acquire() as connection:
            await life.queue(connection, peer, name, content, at, actor=life.CLERK, kind=KIND, answers=asked)
    return len(rows)
