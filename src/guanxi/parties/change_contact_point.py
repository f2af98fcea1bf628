"""A party is to be reached elsewhere: the old contact point is superseded, the new one takes its place."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final

import asyncpg

from guanxi.parties.search_index import index_party

_SUPERSEDE: Final = """
UPDATE parties_contactpoint SET valid_to = $4, preferred = false
WHERE party_id = $1 AND kind = $2 AND purpose = $3 AND valid_to IS NULL
"""
_ADD: Final = """
INSERT INTO parties_contactpoint (party_id, kind, value, purpose, preferred, source, valid_from)
VALUES ($1, $2, $3, $4, true, $5, $6)
"""
_TOUCH: Final = "UPDATE parties_party SET updated_at = $2 WHERE id = $1"


async def change_contact_point(
    connection: asyncpg.Connection,
    *,
    party_id: uuid.UUID,
    kind: str,
    value: str,
    purpose: str,
    source: str,
    at: dt.datetime,
) -> dict[str, Any]:
    """Make `value` the party's present contact point of `kind` for `purpose`. Runs in the caller's transaction."""
    await connection.execute(_SUPERSEDE, party_id, kind, purpose, at)
    await connection.execute(_ADD, party_id, kind, value, purpose, source, at)
    await connection.execute(_TOUCH, party_id, at)
    await index_party(connection, party_id)
    return {"kind": kind, "value": value, "purpose": purpose}
