"""Open a case: a matter that needs more than one interaction."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final

import asyncpg

from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Channel

ANSWER_WITHIN: Final = dt.timedelta(days=15)  # the complaint-handling limit of the Chinese banking regulator (2020)
_OPEN: Final = """
INSERT INTO interactions_case
    (id, number, party_id, contact_reason, subject, description, channel, status, opened_at, due_at, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10)
"""


async def open_case(
    connection: asyncpg.Connection,
    *,
    party_id: uuid.UUID,
    request_id: uuid.UUID,
    contact_reason: str,
    subject: str,
    description: str,
    channel: Channel,
    at: dt.datetime,
) -> dict[str, Any]:
    """Open a case for the party and answer its number and due date. Runs in the caller's transaction."""
    case_id = uuid7()
    number = f"C{at:%y%m%d}-{case_id.hex[-6:].upper()}"
    due_at = at + ANSWER_WITHIN
    await connection.execute(
        _OPEN, case_id, number, party_id, contact_reason, subject, description, channel, at, due_at, request_id
    )
    return {"case": number, "due_at": due_at.isoformat()}
