"""Withdrawals, purchases, inquiries and reversals as a terminal sees them, through to the card host."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal

import pytest

from guanxi.kernel.iso8583.balances import AVAILABLE, LEDGER, Balance, read_balances, write_balances
from guanxi.kernel.iso8583.message import Message, parse_original_data, repeat_type, response_to
from guanxi.kernel.iso8583.statement import StatementEntry, read_statement, write_statement
from guanxi.kernel.money import Money

KEY = (7, 11, 41)
LEG_STATE = """
SELECT leg.state FROM exchange_journalleg leg JOIN exchange_journalrequest request ON request.id = leg.request_id
WHERE request.party_id = $1
"""


async def reversed_by_recovery(gateway, card) -> None:
    """Let recovery work, without waiting for its hour, until the card's leg is undone."""
    async with asyncio.timeout(10):
        while await gateway.pool.fetchval(LEG_STATE, card.party_id) != "reversed":
            await gateway.pool.execute(
                "UPDATE exchange_journalleg SET next_attempt_at = now() WHERE state = 'reversing'"
            )
            await gateway.exchange.recover()


def owing(amount: str, available: str) -> str:
    return write_balances(
        Balance(LEDGER, Money(Decimal(amount), "CNY"), "30"), Balance(AVAILABLE, Money(Decimal(available), "CNY"), "30")
    )


async def test_a_withdrawal_reaches_the_card_host_and_comes_back_with_balances(
    atm, card_host, new_card, timeline
) -> None:
    card_host.answer = lambda request: response_to(request, "00", KEY, {38: "A12345", 54: owing("-100", "9900")})
    card = await new_card()
    answer = await atm.ask(
        atm.card_message(
            "010000", card.number, card.pin, "10000", f37="000000000017", f43="Nanjing Road, Shanghai".ljust(40)
        )
    )
    assert answer.mti == "0210"
    assert answer.fields[39] == "00"
    assert len(answer.fields[38]) == 6
    assert answer.fields[37] == "000000000017"
    assert [str(balance.money.amount) for balance in read_balances(answer.fields[54])] == ["-100.00", "9900.00"]
    [asked] = card_host.financial()
    assert (asked.mti, asked.fields[4], asked.fields[102]) == ("0200", "000000010000", card.account)
    [entry] = await timeline(card)
    assert (entry["channel"], entry["service"], entry["outcome"]) == ("atm", "cash_withdrawal", "completed")
    assert entry["amount"] == Decimal(-100)
    assert card.number not in str(dict(entry))


async def test_a_purchase_needs_no_pin_with_a_credit_card_and_names_the_merchant(pos, new_card, timeline) -> None:
    card = await new_card()
    answer = await pos.ask(
        pos.card_message("000000", card.number, None, "12345", f43="Hongqiao Noodles   SHANGHAI    CN".ljust(40))
    )
    assert answer.fields[39] == "00"
    [entry] = await timeline(card)
    assert (entry["channel"], entry["service"], entry["amount"]) == ("pos", "purchase", Decimal("-123.45"))
    assert "Hongqiao Noodles SHANGHAI CN" in entry["detail"]


async def test_the_card_may_come_as_track_2(pos, new_card) -> None:
    card = await new_card()
    message = pos.card_message("000000", card.number, card.pin, "100")
    del message.fields[2]
    message.fields[35] = f"{card.number}=39121010000000000000"
    assert (await pos.ask(message)).fields[39] == "00"


async def test_a_mini_statement_lists_entries(atm, card_host, new_card) -> None:
    entries = [
        StatementEntry(dt.date(2026, 11, 23), Decimal("-100.00")),
        StatementEntry(dt.date(2026, 11, 1), Decimal("5.5")),
    ]
    card_host.answer = lambda request: response_to(
        request, "00", KEY, {62: write_statement(entries), 54: owing("-1", "2")}
    )
    card = await new_card()
    answer = await atm.ask(atm.card_message("380000", card.number, card.pin))
    assert answer.fields[39] == "00"
    assert read_statement(answer.fields[62]) == entries
    assert len(read_balances(answer.fields[54])) == 2


async def test_what_the_card_host_refuses_the_terminal_is_told(atm, card_host, new_card, timeline) -> None:
    card_host.answer = lambda request: response_to(request, "51", KEY, {})
    card = await new_card()
    answer = await atm.ask(atm.card_message("010000", card.number, card.pin, "10000"))
    assert answer.fields[39] == "51"
    assert 38 not in answer.fields
    [entry] = await timeline(card)
    assert entry["outcome"] == "declined"


async def test_a_debit_card_whose_system_is_away_is_told_so(atm, card_host, new_card) -> None:
    card = await new_card("debit")
    answer = await atm.ask(atm.card_message("010000", card.number, card.pin, "10000"))
    assert answer.fields[39] == "91"
    assert card_host.financial() == []


