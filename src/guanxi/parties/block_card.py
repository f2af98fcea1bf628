"""Stop a card from being used."""

from __future__ import annotations

import uuid
from typing import Any, Final

import asyncpg

_BLOCK: Final = "UPDATE parties_card SET status = 'blocked' WHERE id = $1 AND status <> 'expired'"


async def block_card(connection: asyncpg.Connection, *, card_id: uuid.UUID) -> dict[str, Any]:
    """Block the card, now and for every channel. Blocking it again changes nothing.

    Runs in the caller's transaction.
    """
    await connection.execute(_BLOCK, card_id)
    return {"status": "blocked"}
