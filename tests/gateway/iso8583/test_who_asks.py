"""Terminals, cards and PINs: who may ask, and what is counted and recorded when somebody may not."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from tests.peers.terminal_client import TerminalClient

from guanxi.gateway.errors import AddressTaken
from guanxi.gateway.terminals import serve_terminals
from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.framing import frame
from guanxi.kernel.iso8583.message import Message, encode

CARD_STATE = "SELECT status, pin_failures FROM parties_card WHERE id = $1"


async def state_of(gateway, card) -> tuple[str, int]:
    return tuple(await gateway.pool.fetchrow(CARD_STATE, card.id))


async def test_the_third_wrong_pin_blocks_the_card_even_for_the_right_one(
    gateway, atm, card_host, new_card, timeline
) -> None:
    card = await new_card()
    codes = [
        (await atm.ask(atm.card_message("010000", card.number, pin, "10000"))).fields[39]
        for pin in ("0000", "1111", "2222", "1234")
    ]
    assert codes == ["55", "55", "75", "75"]
    assert await state_of(gateway, card) == ("blocked", 3)
    assert card_host.financial() == []
    entries = await timeline(card)
    assert [(entry["kind"], entry["outcome"]) for entry in entries] == [("security", "declined")] * 4
    assert ["wrong_pin" in entry["detail"] for entry in entries] == [True, True, False, False]


async def test_a_right_pin_makes_the_count_start_anew(gateway, atm, new_card) -> None:
    card = await new_card()
    for pin in ("0000", "1111", "1234"):
        await atm.ask(atm.card_message("010000", card.number, pin, "10000"))
    assert await state_of(gateway, card) == ("active", 0)


async def test_the_repeat_of_a_wrong_pin_is_not_counted_again(gateway, atm, new_card) -> None:
    card = await new_card()
    message = atm.card_message("010000", card.number, "0000", "10000")
    for mti in ("0200", "0201", "0201"):
        assert (await atm.ask(Message(mti, message.fields))).fields[39] == "55"
    assert await state_of(gateway, card) == ("active", 1)


async def test_guesses_under_the_key_of_a_good_request_are_counted(gateway, atm, new_card, timeline) -> None:
    card = await new_card()
    good = atm.card_message("010000", card.number, card.pin, "10000")
    assert (await atm.ask(good)).fields[39] == "00"
    guess = atm.pin_key.seal("9999", card.number).hex().upper()
    assert (await atm.ask(Message("0201", {**good.fields, 52: guess}))).fields[39] == "55"
    assert await state_of(gateway, card) == ("active", 1)
    assert [entry["kind"] for entry in await timeline(card)] == ["transaction", "security"]


async def test_guesses_side_by_side_do_not_outrun_the_count(gateway, atm, new_card) -> None:
    card = await new_card()
    messages = [atm.card_message("310000", card.number, f"{pin:04}") for pin in range(20, 40)]
    for message in messages:
        atm.send(message)
    codes = [(await atm.answer_to(message)).fields[39] for message in messages]
    assert sorted(codes)[:2] == ["55", "55"]
    assert codes.count("75") == 18
    assert await state_of(gateway, card) == ("blocked", 3)


@pytest.mark.parametrize(
    ("given", "code"),
    [({"status": "blocked"}, "62"), ({"status": "expired"}, "54"), ({"expires_on": dt.date(2020, 1, 31)}, "54")],
)
async def test_a_card_that_may_not_be_used_is_refused_whatever_the_pin(atm, new_card, given, code, timeline) -> None:
    card = await new_card(**given)
    for pin in (card.pin, "0000"):
        assert (await atm.ask(atm.card_message("010000", card.number, pin, "10000"))).fields[39] == code
    assert [entry["kind"] for entry in await timeline(card)] == ["security", "security"]


@pytest.mark.parametrize(("number", "code"), [("6259650000000001", "14"), ("6259650000000019", "14")])
async def test_a_number_nobody_holds_or_that_is_no_card_number(atm, number: str, code: str) -> None:
    assert (await atm.ask(atm.card_message("010000", number, "1234", "10000"))).fields[39] == code


async def test_an_atm_needs_the_pin_and_a_readable_one(gateway, atm, new_card) -> None:
    card = await new_card()
    message = atm.card_message("010000", card.number, None, "10000")
    assert (await atm.ask(message)).fields[39] == "30"
    other = atm.pin_key.seal("1234", "6222021000000010").hex().upper()
    assert (await atm.ask(Message("0200", {**message.fields, 52: other}))).fields[39] == "63"
    assert await state_of(gateway, card) == ("active", 0)


async def test_a_shop_needs_the_pin_of_a_debit_card(pos, new_card) -> None:
    card = await new_card("debit")
    assert (await pos.ask(pos.card_message("000000", card.number, None, "10000"))).fields[39] == "30"


async def test_a_terminal_that_did_not_sign_on_here_is_refused_until_it_does(atm, new_card) -> None:
    card = await new_card()
    async with TerminalClient(atm.port, "ATM00001") as same_terminal:
        message = same_terminal.card_message("310000", card.number, card.pin)
        assert (await same_terminal.ask(message)).fields[39] == "58"
        await same_terminal.sign_on()
        assert (await same_terminal.ask(message)).fields[39] == "00"
        assert (await same_terminal.ask(same_terminal.message("0800", {70: "301"}))).fields[39] == "00"
        assert (await same_terminal.ask(same_terminal.message("0800", {70: "002"}))).fields[39] == "00"
        assert (await same_terminal.ask(same_terminal.card_message("310000", card.number, card.pin))).fields[39] == "58"


async def test_an_unknown_terminal_is_answered_without_a_mac_and_nothing_is_done(atm) -> None:
    async with TerminalClient(atm.port, "NOBODY01") as stranger:
        stranger.send(stranger.message("0800", {70: "001"}))
        answer = await stranger.next_answer()
        assert (answer.mti, answer.fields[39]) == ("0810", "58")
        assert 128 not in answer.fields


async def test_a_wrong_mac_does_nothing_and_is_counted(gateway, atm, card_host, new_card, timeline) -> None:
    card = await new_card()
    message = atm.card_message("010000", card.number, card.pin, "10000")
    for raw in (MacKey(bytes(16)).seal(message), encode(message)):
        atm.writer.write(frame(raw))
        assert (await atm.answer_to(message)).fields[39] == "63"
    assert card_host.financial() == []
    assert await timeline(card) == []
    assert b'guanxi_refused_inputs_total{channel="atm",kind="wrong_mac"} 2.0' in gateway.metrics.exposition()
    assert (await atm.ask(message)).fields[39] == "00"


async def test_two_gateways_on_one_port_is_told_plainly(gateway) -> None:
    with pytest.raises(AddressTaken):
        async with serve_terminals(gateway):
            await asyncio.sleep(0)
