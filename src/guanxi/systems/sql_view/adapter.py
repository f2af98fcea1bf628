"""Looking at another system's database through views that it grants, as a business system that only answers inquiries.

Three locks, one behind the other: the role should have nothing but SELECT on the views; the session and each
transaction are READ ONLY; only the named queries of the data file are ever sent, with bound parameters.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import asyncpg

from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.money import CURRENCIES, parse_amount
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg, LegReply
from guanxi.systems.http import NO_ANSWER, UNAVAILABLE
from guanxi.systems.sql_view.queries import Query

_NOT_TO_BE_ASKED: Final = LegReply("failed", Reason.NOT_PERMITTED)
_LANES: Final = 4


class SqlView:
    """The database at `address`, asked by `queries`, each within `seconds`."""

    def __init__(self, address: str, queries: Mapping[str, Query], *, seconds: float = 3.0) -> None:
        self._address, self._queries, self._seconds = address, dict(queries), seconds
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Make the pool; connections are opened when needed."""
        settings = {"default_transaction_read_only": "on", "statement_timeout": str(round(self._seconds * 1000))}
        self._pool = await asyncpg.create_pool(
            self._address, min_size=0, max_size=_LANES, timeout=2, server_settings=settings
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()

    async def perform(self, leg: Leg) -> LegReply:
        """Look. Anything else is not permitted here."""
        query = self._queries.get(leg.operation)
        if query is None:
            return _NOT_TO_BE_ASKED
        try:
            rows = await self._fetch(query, [leg.content.get(name) for name in query.parameters])
        except (asyncpg.QueryCanceledError, TimeoutError):
            return NO_ANSWER
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.InvalidAuthorizationSpecificationError):
            return UNAVAILABLE
        except (asyncpg.PostgresError, asyncpg.InterfaceError):
            return LegReply("failed", Reason.REFUSED_BY_SYSTEM)
        if query.rows:
            return LegReply("confirmed", content={query.rows: rows})
        return LegReply("confirmed", content=rows[0]) if rows else LegReply("failed", Reason.ACCOUNT_UNKNOWN)

    async def _fetch(self, query: Query, values: list[Any]) -> list[dict[str, Any]]:
        if self._pool is None:
            raise ConnectionError("this system has not been opened")
        async with self._pool.acquire() as connection, connection.transaction(readonly=True):
            return [_shown(row) for row in await connection.fetch(query.sql, *values, timeout=self._seconds)]

    async def enquire(self, leg: Leg) -> LegReply:
        """A look has no effect: it is simply made again."""
        return await self.perform(leg)

    async def undo(self, leg: Leg) -> LegReply:  # noqa: ARG002 - there is nothing to take back, whatever the leg was
        """There is nothing to take back."""
        return LegReply("reversed")


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    currency = row.get("currency")
    return {name: _text(value, currency) for name, value in row.items()}


def _text(value: object, currency: object) -> object:
    """`value` as a leg's answer holds it: amounts as decimal text with the places of their currency."""
    if isinstance(value, Decimal) and currency in CURRENCIES:
        try:
            return str(parse_amount(str(value), str(currency)).amount)
        except InvalidValue:
            return str(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if isinstance(value, str | int | bool | None) else str(value)
