"""A bundle completes wholly or is wholly undone, whatever each of its legs meets and wherever it stops."""

from __future__ import annotations

import asyncio
import uuid
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.exchange.conftest import OWNER, ask, leg_states, small_exchange
from tests.peers.scripted_rest_system import Manner, ScriptedRestSystem

from guanxi.exchange.process import Exchange
from guanxi.kernel.vocabulary import Outcome
from guanxi.services.catalogue.bill_payment import BillPayment
from guanxi.services.catalogue.loan_payout_with_insurance import LoanPayout
from guanxi.services.catalogue.open_package import OpenPackage
from guanxi.services.catalogue.transfer_across_systems import TransferAcrossSystems
from guanxi.services.request import LegReply

BUNDLES: dict[str, tuple[msgspec.Struct, int]] = {
    "transfer_across_systems": (TransferAcrossSystems("SV0001", "IN0001", Decimal(10), "CNY"), 2),
    "open_package": (OpenPackage("CNY", "electricity", "0001", Decimal(500)), 3),
    "loan_payout_with_insurance": (
        LoanPayout("LN0001", "SV0001", Decimal(1000), Decimal(12), "CNY", "PPI-1"),
        4,
    ),
    "bill_payment": (BillPayment("SV0001", "electricity", "0001", Decimal(88), "CNY"), 3),
}
CONFIRMED_LATE = {"pay_premium", "pay_bill"}
ENDED = {"confirmed", "failed", "reversed", "dropped"}
FATES = st.sampled_from(["post", "refuse", "lose_reply", "lose_request", "unavailable"])


@pytest.fixture(scope="module")
def bank_url(bank_url: str) -> str:
    """The bank has a loan as well."""
    import psycopg

    loan = uuid.UUID(int=0xC4)
    with psycopg.connect(bank_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on,"
            " ledger_balance, available_balance) VALUES (%s, 'LN0001', 'loans', 'consumer_loan', 'CNY', 'open', '',"
            " '2020-01-01', 0, 100000)",
            [loan],
        )
        connection.execute(
            "INSERT INTO parties_accountholder (account_id, party_id, role) VALUES (%s, %s, 'owner')", [loan, OWNER]
        )
    return bank_url


@pytest.mark.parametrize("service", BUNDLES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_all_or_nothing_whatever_each_leg_meets(data: st.DataObject, service: str, bank_url: str) -> None:
    """Each leg is done, refused, lost on its way there or back, or its system is away; questions go unanswered too."""
    _, legs = BUNDLES[service]
    fates = data.draw(st.lists(FATES, min_size=legs, max_size=legs))
    answers_questions = data.draw(st.booleans())
    confirms = data.draw(st.booleans())
    asyncio.run(_all_or_nothing(bank_url, service, fates, confirms=confirms, answers_questions=answers_questions))


async def _all_or_nothing(
    bank_url: str, service: str, fates: list[Manner], *, confirms: bool, answers_questions: bool
) -> None:
    async with small_exchange(bank_url) as (exchange, pool, peer, clock):
        arguments, _ = BUNDLES[service]
        request = ask(service, arguments)
        place = {str(uuid.UUID(int=request.id.int ^ (number + 1))): number for number in range(len(fates))}
        peer.manner = lambda operation: _manner(operation, fates[place[operation["id"]]])
        peer.answers_questions = answers_questions
        await exchange.handle(request)
        peer.answers_questions = True
        peer.manner = lambda operation: _manner(operation, "post")
        _let_partners_end(peer, confirms=confirms)
        for _ in range(12):
            clock.pass_by(minutes=6)
            await exchange.recover()
            _let_partners_end(peer, confirms=confirms)
        states = await leg_states(pool, request.id)
        standing = [kept["status"] in {"posted", "confirmed"} for kept in peer.operations.values()]
        outcome = await pool.fetchval("SELECT outcome FROM exchange_journalrequest WHERE id = $1", request.id)
        assert set(states) <= ENDED
        if outcome == "completed":
            assert set(states) == {"confirmed"}
            assert standing == [True] * len(states)
        else:
            assert outcome in {"declined", "failed"}
            assert not any(standing)
            assert "confirmed" not in states


def _manner(operation: dict[str, Any], fate: Manner) -> Manner:
    return "accept" if fate == "post" and operation["operation"] in CONFIRMED_LATE else fate


def _let_partners_end(peer: ScriptedRestSystem, *, confirms: bool) -> None:
    for kept in peer.operations.values():
        if kept["operation"] in CONFIRMED_LATE and kept["status"] == "accepted":
            kept["status"] = "confirmed" if confirms else "rejected"


async def test_the_account_of_a_package_is_on_our_own_record_with_the_reply(
    exchange: Exchange, pool: asyncpg.Pool
) -> None:
    reply = await exchange.handle(ask("open_package", BUNDLES["open_package"][0]))
    assert reply.outcome is Outcome.COMPLETED
    owner = await pool.fetchval(
        "SELECT h.party_id FROM parties_account a JOIN parties_accountholder h ON h.account_id = a.id"
        " WHERE a.number = $1 AND a.status = 'open'",
        reply.result["account"],
    )
    assert owner == OWNER


async def test_nothing_of_a_package_that_was_refused_is_on_our_own_record(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem
) -> None:
    peer.manner = lambda operation: "refuse" if operation["operation"] == "register_mandate" else "post"
    reply = await exchange.handle(ask("open_package", BUNDLES["open_package"][0]))
    assert reply.outcome is Outcome.DECLINED
    assert await leg_states(pool, reply.request_id) == ["reversed", "reversed", "failed"]
    assert peer.undone_by == ["cancel_card", "close_account"]
    number = reply.result["account"]
    assert await pool.fetchval("SELECT count(*) FROM parties_account WHERE number = $1", number) == 0


async def test_a_loan_is_paid_out_when_the_insurer_has_confirmed(
    exchange: Exchange, pool: asyncpg.Pool, peer: ScriptedRestSystem
) -> None:
    peer.manner = lambda operation: _manner(operation, "post")
    reply = await exchange.handle(ask("loan_payout_with_insurance", BUNDLES["loan_payout_with_insurance"][0]))
    assert reply.outcome is Outcome.PENDING
    assert await leg_states(pool, reply.request_id) == ["confirmed", "confirmed", "pending", "planned"]
    premium = await pool.fetchval(
        "SELECT id FROM exchange_journalleg WHERE request_id = $1 AND position = 2", reply.request_id
    )
    await exchange.settle(premium, LegReply("confirmed"))
    assert await leg_states(pool, reply.request_id) == ["confirmed"] * 4