async def test_a_repeat_gets_the_same_answer_and_no_second_effect(atm, card_host, new_card, timeline) -> None:
    card = await new_card()
    message = atm.card_message("010000", card.number, card.pin, "10000")
    first = await atm.ask(message)
    again = await atm.ask(Message(repeat_type(message.mti), message.fields))
    assert again.fields[39] == first.fields[39] == "00"
    assert again.fields[38] == first.fields[38]
    assert len(card_host.financial()) == 1
    assert len(await timeline(card)) == 1


async def test_the_same_trace_number_with_another_content_is_a_duplicate(atm, card_host, new_card) -> None:
    card = await new_card()
    message = atm.card_message("010000", card.number, card.pin, "10000")
    await atm.ask(message)
    answer = await atm.ask(Message("0200", {**message.fields, 4: "000000020000"}))
    assert answer.fields[39] == "94"
    assert len(card_host.financial()) == 1


async def test_messages_in_flight_are_answered_as_they_complete(atm, card_host, new_card) -> None:
    card_host.answer = lambda _: None
    cards = [await new_card() for _ in range(8)]
    messages = [
        atm.card_message("010000", card.number, card.pin, f"{100 + number}00") for number, card in enumerate(cards)
    ]
    for message in messages:
        atm.send(message)
    asked = await card_host.wait_for(8)
    for request in reversed(asked):
        card_host.send_sealed(response_to(request, "00", KEY, {}))
        sent = next(message for message in messages if message.fields[4] == request.fields[4])
        assert (await atm.answer_to(sent)).fields[39] == "00"


async def test_a_reversal_undoes_at_the_host_and_gives_the_money_back_on_the_timeline(
    atm, card_host, new_card, timeline
) -> None:
    card = await new_card()
    withdrawal = atm.card_message("010000", card.number, card.pin, "10000")
    await atm.ask(withdrawal)
    for mti in ("0420", "0421", "0400"):
        answer = await atm.ask(atm.reversal_of(withdrawal, mti))
        assert (answer.mti, answer.fields[39]) == ("0410" if mti == "0400" else "0430", "00")
    original, advice = card_host.financial()
    assert advice.mti == "0420"
    assert parse_original_data(advice.fields[90]).trace_number == original.fields[11]
    entries = await timeline(card)
    assert [(entry["outcome"], entry["amount"]) for entry in entries] == [("completed", -100), ("reversed", 100)]
    assert (await atm.ask(withdrawal)).fields[39] != "00"


async def test_a_reversal_that_the_host_does_not_hear_is_carried_on_by_recovery(
    gateway, atm, card_host, new_card, timeline
) -> None:
    card = await new_card()
    withdrawal = atm.card_message("010000", card.number, card.pin, "10000")
    await atm.ask(withdrawal)
    await card_host.stop()
    assert (await atm.ask(atm.reversal_of(withdrawal))).fields[39] == "00"
    assert await gateway.pool.fetchval(LEG_STATE, card.party_id) == "reversing"
    await card_host.start()
    await gateway.exchange.directory.guards["cards"].adapter.ready()
    await reversed_by_recovery(gateway, card)
    assert len(await timeline(card)) == 2


async def test_an_original_that_comes_after_its_reversal_is_refused(atm, card_host, new_card) -> None:
    card = await new_card()
    late = atm.card_message("010000", card.number, card.pin, "10000")
    for _ in range(2):
        assert (await atm.ask(atm.reversal_of(late))).fields[39] == "25"
    assert (await atm.ask(late)).fields[39] == "94"
    assert card_host.financial() == []


async def test_a_host_that_goes_silent_is_no_for_the_customer_and_is_reversed(
    gateway, atm, card_host, new_card
) -> None:
    card_host.answer = lambda request: card_host.approve(request) if request.mti[:2] == "04" else None
    card = await new_card()
    answer = await atm.ask(atm.card_message("010000", card.number, card.pin, "10000"))
    assert answer.fields[39] == "68"
    await reversed_by_recovery(gateway, card)
    first, *asked, last = [message.mti for message in card_host.financial()]
    assert (first, set(asked), last) == ("0200", {"0201"}, "0420")  # a safe question may be asked again


@pytest.mark.parametrize("code", ["010000", "310000"])
async def test_an_inquiry_may_be_a_0100_but_money_may_not(atm, new_card, code: str) -> None:
    card = await new_card()
    message = atm.card_message(code, card.number, card.pin, "10000")
    answer = await atm.ask(Message("0100", message.fields))
    assert (answer.mti, answer.fields[39]) == ("0110", "40" if code == "010000" else "00")
