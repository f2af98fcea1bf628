"""Keeping a party findable: its search tokens are made anew in the transaction that changes the party."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any, Final

import asyncpg
import msgspec
import psycopg

from guanxi.parties.search_tokens import Findable, fuzzy_keys_of, to_tsvector_text, tokens_of

_OF: Final = """
SELECT party.id, party.name, party.latin_name, party.number,
    ARRAY(SELECT value FROM parties_identifier WHERE party_id = party.id),
    ARRAY(SELECT value FROM parties_contactpoint WHERE party_id = party.id AND kind = 'phone' AND valid_to IS NULL),
    ARRAY(SELECT value FROM parties_contactpoint WHERE party_id = party.id AND kind = 'email' AND valid_to IS NULL),
    ARRAY(SELECT account.number FROM parties_account account JOIN parties_accountholder holder
        ON holder.account_id = account.id WHERE holder.party_id = party.id),
    ARRAY(SELECT masked_number FROM parties_card WHERE party_id = party.id)
FROM parties_party party WHERE party.id =
"""
_OF_ONE: Final = f"{_OF} $1"
_OF_MANY: Final = f"{_OF} ANY(%s::uuid[])"
_KEEP: Final = """
INSERT INTO parties_partysearch (party_id, tokens, fuzzy) VALUES ($1, $2::text::tsvector, $3)
ON CONFLICT (party_id) DO UPDATE SET tokens = excluded.tokens, fuzzy = excluded.fuzzy
"""
_KEEP_MANY: Final = """
INSERT INTO parties_partysearch (party_id, tokens, fuzzy)
SELECT party, tokens::tsvector, ARRAY(SELECT jsonb_array_elements_text(fuzzy))
FROM jsonb_to_recordset(%s::jsonb) AS given (party uuid, tokens text, fuzzy jsonb)
ON CONFLICT (party_id) DO UPDATE SET tokens = excluded.tokens, fuzzy = excluded.fuzzy
"""


async def index_party(connection: asyncpg.Connection, party_id: uuid.UUID) -> None:
    """Make the search tokens of one party anew. Runs in the caller's transaction."""
    row = await connection.fetchrow(_OF_ONE, party_id)
    if row is not None:
        party = Findable(*row[1:])
        tokens, neighbours = to_tsvector_text(tokens_of(party)), sorted(fuzzy_keys_of(party))
        await connection.execute(_KEEP, party_id, tokens, neighbours)


def index_parties(connection: psycopg.Connection[Any], parties: Collection[uuid.UUID]) -> None:
    """Make the search tokens of many parties anew. Runs in the caller's transaction."""
    rows = []
    for party_id, *columns in connection.execute(_OF_MANY, [list(parties)]):
        party = Findable(*columns)
        words, neighbours = to_tsvector_text(tokens_of(party)), sorted(fuzzy_keys_of(party))
        rows.append({"party": party_id, "tokens": words, "fuzzy": neighbours})
    if rows:
        connection.execute(_KEEP_MANY, [msgspec.json.encode(rows).decode()])
