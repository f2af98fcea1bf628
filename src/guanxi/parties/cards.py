"""Cards as a terminal presents them: found by the keyed hash of their number, with the count of wrong PINs.

Wrong PINs are counted in the database. Within one process at most one PIN of a card is looked at at a time, so that
guesses sent side by side cannot outrun the count; with several gateways at most one more guess each is possible.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Final

import asyncpg

from guanxi.access.pin import FAILURES_BEFORE_BLOCK

FIND: Final = """
SELECT card.number_hash, card.id, card.party_id, card.account_id, account.number, account.currency, card.masked_number,
       card.kind, card.status, card.expires_on, card.pin_verification_value, card.pin_failures
FROM parties_card card JOIN parties_account account ON account.id = card.account_id
WHERE card.number_hash = ANY ($1::bytea[])
"""
_COUNT_FAILURE: Final = """
UPDATE parties_card
SET pin_failures = pin_failures + 1, status = CASE WHEN pin_failures + 1 >= $2 THEN 'blocked' ELSE status END
WHERE id = $1 AND status = 'active'
RETURNING pin_failures
"""
_FORGET_FAILURES: Final = """
UPDATE parties_card SET pin_failures = 0 WHERE id = $1 AND status = 'active' AND pin_failures > 0
"""


@dataclasses.dataclass(frozen=True, slots=True)
class PresentedCard:
    """A card somebody put into a terminal, and the account it draws on."""

    id: uuid.UUID
    party_id: uuid.UUID
    account_id: uuid.UUID
    account_number: str
    currency: str
    masked_number: str
    kind: str
    status: str
    expires_on: dt.date
    pin_verification_value: str
    pin_failures: int

    @property
    def pin_tries_exceeded(self) -> bool:
        """Whether it was wrong PINs that blocked the card."""
        return self.status == "blocked" and self.pin_failures >= FAILURES_BEFORE_BLOCK


async def find_cards(pool: asyncpg.Pool, number_hashes: Sequence[bytes]) -> list[PresentedCard | None]:
    """For each of `number_hashes`, the card whose number has this hash."""
    found = {row[0]: PresentedCard(*row[1:]) for row in await pool.fetch(FIND, number_hashes)}
    return [found.get(number_hash) for number_hash in number_hashes]


async def count_pin_failure(connection: asyncpg.Connection, card_id: uuid.UUID) -> bool:
    """One more wrong PIN; whether the card is now blocked for it. In the caller's transaction."""
    failures = await connection.fetchval(_COUNT_FAILURE, card_id, FAILURES_BEFORE_BLOCK)
    return failures is None or failures >= FAILURES_BEFORE_BLOCK


async def forget_pin_failures(pool: asyncpg.Pool, card_id: uuid.UUID) -> None:
    """A right PIN: the count starts anew."""
    await pool.execute(_FORGET_FAILURES, card_id)


class CardTurns:
    """Lets one message at a time look at the PIN of a card."""

    def __init__(self) -> None:
        self._turns: dict[bytes, tuple[asyncio.Lock, int]] = {}

    @contextlib.asynccontextmanager
    async def turn(self, number_hash: bytes) -> AsyncIterator[None]:
        """The caller's turn with this card."""
        lock, waiting = self._turns.get(number_hash) or (asyncio.Lock(), 0)
        self._turns[number_hash] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns.pop(number_hash)
            if waiting > 1:
                self._turns[number_hash] = (lock, waiting - 1)
