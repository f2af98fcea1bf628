"""A session token opens a customer's channel until it expires or is revoked, wherever that happened."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from guanxi.access import sessions
from guanxi.kernel.vocabulary import Channel

AT = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


SignedIn = tuple[str, sessions.Session]


@pytest.fixture
async def signed_in(pool: asyncpg.Pool, new_party: Callable[[], Awaitable[uuid.UUID]]) -> SignedIn:
    party_id = await new_party()
    async with pool.acquire() as connection:
        return await sessions.open_session(connection, party_id=party_id, channel=Channel.MOBILE, at=AT, lasts=HOUR)


async def forgotten(book: sessions.SessionBook, token: str) -> None:
    while book.recall(token, AT) is not None:  # noqa: ASYNC110 - what passes is time, there is no event
        await asyncio.sleep(0.01)


async def test_a_token_finds_its_session_and_is_not_kept(pool: asyncpg.Pool, signed_in: SignedIn) -> None:
    token, session = signed_in
    book = sessions.SessionBook(pool)
    assert book.recall(token, AT) is None
    assert await book.find(token, AT) == session
    assert book.recall(token, AT) == session
    row = await pool.fetchrow("SELECT * FROM access_customersession WHERE party_id = $1", session.party_id)
    assert token not in str(dict(row))
    assert token.encode() not in row["token_hash"]


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "é" * 43, "x" * 10_000])
async def test_a_token_that_is_none_finds_nothing(pool: asyncpg.Pool, token: str) -> None:
    assert await sessions.SessionBook(pool).find(token, AT) is None


async def test_an_expired_session_is_refused_also_when_remembered(pool: asyncpg.Pool, signed_in: SignedIn) -> None:
    token, session = signed_in
    book = sessions.SessionBook(pool)
    assert await book.find(token, AT) is not None
    assert book.recall(token, session.expires_at) is None
    assert await book.find(token, session.expires_at) is None


async def test_a_session_is_revoked_once(pool: asyncpg.Pool, signed_in: SignedIn) -> None:
    token, session = signed_in
    book = sessions.SessionBook(pool)
    assert await book.find(token, AT) is not None
    async with pool.acquire() as connection:
        assert await book.revoke(connection, session, AT)
        assert not await book.revoke(connection, session, AT)
    assert book.recall(token, AT) is None
    assert await book.find(token, AT) is None


async def test_a_session_revoked_elsewhere_is_soon_refused_here(pool: asyncpg.Pool, signed_in: SignedIn) -> None:
    token, session = signed_in
    here, elsewhere = sessions.SessionBook(pool), sessions.SessionBook(pool)
    assert await here.find(token, AT) is not None
    watch = asyncio.create_task(here.keep_current())
    async with pool.acquire() as connection:
        await elsewhere.revoke(connection, session, AT)
    async with asyncio.timeout(sessions.BELIEVED_FOR):
        await forgotten(here, token)
    watch.cancel()


async def test_a_session_in_use_stays_remembered_without_being_asked_for(
    pool: asyncpg.Pool, signed_in: SignedIn
) -> None:
    token, session = signed_in
    book = sessions.SessionBook(pool)
    await book.find(token, AT)
    watch = asyncio.create_task(book.keep_current())
    loop = asyncio.get_running_loop()
    until = loop.time() + 2 * sessions.BELIEVED_FOR
    while loop.time() < until:
        assert book.recall(token, AT) == session
        await asyncio.sleep(0.05)
    watch.cancel()


async def test_without_the_database_nobody_is_believed_for_long(database_url: str, signed_in: SignedIn) -> None:
    token, _ = signed_in
    cut_off = await asyncpg.create_pool(database_url, min_size=1, max_size=1)
    book = sessions.SessionBook(cut_off)
    await book.find(token, AT)
    await cut_off.close()
    watch = asyncio.create_task(book.keep_current())
    async with asyncio.timeout(2 * sessions.BELIEVED_FOR):
        await forgotten(book, token)
    assert not watch.done()
    watch.cancel()
