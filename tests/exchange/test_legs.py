"""Money that moves over business systems: every way a leg can go, and what journal, timeline and customer are told."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import asyncpg
import pytest
from tests.exchange.conftest import CARD_HASH, OWNER, STRANGER, Clock, ask, leg_states, timeline
from tests.peers.scripted_rest_system import ScriptedRestSystem

from guanxi.exchange.errors import ExchangeBusy
from guanxi.exchange.journal import Intake, fingerprint
from guanxi.exchange.process import SERVICES, Exchange
from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Channel, Outcome, Reason
from guanxi.services.catalogue.balance import Balance
from guanxi.services.catalogue.bill_payment import BillPayment
from guanxi.services.catalogue.cash_withdrawal import CashWithdrawal
from guanxi.services.catalogue.internal_transfer import InternalTransfer
from guanxi.services.request import Actor, LegReply, ServiceRequest
from guanxi.services.service import Names

WITHIN = InternalTransfer("SV0001", "SV0002", Decimal(10), "CNY", "lunch")
ACROSS = InternalTransfer("SV0001", "IN0001", Decimal(10), "CNY")
BILL = BillPayment("SV0001", "electricity", "0001", Decimal(88), "CNY")


def at_machine() -> ServiceRequest:
    withdrawal = CashWithdrawal(CARD_HASH, Decimal(100), "CNY", "Nanjing Road")
    return ask("cash_withdrawal", withdrawal, actor=Actor("terminal", "ATM00001"), channel=Channel.ATM)


async def test_a_transfer_stands_on_both_timelines(exchange: Exchange, pool: asyncpg.Pool) -> None:
    reply = await exchange.handle(ask("internal_transfer", WITHIN))
    assert reply.outcome is Outcome.COMPLETED
    assert (reply.result["ledger_balance"], reply.result["reference"][:2]) == ("900.00", "SV")
    shown = await timeline(pool, reply.request_id)
    assert sorted(shown) == sorted([(OWNER, "completed", "-10.00"), (STRANGER, "completed", "10.00")])


async def test_across_systems_it_is_two_legs(exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem) -> None:
    reply = await exchange.handle(ask("internal_transfer", ACROSS))
    assert reply.outcome is Outcome.COMPLETED
    assert await leg_states(pool, reply.request_id) == ["confirmed", "confirmed"]
    assert (peer.standing("debit"), peer.standing("credit")) == (["posted"], ["posted"])


async def test_a_refused_credit_undoes_the_debit(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem
) -> None:
    peer.manner = lambda operation: "refuse" if operation["operation"] == "credit" else "post"
    reply = await exchange.handle(ask("internal_transfer", ACROSS))
    assert (reply.outcome, reply.reason) == (Outcome.DECLINED, Reason.INSUFFICIENT_FUNDS)
    assert await leg_states(pool, reply.request_id) == ["reversed", "failed"]
    assert peer.standing("debit") == ["reversed"]
    assert await timeline(pool, reply.request_id) == [(OWNER, "declined", "-10.00")]


async def test_a_refused_first_leg_drops_the_second(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem
) -> None:
    peer.manner = lambda _operation: "refuse"
    reply = await exchange.handle(ask("internal_transfer", ACROSS))
    assert await leg_states(pool, reply.request_id) == ["failed", "dropped"]
    assert peer.standing("credit") == []


async def test_a_lost_reply_is_asked_after(exchange: Exchange, peer: ScriptedRestSystem) -> None:
    peer.manner = lambda _operation: "lose_reply"
    reply = await exchange.handle(ask("internal_transfer", WITHIN))
    assert reply.outcome is Outcome.COMPLETED
    assert len(peer.arrivals) == 1


async def test_a_lost_request_fails_and_can_never_arrive(exchange: Exchange, peer: ScriptedRestSystem) -> None:
    peer.manner = lambda _operation: "lose_request"
    reply = await exchange.handle(ask("internal_transfer", WITHIN))
    assert (reply.outcome, reply.reason) == (Outcome.FAILED, Reason.SYSTEM_TIMEOUT)
    assert peer.operations[peer.arrivals[0]]["status"] == "reversed"  # known there, and refused from now on


async def test_a_system_that_says_not_now_has_done_nothing(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem
) -> None:
    peer.manner = lambda _operation: "unavailable"
    reply = await exchange.handle(ask("internal_transfer", WITHIN))
    assert (reply.outcome, reply.reason) == (Outcome.FAILED, Reason.SYSTEM_UNAVAILABLE)
    assert await leg_states(pool, reply.request_id) == ["failed"]


async def test_silence_leaves_a_transfer_in_doubt_until_recovery_has_asked(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock
) -> None:
    peer.manner, peer.answers_questions = lambda _operation: "lose_reply", False
    request = ask("internal_transfer", WITHIN)
    reply = await exchange.handle(request)
    assert (reply.outcome, await leg_states(pool, request.id)) == (Outcome.IN_DOUBT, ["in_doubt"])
    peer.answers_questions = True
    clock.pass_by(seconds=6)
    assert await exchange.recover() == 1
    assert await leg_states(pool, request.id) == ["confirmed"]
    shown = await timeline(pool, request.id)
    assert shown[0] == (OWNER, "in_doubt", "-10.00")
    assert sorted(shown[1:]) == sorted([(OWNER, "completed", "-10.00"), (STRANGER, "completed", "10.00")])
    again = await exchange.handle(ask("internal_transfer", WITHIN, key=request.idempotency_key))
    assert (again.outcome, again.replayed) == (Outcome.COMPLETED, True)


async def test_at_a_machine_silence_is_a_no_and_reversed_until_the_system_agrees(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock
) -> None:
    peer.manner, peer.answers_questions = lambda _operation: "lose_reply", False
    reply = await exchange.handle(at_machine())
    assert (reply.outcome, reply.reason) == (Outcome.FAILED, Reason.SYSTEM_TIMEOUT)
    assert await leg_states(pool, reply.request_id) == ["reversing"]
    clock.pass_by(seconds=6)
    await exchange.recover()
    assert await leg_states(pool, reply.request_id) == ["reversing"]
    peer.answers_questions = True
    clock.pass_by(seconds=6)
    await exchange.recover()
    assert await leg_states(pool, reply.request_id) == ["reversed"]
    assert peer.standing("withdraw") == ["reversed"]
    assert await timeline(pool, reply.request_id) == [(OWNER, "failed", "-100.00")]


async def test_a_confirmed_bill_takes_the_held_money(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem
) -> None:
    reply = await exchange.handle(ask("bill_payment", BILL))
    assert (reply.outcome, await leg_states(pool, reply.request_id)) == (
        Outcome.PENDING,
        ["confirmed", "pending", "planned"],
    )
    await settle(exchange, pool, reply.request_id, LegReply("confirmed"), times=3)
    assert await leg_states(pool, reply.request_id) == ["confirmed"] * 3
    assert (peer.standing("hold"), peer.standing("capture")) == (["posted"], ["posted"])
    assert await timeline(pool, reply.request_id) == [(OWNER, "pending", "-88.00"), (OWNER, "completed", "-88.00")]


async def test_a_rejected_bill_lets_the_held_money_go(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem
) -> None:
    reply = await exchange.handle(ask("bill_payment", BILL))
    await settle(exchange, pool, reply.request_id, LegReply("failed", Reason.REFUSED_BY_SYSTEM))
    assert await leg_states(pool, reply.request_id) == ["reversed", "failed", "dropped"]
    assert (peer.standing("hold"), peer.standing("capture")) == (["reversed"], [])
    assert [outcome for _, outcome, _ in await timeline(pool, reply.request_id)] == ["pending", "declined"]


async def test_a_confirmation_that_never_comes_is_asked_for(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock
) -> None:
    reply = await exchange.handle(ask("bill_payment", BILL))
    clock.pass_by(seconds=61)
    await exchange.recover()
    assert await leg_states(pool, reply.request_id) == ["confirmed", "pending", "planned"]
    for kept in peer.operations.values():
        kept["status"] = "confirmed" if kept["operation"] == "pay_bill" else kept["status"]
    clock.pass_by(seconds=300)
    await exchange.recover()
    assert await leg_states(pool, reply.request_id) == ["confirmed"] * 3


async def test_a_gateway_killed_while_it_settles_a_bill_is_continued(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock
) -> None:
    reply = await exchange.handle(ask("bill_payment", BILL))
    # As a killed gateway leaves it: the confirmation in memory only, the capture marked as sent and never sent.
    await pool.execute(
        "UPDATE exchange_journalleg SET state = 'sent', next_attempt_at = now() WHERE request_id = $1 AND position = 2",
        reply.request_id,
    )
    for kept in peer.operations.values():
        kept["status"] = "confirmed" if kept["operation"] == "pay_bill" else kept["status"]
    clock.pass_by(seconds=31)
    await exchange.recover()
    assert await leg_states(pool, reply.request_id) == ["confirmed"] * 3
    assert peer.standing("capture") == ["posted"]


async def test_a_confirmation_faster_than_our_reply_is_to_come_again(exchange: Exchange, pool: asyncpg.Pool) -> None:
    request = ask("bill_payment", BILL)
    plan = SERVICES["bill_payment"].plan(request, await exchange.lookup.find(Names(accounts=("SV0001",))))
    intake = Intake(request, fingerprint(request), plan.entries, plan.legs, exchange.clock())
    assert await exchange.journal.take_in(intake)
    with pytest.raises(ExchangeBusy):
        await settle(exchange, pool, request.id, LegReply("confirmed"))


async def test_a_confirmation_of_a_leg_that_is_not_ours_changes_nothing(exchange: Exchange) -> None:
    await exchange.settle(uuid7(), LegReply("confirmed"))


async def test_one_request_many_times_at_once_moves_money_once(
    exchange: Exchange, peer: ScriptedRestSystem, pool: asyncpg.Pool
) -> None:
    requests = [ask("internal_transfer", WITHIN, key="many-at-once") for _ in range(20)]
    replies = await asyncio.gather(*(exchange.handle(request) for request in requests))
    assert len(peer.arrivals) == 1
    done = [reply for reply in replies if reply.outcome is Outcome.COMPLETED]
    assert done
    assert len({reply.request_id for reply in done}) == 1
    assert {reply.reason for reply in replies if reply not in done} <= {Reason.IN_PROGRESS}
    assert len(await timeline(pool, done[0].request_id)) == 2


async def test_a_balance_asked_for_is_remembered_but_never_older_than_the_one_we_have(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock
) -> None:
    clock.pass_by(hours=1)  # later than whatever was told before
    peer.balance = "777.00"
    reply = await exchange.handle(ask("balance", Balance("SV0001")))
    assert reply.result["ledger_balance"] == "777.00"
    kept = "SELECT ledger_balance FROM parties_account WHERE number = 'SV0001'"
    assert await pool.fetchval(kept) == 777
    clock.pass_by(hours=-1)
    peer.balance = "1.00"
    await exchange.handle(ask("balance", Balance("SV0001")))
    assert await pool.fetchval(kept) == 777


@pytest.mark.parametrize("balance", ["1e30", "NaN", "much", None, {"a": 1}])
async def test_a_balance_that_is_none_spoils_nothing(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem, balance: object
) -> None:
    peer.balance = balance  # type: ignore[assignment]
    reply = await exchange.handle(ask("internal_transfer", WITHIN))
    assert (reply.outcome, await leg_states(pool, reply.request_id)) == (Outcome.COMPLETED, ["confirmed"])


async def settle(exchange: Exchange, pool: asyncpg.Pool, request_id: object, said: LegReply, times: int = 1) -> None:
    leg_id = await pool.fetchval(
        "SELECT id FROM exchange_journalleg WHERE request_id = $1 AND operation = 'pay_bill'", request_id
    )
    await asyncio.gather(*(exchange.settle(leg_id, said) for _ in range(times)))


async def test_many_reversals_at_once_give_the_money_back_once_on_the_timeline(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem
) -> None:
    request = at_machine()
    assert (await exchange.handle(request)).outcome is Outcome.COMPLETED
    actor = Actor("terminal", "ATM00001")
    reversals = (exchange.reverse(Channel.ATM, request.idempotency_key, actor) for _ in range(30))
    replies = await asyncio.gather(*reversals)
    assert {reply.outcome for reply in replies} <= {Outcome.REVERSED, Outcome.IN_DOUBT}
    assert await timeline(pool, request.id) == [(OWNER, "completed", "-100.00"), (OWNER, "reversed", "100.00")]
    assert peer.standing("withdraw")[-1] == "reversed"
