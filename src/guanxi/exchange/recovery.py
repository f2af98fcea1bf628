"""What was left open is taken up: after a kill, after a silence, after a promise to confirm.

Whoever takes a request up leases its due legs first, so that two gateways never work on the same one. What has been
answered to nobody is undone at terminals, and elsewhere while it is fresh it is carried through: every call is
idempotent by its leg, so sending again is asking again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from guanxi.exchange.breaks import carry_out_decisions, contradiction, hand_over_overdue, keep_breaks
from guanxi.exchange.errors import ExchangeBusy
from guanxi.exchange.legs import AT_TERMINALS, LegProgress, LegRun
from guanxi.exchange.states import LegState
from guanxi.kernel.vocabulary import Channel, Outcome, Reason
from guanxi.services.request import Actor, Leg, LegReply, ServiceRequest
from guanxi.services.service import Plan, Service

if TYPE_CHECKING:
    from guanxi.exchange.process import Exchange

CARRIED_THROUGH: Final = dt.timedelta(minutes=2)  # younger than this, an unanswered request is still wanted
_AT_ONCE: Final = 50
# Whether something stands at the business system when a leg has ended so; of one that is open nothing is certain yet.
_STANDS: Final = {LegState.CONFIRMED: True, LegState.FAILED: False, LegState.REVERSED: False}

_log = logging.getLogger(__name__)

_CLAIM: Final = """
UPDATE exchange_journalleg SET next_attempt_at = $2, attempts = least(attempts + 1, 32000)
WHERE id IN (
    SELECT id FROM exchange_journalleg
    WHERE state IN ('sent', 'pending', 'reversing', 'in_doubt') AND next_attempt_at <= $1
    ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING request_id
"""
_CLAIM_CHANGES: Final = """
SELECT r.id FROM exchange_journalrequest r
WHERE r.state <> 'closed' AND r.received_at <= $1
  AND NOT EXISTS (SELECT FROM exchange_journalleg l WHERE l.request_id = r.id)
ORDER BY r.received_at LIMIT $2
"""
_REQUEST: Final = """
SELECT id, channel, idempotency_key, service, actor, party_id, arguments, received_at, outcome
FROM exchange_journalrequest WHERE id = $1
"""
_LEGS: Final = """
SELECT id, system, operation, content, undo, state, reason, reference, attempts, endpoint FROM exchange_journalleg
WHERE request_id = $1 ORDER BY position
"""
_OF_LEG: Final = "SELECT request_id FROM exchange_journalleg WHERE id = $1"


Work = tuple[uuid.UUID, Callable[["Exchange", uuid.UUID], Awaitable[None]]]


async def recover_due(exchange: Exchange) -> int:
    """Take up what is due now, side by side, and wait for all of it; how many requests were worked on."""
    due = await claim_due(exchange, _AT_ONCE)
    return sum(await asyncio.gather(*(take_up(exchange, request_id, work) for request_id, work in due)))


async def claim_due(exchange: Exchange, most: int) -> list[Work]:
    """Lease what is due now, `most` of it; what is to be done about each request."""
    await hand_over_overdue(exchange.pool, exchange.clock())
    await carry_out_decisions(exchange)
    at = exchange.clock()
    claimed = await exchange.pool.fetch(_CLAIM, at, at + exchange.patience.lease, most)
    bare = await exchange.pool.fetch(_CLAIM_CHANGES, at - exchange.patience.lease, most)
    due: list[Work] = [(request_id, _take_up) for request_id in {row["request_id"] for row in claimed}]
    return due + [(row["id"], _finish_change) for row in bare]


async def take_up(
    exchange: Exchange, request_id: uuid.UUID, work: Callable[[Exchange, uuid.UUID], Awaitable[None]]
) -> bool:
    """Whether `work` got through: one request that cannot be worked on must not keep the others waiting."""
    try:
        await work(exchange, request_id)
    except Exception:  # noqa: BLE001 - whatever it is, it is this request's own
        _log.exception("Request %s cannot be taken up now", request_id)
        return False
    return True


async def settle_leg(exchange: Exchange, leg_id: uuid.UUID, reply: LegReply) -> None:
    """Apply what a peer says late of a pending leg, and go on with the request.

    `ExchangeBusy` while the request has not been answered yet: the peer says it again in a moment.
    """
    row = await exchange.pool.fetchrow(_OF_LEG, leg_id)
    if row is None:
        _log.warning("A late answer came for leg %s, which is not ours", leg_id)
        return
    service, plan, run, present = await load(exchange, row["request_id"])
    leg = next(each for each in run.progress if each.leg.id == leg_id)
    if present is None or leg.state is LegState.SENT:
        raise ExchangeBusy  # the peer was faster than our own reply; it will say so again
    if leg.state is not LegState.PENDING:
        await _compare(exchange, leg, reply)
        return
    run.take(leg, reply)
    await run.go()
    await exchange.conclude(service, plan, run, present)


async def _compare(exchange: Exchange, leg: LegProgress, late: LegReply) -> None:
    """A late answer to a leg that has ended: the same again changes nothing, another one is a matter for a person."""
    stands = _STANDS.get(leg.state)
    same_reference = not (late.reference and leg.reply.reference) or late.reference == leg.reply.reference
    if stands is None or (stands == (late.state == "confirmed") and (same_reference or not stands)):
        return
    _log.error("%s says %s of leg %s, which is %s", leg.leg.system, late.state, leg.leg.id, leg.state)
    found = contradiction(leg.leg, leg.state, leg.reply.reference, late)
    await keep_breaks(exchange.pool, [found], exchange.clock())


async def _take_up(exchange: Exchange, request_id: uuid.UUID) -> None:
    service, plan, run, present = await load(exchange, request_id)
    if present is None:
        await _unanswered(exchange, run)
    else:
        await _answered(exchange, run)
    await exchange.conclude(service, plan, run, present)


async def _unanswered(exchange: Exchange, run: LegRun) -> None:
    """Nobody was told anything: carry it through while it is fresh, take it back otherwise."""
    age = exchange.clock() - run.request.received_at
    if run.request.channel in AT_TERMINALS or age > CARRIED_THROUGH + exchange.patience.lease:
        await run.back_out()
    else:
        await run.go()


async def _answered(exchange: Exchange, run: LegRun) -> None:
    """The customer was told pending, in doubt or no: ask, then go on or keep undoing."""
    for each in run.progress:
        if each.state in {LegState.PENDING, LegState.IN_DOUBT}:
            reply = await exchange.systems.enquire(each.leg, run.request)
            if reply.state != "unknown":
                run.take(each, reply)
    if any(each.state is LegState.REVERSING for each in run.progress):
        await run.back_out()
    elif not any(each.state is LegState.IN_DOUBT for each in run.progress):
        await run.go()


async def _finish_change(exchange: Exchange, request_id: uuid.UUID) -> None:
    """A change of our own record that was journalled and never made: it was promised to nobody, so it is refused."""
    service, plan, run, present = await load(exchange, request_id)
    if present is None:
        await exchange.refuse(service, plan, run.request, Reason.SYSTEM_UNAVAILABLE)


async def load(exchange: Exchange, request_id: uuid.UUID) -> tuple[Service, Plan, LegRun, Outcome | None]:
    """The request as the journal has it, planned again, with its legs where they stand."""
    async with exchange.pool.acquire() as connection:
        row = await connection.fetchrow(_REQUEST, request_id)
        legs = await connection.fetch(_LEGS, request_id)
    service = exchange.services[row["service"]]
    request = _request(row, service)
    plan = service.plan(request, await exchange.lookup.find(service.names(request)))
    run = exchange.run_of(request, [_progress(leg) for leg in legs])
    return service, plan, run, Outcome(row["outcome"]) if row["outcome"] else None


def _request(row: asyncpg.Record, service: Service) -> ServiceRequest:
    kind, _, name = row["actor"].partition(":")
    arguments: Mapping[str, Any] = json.loads(row["arguments"])
    actor = msgspec.convert(
        {"kind": kind, "name": name, "party_id": name if kind == "party" else row["party_id"]}, Actor
    )
    return ServiceRequest(
        id=row["id"],
        channel=Channel(row["channel"]),
        service=row["service"],
        idempotency_key=row["idempotency_key"],
        actor=actor,
        arguments=msgspec.convert(arguments, service.arguments, strict=False),
        received_at=row["received_at"],
    )


def _progress(row: asyncpg.Record) -> LegProgress:
    state = LegState(row["state"])
    reason = Reason(row["reason"]) if row["reason"] else None
    said = {LegState.CONFIRMED: "confirmed", LegState.PENDING: "pending", LegState.FAILED: "failed"}.get(
        state, "unknown"
    )
    reply = msgspec.convert({"state": said, "reason": reason, "reference": row["reference"]}, LegReply)
    content, endpoint = json.loads(row["content"]), row["endpoint"] or ""
    leg = Leg(row["id"], row["system"], row["operation"], content, row["undo"], endpoint)
    return LegProgress(leg, state, reply, attempts=row["attempts"], left=state is not LegState.PLANNED)
