"""Reading the outbox: every interaction once it is committed, in one order that never changes, and none left out."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final, NamedTuple

import asyncpg

AT_ONCE: Final = 500
_NEWS: Final = """
SELECT o.transaction_id, o.id AS place, i.id, i.occurred_at, i.party_id, i.account_id, i.request_id, i.amount,
    i.currency, i.channel, i.kind, i.service, i.outcome
FROM interactions_outbox o
JOIN interactions_interaction i ON i.occurred_at = o.occurred_at AND i.id = o.interaction_id
"""
_AFTER: Final = f"""{_NEWS}
WHERE (o.transaction_id, o.id) > ($1, $2)
    AND o.transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY o.transaction_id, o.id LIMIT $3
"""
_BETWEEN: Final = f"""{_NEWS}
WHERE (o.transaction_id, o.id) > ($1, $2) AND o.occurred_at >= $4 AND o.occurred_at < $5
    AND ($6::uuid IS NULL OR i.party_id = $6)
    AND o.transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY o.transaction_id, o.id LIMIT $3
"""
_READ_POSITION: Final = "SELECT transaction_id, id FROM interactions_outboxposition WHERE reader = $1"
_MOVE: Final = """
INSERT INTO interactions_outboxposition (reader, transaction_id, id, moved_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (reader) DO UPDATE SET transaction_id = excluded.transaction_id, id = excluded.id,
    moved_at = excluded.moved_at
"""
_LAG: Final = """
SELECT count(*), coalesce(extract(epoch FROM $2::timestamptz - min(waiting.occurred_at)), 0)::float8
FROM (
    SELECT o.occurred_at FROM interactions_outbox o
    WHERE (o.transaction_id, o.id) > (
        SELECT coalesce(max(transaction_id), 0), coalesce(max(id), 0) FROM interactions_outboxposition WHERE reader = $1
    ) ORDER BY o.transaction_id, o.id LIMIT 10000
) AS waiting
"""
# What readers have not come to is kept however old it is.
_TRIM: Final = """
DELETE FROM interactions_outbox o WHERE o.occurred_at < $1 AND NOT EXISTS (
    SELECT FROM interactions_outboxposition p WHERE (p.transaction_id, p.id) < (o.transaction_id, o.id)
)
"""


class Place(NamedTuple):
    """How far a reader has come."""

    transaction_id: int
    id: int


START: Final = Place(0, 0)


class News(NamedTuple):
    """One interaction on its way out, and its place in the order."""

    place: Place
    id: uuid.UUID
    row: asyncpg.Record


async def news_after(connection: asyncpg.Connection, place: Place, limit: int = AT_ONCE) -> list[News]:
    """What comes after `place`, as far as no transaction under way could still put something in between."""
    return [_news(row) for row in await connection.fetch(_AFTER, *place, limit)]


async def news_between(
    connection: asyncpg.Connection,
    place: Place,
    first: dt.datetime,
    last: dt.datetime,
    *,
    party: uuid.UUID | None = None,
    limit: int = AT_ONCE,
) -> list[News]:
    """What comes after `place` of the interactions from `first` to before `last`, of one party or of all."""
    return [_news(row) for row in await connection.fetch(_BETWEEN, *place, limit, first, last, party)]


async def position_of(connection: asyncpg.Connection, reader: str) -> Place:
    """How far `reader` has come."""
    row = await connection.fetchrow(_READ_POSITION, reader)
    return Place(row["transaction_id"], row["id"]) if row else START


async def move(connection: asyncpg.Connection, reader: str, place: Place, at: dt.datetime) -> None:
    """`reader` has come to `place`; never call it before what is there has been delivered."""
    await connection.execute(_MOVE, reader, *place, at)


async def lag(connection: asyncpg.Connection, reader: str, at: dt.datetime) -> tuple[int, float]:
    """How many interactions wait for `reader` (counted up to 10,000), and the age in seconds of the oldest."""
    row = await connection.fetchrow(_LAG, reader, at)
    return (row[0], row[1]) if row else (0, 0.0)


async def trim(connection: asyncpg.Connection, before: dt.datetime) -> int:
    """Forget what happened before then and every reader has read; how many rows."""
    told: str = await connection.execute(_TRIM, before)
    return int(told.rpartition(" ")[2])


def _news(row: asyncpg.Record) -> News:
    return News(Place(row["transaction_id"], row["place"]), uuid.UUID(int=row["id"].int), row)
