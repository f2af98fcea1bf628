"""From a terminal through the gateway to the sandbox bank's own ledger and back: debit and credit cards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from tests.sandbox_process import Sandbox

from guanxi.gateway.resources import Gateway, open_gateway
from guanxi.gateway.terminals import serve_terminals
from guanxi.kernel.iso8583.balances import AVAILABLE, read_balances
from guanxi.kernel.iso8583.message import Message
from guanxi.kernel.iso8583.statement import read_statement
from guanxi.storage import embedded
from guanxi.storage.configuration import read_configuration


@pytest.fixture
async def gateway(database_url: str, bank: Sandbox, secret_key: str) -> AsyncIterator[Gateway]:
    """A gateway connected to the sandbox bank."""
    environment = {
        "GUANXI_DATABASE_URL": database_url,
        "GUANXI_ISO8583_PORT": str(embedded.free_port()),
        "GUANXI_CARD_HOST_PORT": str(bank.card_port),
        "GUANXI_SANDBOX_PORT": str(bank.http_port),
        "GUANXI_SECRET_KEY": secret_key,
    }
    async with open_gateway(read_configuration(environment)) as gateway, serve_terminals(gateway):
        await asyncio.wait_for(gateway.exchange.directory.guards["cards"].adapter.ready(), 5)
        yield gateway


@pytest.fixture(params=["debit", "credit"])
async def card(request: pytest.FixtureRequest, bank: Sandbox, new_card):
    """A card with a thousand yuan to spend, of its own money or on credit."""
    held = await new_card(request.param)
    if request.param == "debit":
        account = {"number": held.account, "currency": "CNY", "opening_balance": "1000.00"}
        await asyncio.to_thread(bank.open_accounts, "savings", account)
    else:
        account = {"number": held.account, "currency": "CNY", "credit_limit": "1000.00"}
        await asyncio.to_thread(bank.open_accounts, "cards", account)
    return held


def available(answer: Message) -> list[Decimal]:
    return [balance.money.amount for balance in read_balances(answer.fields[54]) if balance.kind == AVAILABLE]


async def test_money_is_drawn_looked_at_and_given_back(atm, card, timeline) -> None:
    withdrawal = atm.card_message("010000", card.number, card.pin, "30000")
    answer = await atm.ask(withdrawal)
    assert (answer.fields[39], available(answer)) == ("00", [Decimal(700)])
    assert (await atm.ask(Message("0201", withdrawal.fields))).fields[39] == "00"
    looked = await atm.ask(atm.card_message("310000", card.number, card.pin))
    assert (looked.fields[39], available(looked)) == ("00", [Decimal(700)])
    statement = await atm.ask(atm.card_message("380000", card.number, card.pin))
    assert read_statement(statement.fields[62])[0].amount == Decimal(-300)
    assert (await atm.ask(atm.reversal_of(withdrawal))).fields[39] == "00"
    looked = await atm.ask(atm.card_message("310000", card.number, card.pin))
    assert available(looked) == [Decimal(1000)]
    services = [(entry["service"], entry["outcome"]) for entry in await timeline(card)]
    assert services == [
        ("cash_withdrawal", "completed"),
        ("balance", "completed"),
        ("mini_statement", "completed"),
        ("cash_withdrawal", "reversed"),
        ("balance", "completed"),
    ]


async def test_more_than_there_is_is_refused(pos, card) -> None:
    answer = await pos.ask(pos.card_message("000000", card.number, card.pin, "100001"))
    assert answer.fields[39] == "51"


async def test_many_purchases_side_by_side_each_count_once(pos, card) -> None:
    messages = [pos.card_message("000000", card.number, card.pin, "1000") for _ in range(60)]
    for message in messages:
        pos.send(message)
        pos.send(Message("0201", message.fields))
    codes = [(await pos.answer_to(message)).fields[39] for message in messages for _ in range(2)]
    assert set(codes) == {"00"}
    answer = await pos.ask(pos.card_message("310000", card.number, card.pin))
    assert available(answer) == [Decimal(400)]


async def test_a_reply_lost_after_the_host_has_posted_is_asked_for_again(bank: Sandbox, atm, card) -> None:
    system = "cards" if card.number.startswith("6259") else "savings"
    fault = {"kind": "drop_reply_after_commit", "rate": 1}
    await asyncio.to_thread(bank.call, "PUT", f"/faults/{system}", fault)
    answering = asyncio.create_task(atm.ask(atm.card_message("010000", card.number, card.pin, "10000")))
    try:
        answer = await answering
    finally:
        await asyncio.to_thread(bank.call, "DELETE", f"/faults/{system}")
    async with asyncio.timeout(30):
        while True:
            looked = await atm.ask(atm.card_message("310000", card.number, card.pin))
            if available(looked) == ([Decimal(900)] if answer.fields[39] == "00" else [Decimal(1000)]):
                break
            await asyncio.sleep(0.2)
