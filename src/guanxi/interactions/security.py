"""Sign-ins, sign-outs and refusals on a party's timeline; written in the caller's transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final

import asyncpg

from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Channel, InteractionKind, Outcome

# Listeners on `interactions` are told which parties have something new, once the transaction commits.
_RECORD: Final = """
WITH entry AS (
    INSERT INTO interactions_interaction (id, occurred_at, party_id, channel, kind, service, outcome)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    RETURNING party_id
)
SELECT pg_notify('interactions', jsonb_build_array(party_id)::text) FROM entry
"""


async def record_security(
    connection: asyncpg.Connection,
    *,
    party_id: uuid.UUID,
    channel: Channel,
    service: str,
    outcome: Outcome,
    at: dt.datetime,
) -> None:
    """Put one security event (`service` says which: sign_in, sign_out) on the timeline of `party_id`."""
    kind = InteractionKind.SECURITY.value
    await connection.execute(_RECORD, uuid7(), at, party_id, channel.value, kind, service, outcome.value)
