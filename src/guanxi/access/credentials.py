"""How a customer proves to be who the login says: a password, checked off the event loop, locked after failures.

Passwords are kept as Argon2id (RFC 9106). Five failures lock a credential for half a minute, and each further failure
doubles the wait, up to a day. An attempt is counted *before* its password is looked at, in the statement that reads the
hash, so that guesses sent side by side cannot outrun the lock. Unknown and locked logins take the same road through a
hash that matches nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import argon2
import asyncpg

from guanxi.access.errors import SignInBusy, SignInRefused

FAILURES_BEFORE_LOCK: Final = 5
FIRST_LOCK: Final = dt.timedelta(seconds=30)
LONGEST_LOCK: Final = dt.timedelta(days=1)
_CHECKS_AT_ONCE: Final = 2
_CHECKS_WAITING: Final = 64

_COUNT_ATTEMPT: Final = """
UPDATE access_customercredential
SET failed_attempts = failed_attempts + 1,
    locked_until = CASE WHEN failed_attempts + 1 >= $3
        THEN $2::timestamptz + least($5::interval, $4::interval * 2 ^ least(failed_attempts + 1 - $3, 30)) END
WHERE login = $1 AND (locked_until IS NULL OR locked_until <= $2) AND failed_attempts < 32767
RETURNING party_id, password_hash
"""
_FORGET_FAILURES: Final = """
UPDATE access_customercredential SET failed_attempts = 0, locked_until = NULL WHERE party_id = $1
"""

_HASHER: Final = argon2.PasswordHasher()


def hash_password(password: str) -> str:
    """`password` as it is kept: Argon2id with its salt and parameters in the usual text form."""
    return _HASHER.hash(password)


class PasswordCheck:
    """Compares passwords with hashes on a few threads; refuses with `SignInBusy` when too many wait."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_CHECKS_AT_ONCE, thread_name_prefix="password")
        self._pending = 0
        self._matches_nothing = hash_password(uuid.uuid4().hex)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Does `password` belong to `password_hash`? As much work, and False, when there is no hash."""
        if self._pending >= _CHECKS_WAITING:
            raise SignInBusy
        self._pending += 1
        try:
            run = asyncio.get_running_loop().run_in_executor
            return await run(self._threads, _verify, password_hash or self._matches_nothing, password)
        finally:
            self._pending -= 1

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


async def verify_sign_in(
    pool: asyncpg.Pool, check: PasswordCheck, *, login: str, password: str, at: dt.datetime
) -> uuid.UUID:
    """The party that `login` and `password` prove; `SignInRefused` otherwise.

    The caller forgets the failures with `forget_failures` in the transaction that opens the session.
    """
    row = await pool.fetchrow(_COUNT_ATTEMPT, login, at, FAILURES_BEFORE_LOCK, FIRST_LOCK, LONGEST_LOCK)
    party_id, password_hash = (row["party_id"], row["password_hash"]) if row else (None, None)
    if not await check.matches(password, password_hash) or party_id is None:
        raise SignInRefused(party_id)
    return uuid.UUID(int=party_id.int)


async def forget_failures(connection: asyncpg.Connection, party_id: uuid.UUID) -> None:
    """A sign-in succeeded: the count starts anew and any lock it had set is lifted."""
    await connection.execute(_FORGET_FAILURES, party_id)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
