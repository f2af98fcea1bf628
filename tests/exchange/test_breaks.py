"""What nobody can bring to an end, and what a peer contradicts, is put before people; what they decide is done."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.conftest import Clock, ask, leg_states
from tests.peers.scripted_rest_system import ScriptedRestSystem

from guanxi.exchange.legs import Patience
from guanxi.exchange.process import Exchange
from guanxi.kernel.vocabulary import Outcome, Reason
from guanxi.services.catalogue.bill_payment import BillPayment
from guanxi.services.catalogue.internal_transfer import InternalTransfer
from guanxi.services.request import LegReply, ServiceReply

WITHIN = InternalTransfer("SV0001", "SV0002", Decimal(10), "CNY")
BILL = BillPayment("SV0001", "electricity", "0001", Decimal(88), "CNY")
CONFIRMED, REFUSED = LegReply("confirmed"), LegReply("failed", Reason.REFUSED_BY_SYSTEM)


async def breaks(pool: asyncpg.Pool, request_id: uuid.UUID) -> list[tuple[str, str]]:
    """Kind and state of a request's breaks."""
    rows = await pool.fetch("SELECT kind, state FROM exchange_break WHERE request_id = $1", request_id)
    return [(row["kind"], row["state"]) for row in rows]


async def leg(pool: asyncpg.Pool, request_id: uuid.UUID, position: int = 0) -> Any:
    """One leg of a request."""
    return await pool.fetchrow(
        "SELECT * FROM exchange_journalleg WHERE request_id = $1 AND position = $2", request_id, position
    )


async def decide(pool: asyncpg.Pool, request_id: uuid.UUID, decision: str) -> None:
    """What the office puts on record."""
    await pool.execute(
        "UPDATE exchange_break SET state = 'decided', decision = $2, decided_by = 'supervisor', decided_at = now()"
        " WHERE request_id = $1",
        request_id,
        decision,
    )


async def in_doubt(exchange: Exchange, peer: ScriptedRestSystem) -> ServiceReply:
    """A transfer after which the savings system has fallen silent."""
    peer.manner, peer.answers_questions = lambda _operation: "lose_reply", False
    reply = await exchange.handle(ask("internal_transfer", WITHIN))
    assert reply.outcome is Outcome.IN_DOUBT
    return reply


async def bill_paid(exchange: Exchange, pool: asyncpg.Pool) -> ServiceReply:
    """A bill whose biller has confirmed."""
    reply = await exchange.handle(ask("bill_payment", BILL))
    await exchange.settle((await leg(pool, reply.request_id, 1))["id"], CONFIRMED)
    assert await leg_states(pool, reply.request_id) == ["confirmed"] * 3
    return reply


async def test_what_is_in_doubt_has_an_owner_and_a_deadline_and_loses_both_when_it_ends(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock
) -> None:
    reply = await in_doubt(exchange, peer)
    found = await leg(pool, reply.request_id)
    assert found["owner"] == "recovery"
    assert dt.timedelta(minutes=29) < found["deadline"] - clock() < dt.timedelta(minutes=31)
    peer.answers_questions = True
    clock.pass_by(seconds=60)
    await exchange.recover()
    found = await leg(pool, reply.request_id)
    assert (found["owner"], found["deadline"]) == (None, None)


async def test_attempts_grow_rarer_and_the_deadline_stays(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock
) -> None:
    reply = await in_doubt(exchange, peer)
    deadline, waits = (await leg(pool, reply.request_id))["deadline"], []
    for _ in range(6):
        clock.pass_by(minutes=3)
        await exchange.recover()
        found = await leg(pool, reply.request_id)
        waits.append((found["next_attempt_at"] - clock()).total_seconds())
    assert found["deadline"] == deadline
    assert waits[-1] > 4 * waits[0]
    peer.answers_questions = True


@given(st.uuids(), st.integers(1, 40))
def test_waits_double_up_to_a_bound_with_half_of_them_left_to_chance(leg_id: uuid.UUID, attempts: int) -> None:
    patience = Patience()
    whole = min(patience.again * 2 ** (attempts - 1), patience.longest)
    assert whole / 2 <= patience.before_attempt(attempts, leg_id) <= whole


