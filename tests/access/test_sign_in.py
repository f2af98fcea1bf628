"""Customers prove who they are with a login and a password, and guessing does not pay."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from guanxi.access import credentials
from guanxi.access.errors import SignInRefused

AT = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
PASSWORD = "guanxi-0001"
HASH = credentials.hash_password(PASSWORD)
NEW_CREDENTIAL = """
INSERT INTO access_customercredential (party_id, login, password_hash, failed_attempts) VALUES ($1, $2, $3, 0)
"""
STANDING = "SELECT failed_attempts, locked_until FROM access_customercredential WHERE party_id = $1"


@pytest.fixture
def check() -> credentials.PasswordCheck:
    return credentials.PasswordCheck()


@pytest.fixture
async def customer(pool: asyncpg.Pool, new_party: Callable[[], Awaitable[uuid.UUID]]) -> tuple[uuid.UUID, str]:
    party_id, login = await new_party(), uuid.uuid4().hex[:12]
    await pool.execute(NEW_CREDENTIAL, party_id, login, HASH)
    return party_id, login


async def test_the_right_password_proves_the_party(
    pool: asyncpg.Pool, check: credentials.PasswordCheck, customer: tuple[uuid.UUID, str]
) -> None:
    party_id, login = customer
    assert await credentials.verify_sign_in(pool, check, login=login, password=PASSWORD, at=AT) == party_id


@pytest.mark.parametrize("login", ["nobody", "", "x" * 500, "' OR 1=1 --"])
async def test_an_unknown_login_is_refused_in_the_same_words(
    pool: asyncpg.Pool, check: credentials.PasswordCheck, customer: tuple[uuid.UUID, str], login: str
) -> None:
    _, known = customer
    with pytest.raises(SignInRefused) as unknown:
        await credentials.verify_sign_in(pool, check, login=login, password=PASSWORD, at=AT)
    with pytest.raises(SignInRefused) as wrong:
        await credentials.verify_sign_in(pool, check, login=known, password="no", at=AT)
    assert str(unknown.value) == str(wrong.value)
    assert unknown.value.party_id is None


async def test_the_fifth_failure_locks_and_each_further_one_doubles_the_wait(
    pool: asyncpg.Pool, check: credentials.PasswordCheck, customer: tuple[uuid.UUID, str]
) -> None:
    party_id, login = customer
    at, waits = AT, []
    for _ in range(8):
        with pytest.raises(SignInRefused):
            await credentials.verify_sign_in(pool, check, login=login, password="wrong", at=at)
        _, until = await pool.fetchrow(STANDING, party_id)
        waits.append(int((until - at).total_seconds()) if until else 0)
        at = until or at
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240]


async def test_while_locked_the_right_password_is_refused_and_afterwards_it_clears_the_count(
    pool: asyncpg.Pool, check: credentials.PasswordCheck, customer: tuple[uuid.UUID, str]
) -> None:
    party_id, login = customer
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await credentials.verify_sign_in(pool, check, login=login, password="wrong", at=AT)
    with pytest.raises(SignInRefused) as locked:
        await credentials.verify_sign_in(pool, check, login=login, password=PASSWORD, at=AT)
    assert locked.value.party_id is None
    assert (await pool.fetchrow(STANDING, party_id))["failed_attempts"] == 5

    later = AT + dt.timedelta(seconds=30)
    assert await credentials.verify_sign_in(pool, check, login=login, password=PASSWORD, at=later) == party_id
    async with pool.acquire() as connection:
        await credentials.forget_failures(connection, party_id)
    assert tuple(await pool.fetchrow(STANDING, party_id)) == (0, None)


async def test_guesses_side_by_side_cannot_outrun_the_lock(
    pool: asyncpg.Pool, check: credentials.PasswordCheck, customer: tuple[uuid.UUID, str]
) -> None:
    _, login = customer
    guesses = [f"guess-{n}" for n in range(20)]
    results = await asyncio.gather(
        *(credentials.verify_sign_in(pool, check, login=login, password=guess, at=AT) for guess in guesses),
        return_exceptions=True,
    )
    counted = [result for result in results if isinstance(result, SignInRefused) and result.party_id]
    assert len(counted) == 5


async def test_a_hash_that_is_none_refuses_rather_than_fails(
    pool: asyncpg.Pool, check: credentials.PasswordCheck, customer: tuple[uuid.UUID, str]
) -> None:
    party_id, login = customer
    await pool.execute("UPDATE access_customercredential SET password_hash = 'plain' WHERE party_id = $1", party_id)
    with pytest.raises(SignInRefused):
        await credentials.verify_sign_in(pool, check, login=login, password="plain", at=AT)
