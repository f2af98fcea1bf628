"""Reversal: what an earlier request did is undone, whatever became of its answer.

First it becomes durable that the original is reversed and which legs are to be undone, with an entry on the timeline
that gives the money back; then the business systems are asked, and recovery asks again those that do not answer. An
original that never came leaves its key taken, so that it is refused when it comes late. One that has not been answered
yet is in progress: the asker repeats its reversal, as the rules of card schemes have it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from guanxi.exchange.journal import Closing
from guanxi.exchange.legs import LegRun
from guanxi.exchange.recovery import load
from guanxi.exchange.states import LegState
from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Channel, Outcome, Reason
from guanxi.services.request import Actor, ServiceReply
from guanxi.services.service import Entry, Plan, Service

if TYPE_CHECKING:
    from guanxi.exchange.process import Exchange

_MAY_HAVE_MOVED_MONEY: Final = frozenset({Outcome.COMPLETED, Outcome.PENDING, Outcome.IN_DOUBT})
_TO_BE_UNDONE: Final = frozenset({LegState.CONFIRMED, LegState.PENDING, LegState.IN_DOUBT, LegState.SENT})
_TAKE_KEY: Final = """
INSERT INTO exchange_journalrequest (id, channel, idempotency_key, fingerprint, service, actor, arguments, state,
    outcome, reason, received_at, closed_at)
VALUES ($1, $2, $3, '', 'reversal', $4, '{}', 'closed', 'reversed', $5, $6, $6)
ON CONFLICT (channel, idempotency_key) DO NOTHING
RETURNING id
"""


async def reverse_request(exchange: Exchange, channel: Channel, original_key: str, actor: Actor) -> ServiceReply:
    """Undo the request under `original_key`.

    `reversed` once that is durable (or nothing had been done), `declined` for an original that nobody has seen,
    `in_doubt` while the original is being worked on.
    """
    stored = await exchange.journal.stored(channel, original_key)
    if stored is None:
        return await _take_key(exchange, channel, original_key, actor)
    if stored.reason == Reason.ORIGINAL_UNKNOWN:
        return ServiceReply(stored.id, Outcome.DECLINED, Reason.ORIGINAL_UNKNOWN)
    if stored.outcome is None:
        return ServiceReply(stored.id, Outcome.IN_DOUBT, Reason.IN_PROGRESS)
    if Outcome(stored.outcome) in _MAY_HAVE_MOVED_MONEY:
        service, plan, run, present = await load(exchange, stored.id)
        if present not in _MAY_HAVE_MOVED_MONEY:  # another reversal was faster
            return ServiceReply(stored.id, Outcome.REVERSED)
        if not await _reverse(exchange, service, plan, run, present):
            return ServiceReply(stored.id, Outcome.IN_DOUBT, Reason.IN_PROGRESS)
    return ServiceReply(stored.id, Outcome.REVERSED)


async def _take_key(exchange: Exchange, channel: Channel, key: str, actor: Actor) -> ServiceReply:
    at, reason = exchange.clock(), Reason.ORIGINAL_UNKNOWN
    taken = await exchange.pool.fetchval(_TAKE_KEY, uuid7(), channel, key, str(actor), reason, at)
    if taken is None:  # the original came at this very moment
        return ServiceReply(uuid7(), Outcome.IN_DOUBT, Reason.IN_PROGRESS)
    return ServiceReply(taken, Outcome.DECLINED, reason)


async def _reverse(exchange: Exchange, service: Service, plan: Plan, run: LegRun, present: Outcome | None) -> bool:
    """Put the reversal on record, then carry it out as far as the systems answer. False when another was faster."""
    for each in run.progress:
        if each.state in _TO_BE_UNDONE:
            each.state = LegState.REVERSING
    marked = Closing(
        request=run.request,
        kind=service.kind,
        outcome=Outcome.REVERSED,
        reason=None,
        result={},
        entries=[_given_back(entry) for entry in plan.entries],
        at=exchange.clock(),
        legs=run.standings(),
        from_outcome=present,
    )
    if not await exchange.journal.close(marked):
        return False
    await run.back_out()
    await exchange.conclude(service, plan, run, Outcome.REVERSED)
    return True


def _given_back(entry: Entry) -> Entry:
    return dataclasses.replace(entry, amount=-entry.amount if entry.amount is not None else None)
