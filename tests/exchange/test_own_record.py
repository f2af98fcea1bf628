"""What needs no business system: inquiries and changes in our own record, once, durable, on the timeline."""

from __future__ import annotations

import asyncio
import uuid
from decimal import Decimal

import asyncpg
import pytest
from tests.exchange.conftest import CARD_HASH, OWNER, ask

from guanxi.exchange.process import Exchange
from guanxi.kernel.vocabulary import Channel, Outcome, Reason
from guanxi.services.catalogue.accounts import Accounts
from guanxi.services.catalogue.block_card import BlockCard
from guanxi.services.catalogue.cash_withdrawal import CashWithdrawal
from guanxi.services.catalogue.change_contact_details import ChangeContactDetails
from guanxi.services.catalogue.internal_transfer import InternalTransfer
from guanxi.services.catalogue.submit_complaint import SubmitComplaint
from guanxi.services.errors import ServiceUnknown
from guanxi.services.request import Actor


async def test_many_inquiries_at_once_each_get_their_answer_and_their_entry(
    local_exchange: Exchange, pool: asyncpg.Pool
) -> None:
    before = await pool.fetchval("SELECT count(*) FROM interactions_interaction WHERE service = 'accounts'")
    replies = await asyncio.gather(*(local_exchange.handle(ask("accounts", Accounts())) for _ in range(100)))
    assert {reply.outcome for reply in replies} == {Outcome.COMPLETED}
    assert [account["number"] for account in replies[0].result["accounts"]] == ["SV0001", "IN0001"]
    assert replies[0].result["cards"][0]["number"] == "622202******0001"
    after = await pool.fetchval("SELECT count(*) FROM interactions_interaction WHERE service = 'accounts'")
    assert after == before + 100


async def test_a_repeat_gets_the_stored_answer_and_changes_nothing(
    local_exchange: Exchange, pool: asyncpg.Pool
) -> None:
    arguments = SubmitComplaint(subject="Card retained", description="The machine kept my card.")
    first = await local_exchange.handle(ask("submit_complaint", arguments, key="complaint-1"))
    second = await local_exchange.handle(ask("submit_complaint", arguments, key="complaint-1"))
    assert (second.replayed, second.result, second.request_id) == (True, first.result, first.request_id)
    assert await pool.fetchval("SELECT count(*) FROM interactions_case WHERE subject = 'Card retained'") == 1


async def test_a_key_used_for_something_else_is_refused(local_exchange: Exchange, pool: asyncpg.Pool) -> None:
    await local_exchange.handle(ask("submit_complaint", SubmitComplaint(subject="A", description="a"), key="again"))
    reply = await local_exchange.handle(
        ask("submit_complaint", SubmitComplaint(subject="B", description="b"), key="again")
    )
    assert (reply.outcome, reply.reason) == (Outcome.DECLINED, Reason.DUPLICATE_REQUEST)
    assert await pool.fetchval("SELECT count(*) FROM interactions_case WHERE subject = 'B'") == 0


async def test_the_same_request_twice_at_once_has_one_effect(local_exchange: Exchange, pool: asyncpg.Pool) -> None:
    arguments = SubmitComplaint(subject="Queue", description="Too long.")
    requests = [ask("submit_complaint", arguments, key="at-once") for _ in range(8)]
    replies = await asyncio.gather(*(local_exchange.handle(request) for request in requests))
    assert {(reply.outcome, reply.reason) for reply in replies} <= {
        (Outcome.COMPLETED, None),
        (Outcome.FAILED, Reason.IN_PROGRESS),
    }
    assert await pool.fetchval("SELECT count(*) FROM interactions_case WHERE subject = 'Queue'") == 1


async def test_a_new_telephone_number_supersedes_the_old_one(local_exchange: Exchange, pool: asyncpg.Pool) -> None:
    for value in ("13912345678", "+86 138 1234 5678"):
        reply = await local_exchange.handle(ask("change_contact_details", ChangeContactDetails("phone", value)))
        assert reply.outcome is Outcome.COMPLETED
    rows = await pool.fetch(
        "SELECT value, valid_to IS NULL AS present FROM parties_contactpoint WHERE party_id = $1 ORDER BY id", OWNER
    )
    assert [(row["value"], row["present"]) for row in rows] == [("+8613912345678", False), ("+8613812345678", True)]
    found = "SELECT party_id FROM parties_partysearch WHERE tokens @@ 'p\\:13812345678'::tsquery"
    assert await pool.fetchval(found) == OWNER


@pytest.mark.parametrize("value", ["12", "no number", "+8610"])
async def test_what_is_no_telephone_number_is_refused(local_exchange: Exchange, value: str) -> None:
    reply = await local_exchange.handle(ask("change_contact_details", ChangeContactDetails("phone", f"{value} ")))
    assert (reply.outcome, reply.reason) == (Outcome.DECLINED, Reason.INVALID_REQUEST)


async def test_a_blocked_card_is_refused_at_once(local_exchange: Exchange, pool: asyncpg.Pool) -> None:
    card = str(uuid.UUID(int=0xD1))
    try:
        assert (await local_exchange.handle(ask("block_card", BlockCard(card, "lost")))).outcome is Outcome.COMPLETED
        withdrawal = CashWithdrawal(CARD_HASH, Decimal(100), "CNY")
        at_atm = ask("cash_withdrawal", withdrawal, actor=Actor("terminal", "ATM00001"), channel=Channel.ATM)
        reply = await local_exchange.handle(at_atm)
        assert (reply.outcome, reply.reason) == (Outcome.DECLINED, Reason.CARD_BLOCKED)
    finally:
        await pool.execute("UPDATE parties_card SET status = 'active'")


async def test_somebody_elses_account_is_unknown(local_exchange: Exchange, pool: asyncpg.Pool) -> None:
    transfer = InternalTransfer("SV0002", "SV0001", Decimal(10), "CNY")
    reply = await local_exchange.handle(ask("internal_transfer", transfer))
    assert (reply.outcome, reply.reason) == (Outcome.DECLINED, Reason.ACCOUNT_UNKNOWN)
    assert await pool.fetchval("SELECT count(*) FROM exchange_journalleg") == 0


async def test_a_system_that_is_not_there_fails_the_request_and_moves_nothing(
    local_exchange: Exchange, pool: asyncpg.Pool
) -> None:
    transfer = InternalTransfer("SV0001", "SV0002", Decimal(10), "CNY")
    reply = await local_exchange.handle(ask("internal_transfer", transfer))
    assert (reply.outcome, reply.reason) == (Outcome.FAILED, Reason.SYSTEM_UNAVAILABLE)
    assert await pool.fetchval("SELECT state FROM exchange_journalleg") == "failed"


async def test_a_service_is_offered_only_on_its_channels(local_exchange: Exchange) -> None:
    with pytest.raises(ServiceUnknown):
        await local_exchange.handle(ask("cash_withdrawal", Accounts()))
