"""Requests that are refused before any service is asked, because of who asks: a wrong PIN, a card that may not be used.

The refusal is journalled under the request's own key, so that its repeat is told the same and nothing is counted twice.
A key that is already taken by another end stays as it is: the refusal is counted and told, so that repeating somebody's
good request with guessed PINs is no way round the count.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import asyncpg

from guanxi.exchange.journal import Closing, Intake, fingerprint, take_in_and_close_many
from guanxi.interactions.security import record_security
from guanxi.kernel.vocabulary import InteractionKind, Outcome, Reason
from guanxi.services.request import ServiceReply, ServiceRequest
from guanxi.services.service import Entry

if TYPE_CHECKING:
    from guanxi.exchange.process import Exchange

Decide = Callable[[asyncpg.Connection], Awaitable[Reason]]
_FOR_WHO_ASKS: Final = frozenset(
    {Reason.WRONG_PIN, Reason.PIN_TRIES_EXCEEDED, Reason.CARD_BLOCKED, Reason.CARD_EXPIRED}
)


async def refuse_asker(exchange: Exchange, request: ServiceRequest, decide: Decide, entry: Entry) -> ServiceReply:
    """The refusal, durable, for the reason that `decide` finds in the same transaction; `entry` is the timeline's."""
    stored = await exchange.journal.stored(request.channel, request.idempotency_key)
    if stored and stored.reason in _FOR_WHO_ASKS:
        return ServiceReply(stored.id, Outcome.DECLINED, Reason(stored.reason), replayed=True)
    async with exchange.pool.acquire() as connection, connection.transaction():
        reason, at = await decide(connection), exchange.clock()
        intake = Intake(request, fingerprint(request), (entry,), (), at)
        closing = Closing(request, InteractionKind.SECURITY, Outcome.DECLINED, reason, {}, (entry,), at)
        if not await take_in_and_close_many(connection, [(intake, closing)]):
            channel, service = request.channel, request.service
            await record_security(
                connection, party_id=entry.party_id, channel=channel, service=service, outcome=Outcome.DECLINED, at=at
            )
    return ServiceReply(request.id, Outcome.DECLINED, reason)
