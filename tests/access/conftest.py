"""A connection pool to the module's database, and people to hold credentials and cards."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from guanxi.kernel.identity import uuid7

_NEW_PARTY = """
INSERT INTO parties_party
    (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at, updated_at)
VALUES ($1, $2, 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '', '', '', $3, $3)
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to the module's database, for one test."""
    async with asyncpg.create_pool(database_url, min_size=1, max_size=8) as pool:
        yield pool


@pytest.fixture
def new_party(pool: asyncpg.Pool) -> Callable[[], Awaitable[uuid.UUID]]:
    """Makes one more customer and answers the party's id."""

    async def make() -> uuid.UUID:
        party_id = uuid7()
        at = dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
        await pool.execute(_NEW_PARTY, party_id, uuid.uuid4().hex[:12], at)
        return party_id

    return make
