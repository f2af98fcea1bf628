"""What cannot be kept is declined alone; what cannot be taken up does not stop recovery."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal

import asyncpg
from tests.exchange.conftest import OWNER, Clock, ask, leg_states
from tests.peers.scripted_rest_system import ScriptedRestSystem

from guanxi.exchange.journal import Intake, fingerprint
from guanxi.exchange.process import SERVICES, Exchange
from guanxi.exchange.recovery import load
from guanxi.exchange.states import LegState
from guanxi.kernel.vocabulary import Outcome, Reason
from guanxi.services.catalogue.accounts import Accounts
from guanxi.services.catalogue.internal_transfer import InternalTransfer
from guanxi.services.catalogue.submit_complaint import SubmitComplaint
from guanxi.services.request import ServiceRequest


async def taken_in(exchange: Exchange, service: str, arguments: object, **given: object) -> ServiceRequest:
    """A request that a gateway took in and was killed over before it sent anything."""
    request = ask(service, arguments, **given)
    known = await exchange.lookup.find(SERVICES[service].names(request))
    plan = SERVICES[service].plan(request, known)
    intake = Intake(request, fingerprint(request), plan.entries, plan.legs, exchange.clock() - dt.timedelta(seconds=1))
    assert await exchange.journal.take_in(intake)
    return request


async def test_a_text_that_cannot_be_kept_is_declined_and_the_others_of_its_batch_are_kept(
    local_exchange: Exchange, pool: asyncpg.Pool
) -> None:
    keys = ["fine-1", "not\x00fine", "fine-2"]
    replies = await asyncio.gather(*(local_exchange.handle(ask("accounts", Accounts(), key=key)) for key in keys))
    assert [reply.reason for reply in replies] == [None, Reason.INVALID_REQUEST, None]
    kept = await pool.fetchval("SELECT count(*) FROM exchange_journalrequest WHERE idempotency_key LIKE 'fine-%'")
    assert kept == 2


async def test_an_arguments_text_that_cannot_be_kept_moves_nothing(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem
) -> None:
    transfer = InternalTransfer("SV0001", "SV0002", Decimal(1), "CNY", "a\x00b")
    reply = await exchange.handle(ask("internal_transfer", transfer))
    assert (reply.outcome, reply.reason) == (Outcome.DECLINED, Reason.INVALID_REQUEST)
    assert peer.arrivals == []
    assert await leg_states(pool, reply.request_id) == []


async def test_one_request_that_cannot_be_taken_up_does_not_stop_the_others(
    exchange: Exchange, pool: asyncpg.Pool, clock: Clock
) -> None:
    transfer = InternalTransfer("SV0001", "SV0002", Decimal(1), "CNY")
    broken, sound = [await taken_in(exchange, "internal_transfer", transfer) for _ in range(2)]
    await pool.execute("UPDATE exchange_journalrequest SET arguments = '{\"gone\": 1}' WHERE id = $1", broken.id)
    await exchange.recover()
    assert await leg_states(pool, sound.id) == ["confirmed"]
    assert await leg_states(pool, broken.id) == ["sent"]
    await pool.execute(
        "UPDATE exchange_journalrequest SET arguments = (SELECT arguments FROM exchange_journalrequest WHERE id = $2)"
        " WHERE id = $1",
        broken.id,
        sound.id,
    )
    clock.pass_by(seconds=31)
    await exchange.recover()
    assert await leg_states(pool, broken.id) == ["confirmed"]


async def test_an_old_request_that_nobody_was_answered_is_taken_back(
    exchange: Exchange, pool: asyncpg.Pool, clock: Clock
) -> None:
    request = await taken_in(exchange, "internal_transfer", InternalTransfer("SV0001", "SV0002", Decimal(1), "CNY"))
    clock.pass_by(hours=1)
    await exchange.recover()
    assert await leg_states(pool, request.id) == ["reversed"]
    repeat = await exchange.handle(ask("internal_transfer", request.arguments, key=request.idempotency_key))
    assert (repeat.outcome, repeat.replayed) == (Outcome.FAILED, True)


async def test_a_change_that_was_taken_in_and_never_made_is_closed(
    exchange: Exchange, pool: asyncpg.Pool, clock: Clock
) -> None:
    request = await taken_in(exchange, "submit_complaint", SubmitComplaint("Lost in the kill", "..."))
    clock.pass_by(seconds=31)
    await exchange.recover()
    outcome = await pool.fetchval("SELECT outcome FROM exchange_journalrequest WHERE id = $1", request.id)
    assert outcome == "failed"
    assert await pool.fetchval("SELECT count(*) FROM interactions_case WHERE request_id = $1", request.id) == 0
    shown = await pool.fetch("SELECT party_id, outcome FROM interactions_interaction WHERE request_id = $1", request.id)
    assert [(row["party_id"], row["outcome"]) for row in shown] == [(OWNER, "failed")]


async def test_two_gateways_do_not_take_up_the_same_request(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem
) -> None:
    other = Exchange(pool, exchange.directory, clock=exchange.clock)
    transfer = InternalTransfer("SV0001", "SV0002", Decimal(1), "CNY")
    requests = [await taken_in(exchange, "internal_transfer", transfer) for _ in range(20)]
    assert sum(await asyncio.gather(exchange.recover(), other.recover())) == len(requests)
    assert len(peer.arrivals) == len(requests)


async def test_entries_are_announced_once_they_are_committed(local_exchange: Exchange, pool: asyncpg.Pool) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with pool.acquire() as connection:

        def hear(_connection: object, _process: int, _name: str, payload: str) -> None:
            heard.put_nowait(payload)

        await connection.add_listener("interactions", hear)
        await local_exchange.handle(ask("accounts", Accounts()))
        assert str(OWNER) in await asyncio.wait_for(heard.get(), 5)
        await connection.remove_listener("interactions", hear)


async def test_a_gateway_that_slept_sends_no_further_leg_of_a_request_that_was_given_up(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock
) -> None:
    request = await taken_in(exchange, "internal_transfer", InternalTransfer("SV0001", "IN0001", Decimal(1), "CNY"))
    _, _, sleeper, _ = await load(exchange, request.id)
    sleeper.progress[0].state = LegState.CONFIRMED  # the debit was done when it fell asleep
    clock.pass_by(hours=1)
    await exchange.recover()
    assert await leg_states(pool, request.id) == ["reversed", "dropped"]
    await sleeper.go()
    assert peer.standing("credit") == []
    assert await leg_states(pool, request.id) == ["reversed", "dropped"]