async def test_what_is_open_beyond_its_deadline_is_put_before_people_once_and_tried_on(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock
) -> None:
    reply = await in_doubt(exchange, peer)
    for _ in range(2):
        clock.pass_by(minutes=40)
        await exchange.recover()
    assert await breaks(pool, reply.request_id) == [("overdue", "open")]
    assert (await leg(pool, reply.request_id))["owner"] == "people"
    peer.answers_questions = True
    clock.pass_by(minutes=40)
    await exchange.recover()
    assert await leg_states(pool, reply.request_id) == ["confirmed"]


@pytest.mark.parametrize("answer", [CONFIRMED, LegReply("confirmed", reference="another")])
async def test_a_late_answer_that_says_the_same_changes_nothing(
    exchange: Exchange, pool: asyncpg.Pool, answer: LegReply
) -> None:
    reply = await bill_paid(exchange, pool)
    await exchange.settle((await leg(pool, reply.request_id, 1))["id"], CONFIRMED)
    assert await breaks(pool, reply.request_id) == []
    if answer.reference:
        await pool.execute(
            "UPDATE exchange_journalleg SET reference = 'IM1' WHERE request_id = $1 AND position = 1", reply.request_id
        )
        await exchange.settle((await leg(pool, reply.request_id, 1))["id"], answer)
        assert await breaks(pool, reply.request_id) == [("contradictory", "open")]


async def test_refused_after_it_was_confirmed_is_a_matter_for_people(exchange: Exchange, pool: asyncpg.Pool) -> None:
    reply = await bill_paid(exchange, pool)
    for _ in range(2):
        await exchange.settle((await leg(pool, reply.request_id, 1))["id"], REFUSED)
    assert await leg_states(pool, reply.request_id) == ["confirmed"] * 3
    assert await breaks(pool, reply.request_id) == [("contradictory", "open")]


async def test_confirmed_after_it_was_refused_is_a_matter_for_people(exchange: Exchange, pool: asyncpg.Pool) -> None:
    reply = await exchange.handle(ask("bill_payment", BILL))
    for answer in (REFUSED, CONFIRMED):
        await exchange.settle((await leg(pool, reply.request_id, 1))["id"], answer)
    assert await leg_states(pool, reply.request_id) == ["reversed", "failed", "dropped"]
    assert await breaks(pool, reply.request_id) == [("contradictory", "open")]


async def test_a_request_that_people_have_reversed_is_reversed_wholly(exchange: Exchange, pool: asyncpg.Pool) -> None:
    reply = await exchange.handle(ask("internal_transfer", WITHIN))
    await exchange.settle((await leg(pool, reply.request_id))["id"], REFUSED)
    await decide(pool, reply.request_id, "reverse")
    await exchange.recover()
    assert await leg_states(pool, reply.request_id) == ["reversed"]
    assert await breaks(pool, reply.request_id) == [("contradictory", "closed")]
    notes = await pool.fetch(
        "SELECT n.text FROM exchange_breaknote n JOIN exchange_break b ON b.id = n.matter_id WHERE b.request_id = $1",
        reply.request_id,
    )
    assert [row["text"] for row in notes] == ["The whole request is reversed."]


@pytest.mark.parametrize(("decision", "state"), [("write_off", "resolved"), ("accept", "in_doubt")])
async def test_what_people_write_off_is_resolved(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock, decision: str, state: str
) -> None:
    reply = await in_doubt(exchange, peer)
    clock.pass_by(minutes=40)
    await exchange.recover()
    await decide(pool, reply.request_id, decision)
    await exchange.recover()
    assert await leg_states(pool, reply.request_id) == [state]
    assert await breaks(pool, reply.request_id) == [("overdue", "closed")]
    peer.answers_questions = True


async def test_what_people_have_tried_again_is_recoverys_again(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock
) -> None:
    reply = await in_doubt(exchange, peer)
    clock.pass_by(minutes=40)
    await exchange.recover()
    await decide(pool, reply.request_id, "retry")
    peer.answers_questions = True
    await exchange.recover()
    assert await leg_states(pool, reply.request_id) == ["confirmed"]
    assert await breaks(pool, reply.request_id) == [("overdue", "closed")]
