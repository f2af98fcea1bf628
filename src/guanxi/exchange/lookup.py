"""What requests name, found for many requests with one statement: accounts, cards, and all that a party holds."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Final

import asyncpg

from guanxi.exchange.batching import Batcher
from guanxi.services.service import Known, KnownAccount, KnownCard, Names

MOST_OF_ONE_PARTY: Final = 200  # accounts, and cards, that one inquiry shows
_HASH: Final = re.compile(r"[0-9a-f]{64}")

_ACCOUNTS: Final = """
SELECT a.id, a.number, a.system, a.product, a.currency, a.status, a.ledger_balance, a.available_balance,
       a.balance_at,
       (SELECT array_agg(h.party_id ORDER BY h.role = 'owner' DESC, h.party_id) FROM parties_accountholder h
         WHERE h.account_id = a.id) AS holders,
       EXISTS (SELECT FROM parties_accountholder h WHERE h.account_id = a.id AND h.role = 'owner') AS owned
"""
BY_NUMBER: Final = _ACCOUNTS + "FROM parties_account a WHERE a.number = ANY ($1::text[])"
BY_PARTY: Final = f"""{_ACCOUNTS}, wanted.party_id
FROM unnest($1::uuid[]) AS wanted (party_id)
CROSS JOIN LATERAL (
    SELECT held.account_id FROM parties_accountholder held
    WHERE held.party_id = wanted.party_id ORDER BY held.id LIMIT {MOST_OF_ONE_PARTY}
) AS holding
JOIN parties_account a ON a.id = holding.account_id
"""  # noqa: S608 - a number of our own
_CARDS: Final = """
SELECT c.id, encode(c.number_hash, 'hex') AS number_hash, c.masked_number, c.kind, c.product, c.status, c.expires_on,
       c.party_id, a.number AS account_number
FROM parties_card c JOIN parties_account a ON a.id = c.account_id
"""
CARDS_BY_HASH: Final = _CARDS + "WHERE c.number_hash = ANY ($1::bytea[])"
_CARDS_BY_ID: Final = _CARDS + "WHERE c.id = ANY ($1::uuid[])"
CARDS_BY_PARTY: Final = _CARDS + "WHERE c.party_id = ANY ($1::uuid[]) ORDER BY c.issued_on, c.id"


class Lookup:
    """Finds what requests name. Concurrent look-ups share their statements."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._batcher = Batcher(self._find_many, lanes=2)

    async def find(self, names: Names) -> Known:
        """The accounts and cards that `names` names, as far as they exist; with a card comes its account."""
        if not (names.accounts or names.cards or names.party):
            return Known()
        return await self._batcher.submit(names)

    async def _find_many(self, batch: Sequence[Names]) -> list[Known]:
        async with self._pool.acquire() as connection:
            cards = await _named_cards(connection, batch)
            numbers = {number for names in batch for number in names.accounts}
            numbers |= {card.account_number for card in cards.values()}
            rows = await connection.fetch(BY_NUMBER, sorted(numbers)) if numbers else []
            accounts = {row["number"]: _account(row) for row in rows}
            parties = sorted({names.party for names in batch if names.party})
            of_party = await _holdings(connection, parties) if parties else {}
        return [_known(names, accounts, cards, of_party) for names in batch]


def _known(
    names: Names,
    accounts: dict[str, KnownAccount],
    cards: dict[str, KnownCard],
    of_party: dict[uuid.UUID, Known],
) -> Known:
    if names.party is not None:
        return of_party.get(names.party, Known())
    mine = {name: cards[name] for name in names.cards if name in cards}
    numbers = (*names.accounts, *(card.account_number for card in mine.values()))
    return Known({number: accounts[number] for number in numbers if number in accounts}, mine)


async def _named_cards(connection: asyncpg.Connection, batch: Sequence[Names]) -> dict[str, KnownCard]:
    """Cards under the very name by which they were asked for: number hash or id."""
    wanted = {name for names in batch for name in names.cards}
    hashes = [bytes.fromhex(name) for name in wanted if _HASH.fullmatch(name)]
    ids = [found for name in wanted if (found := _uuid(name)) is not None]
    by_hash = await connection.fetch(CARDS_BY_HASH, hashes) if hashes else []
    by_id = await connection.fetch(_CARDS_BY_ID, ids) if ids else []
    return {row["number_hash"]: _card(row) for row in by_hash} | {str(row["id"]): _card(row) for row in by_id}


async def _holdings(connection: asyncpg.Connection, parties: Sequence[uuid.UUID]) -> dict[uuid.UUID, Known]:
    accounts: dict[uuid.UUID, dict[str, KnownAccount]] = {party_id: {} for party_id in parties}
    cards: dict[uuid.UUID, dict[str, KnownCard]] = {party_id: {} for party_id in parties}
    for row in await connection.fetch(BY_PARTY, parties):
        accounts[row["party_id"]][row["number"]] = _account(row)
    for row in await connection.fetch(CARDS_BY_PARTY, parties):
        held = cards[row["party_id"]]
        if len(held) < MOST_OF_ONE_PARTY:
            held[row["number_hash"]] = _card(row)
    return {party_id: Known(accounts[party_id], cards[party_id]) for party_id in parties}


def _account(row: asyncpg.Record) -> KnownAccount:
    holders = tuple(uuid.UUID(int=holder.int) for holder in row["holders"] or ())
    return KnownAccount(
        row["id"],
        row["number"],
        row["system"],
        row["product"],
        row["currency"],
        row["status"],
        row["ledger_balance"],
        row["available_balance"],
        holders[0] if row["owned"] else None,
        holders,
        row["balance_at"],
    )


def _card(row: asyncpg.Record) -> KnownCard:
    return KnownCard(
        row["id"],
        row["number_hash"],
        row["masked_number"],
        row["kind"],
        row["product"],
        row["status"],
        row["expires_on"],
        row["party_id"],
        row["account_number"],
    )


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
