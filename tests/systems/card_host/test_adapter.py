"""The adapter towards a card host that answers well, badly, late, never, or is gone."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from guanxi.kernel.identity import uuid7
from guanxi.kernel.iso8583.balances import AVAILABLE, LEDGER, Balance, write_balances
from guanxi.kernel.iso8583.message import Message, parse_original_data, response_to
from guanxi.kernel.money import Money
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg
from guanxi.systems.card_host.adapter import CardHost
from guanxi.systems.card_host.connection import Timing
from guanxi.systems.card_host.messages import request

KEY = (7, 11, 41)


def leg(operation: str = "purchase", amount: str = "120.50") -> Leg:
    content = {"account": "6259650000000019", "amount": amount, "currency": "CNY"}
    return Leg(uuid7(), "cards", operation, content)


def named(message: Message) -> list[str]:
    return [message.fields[number] for number in KEY]


async def test_an_approved_purchase_is_confirmed_with_reference_and_balances(host, card_host: CardHost) -> None:
    balances = write_balances(
        Balance(LEDGER, Money(Decimal("-120.50"), "CNY"), "30"),
        Balance(AVAILABLE, Money(Decimal("879.50"), "CNY"), "30"),
    )
    host.answer = lambda request: response_to(request, "00", KEY, {38: "A12345", 54: balances})
    reply = await card_host.perform(leg())
    assert (reply.state, reply.reference) == ("confirmed", "A12345")
    assert reply.content == {"ledger_balance": "-120.50", "available_balance": "879.50"}
    [sent] = host.financial()
    assert (sent.mti, sent.fields[3], sent.fields[4], sent.fields[49]) == ("0200", "003000", "000000012050", "156")
    assert sent.fields[102] == "6259650000000019"
    assert 2 not in sent.fields


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("51", "failed", Reason.INSUFFICIENT_FUNDS),
        ("91", "failed", Reason.SYSTEM_UNAVAILABLE),
        ("Z3", "failed", Reason.REFUSED_BY_SYSTEM),
        ("09", "unknown", Reason.IN_PROGRESS),
        ("96", "unknown", Reason.SYSTEM_UNAVAILABLE),
    ],
)
async def test_refusals_say_why(host, card_host: CardHost, code: str, state: str, reason: Reason) -> None:
    host.answer = lambda request: response_to(request, code, KEY, {})
    reply = await card_host.perform(leg())
    assert (reply.state, reply.reason) == (state, reason)


async def test_silence_is_unknown_and_an_enquiry_repeats_the_same_message(host, card_host: CardHost) -> None:
    host.answer = lambda request: host.approve(request) if request.mti == "0201" else None
    asked = leg()
    silent = await card_host.perform(asked)
    assert (silent.state, silent.reason) == ("unknown", Reason.SYSTEM_TIMEOUT)
    assert (await card_host.enquire(asked)).state == "confirmed"
    original, repeat = host.financial()
    assert (original.mti, repeat.mti) == ("0200", "0201")
    assert {**original.fields, 128: ""} == {**repeat.fields, 128: ""}


async def test_a_reversal_names_the_original_and_is_repeated_until_acknowledged(host, card_host: CardHost) -> None:
    asked = leg()
    await card_host.perform(asked)
    host.answer = lambda request: host.approve(request) if request.mti == "0421" else None
    assert (await card_host.undo(asked)).state == "reversed"
    original, advice, repeat = host.financial()
    assert [advice.mti, repeat.mti] == ["0420", "0421"]
    assert named(advice) == named(repeat) != named(original)
    data = parse_original_data(advice.fields[90])
    assert [data.transmitted_at, data.trace_number] == named(original)[:2]
    assert advice.fields[41] == original.fields[41]
    assert advice.fields[4] == original.fields[4]


async def test_reversing_what_the_host_never_saw_succeeds(host, card_host: CardHost) -> None:
    host.answer = lambda request: response_to(request, "25", KEY, {})
    assert (await card_host.undo(leg())).state == "reversed"


async def test_a_reversal_nobody_acknowledges_stays_open(host, card_host: CardHost) -> None:
    host.answer = lambda _: None
    assert (await card_host.undo(leg())).state == "unknown"


async def test_answers_may_come_in_any_order(host, card_host: CardHost) -> None:
    host.answer = lambda _: None
    legs = [leg("withdraw", f"{100 + number}.00") for number in range(20)]
    asked = [asyncio.create_task(card_host.perform(each)) for each in legs]
    for asking in reversed(await host.wait_for(20)):
        host.send_sealed(response_to(asking, "00", KEY, {38: asking.fields[4][-6:]}))
    replies = await asyncio.gather(*asked)
    assert [reply.reference for reply in replies] == [f"{100 + number}00".zfill(6) for number in range(20)]


async def test_an_answer_with_a_wrong_mac_is_as_good_as_none(host, card_host: CardHost) -> None:
    def forge(request: Message) -> bytes:
        sealed = host.key.seal(host.approve(request))
        return sealed[:-1] + bytes([sealed[-1] ^ 1])

    host.answer = forge
    assert (await card_host.perform(leg())).state == "unknown"


async def test_garbage_from_the_host_costs_no_answer(host, card_host: CardHost) -> None:
    host.answer = lambda _: None
    asked = asyncio.create_task(card_host.perform(leg()))
    [asking] = await host.wait_for(1)
    host.send(b"\x00\x20garbage" + b"\xff" * 40)
    host.send_sealed(host.approve(asking))
    assert (await asked).state == "confirmed"


async def test_a_lost_connection_leaves_unknown_then_refuses_then_recovers(host, card_host: CardHost) -> None:
    host.answer = lambda _: None
    asked = asyncio.create_task(card_host.perform(leg()))
    await host.wait_for(1)
    await host.stop()
    assert (await asked).state == "unknown"
    refused = await card_host.perform(leg())
    assert (refused.state, refused.reason) == ("failed", Reason.SYSTEM_UNAVAILABLE)
    assert (await card_host.enquire(leg())).state == "unknown"
    assert (await card_host.undo(leg())).state == "unknown"
    host.answer = host.approve
    await host.start()
    await asyncio.wait_for(card_host.ready(), 5)
    assert (await card_host.perform(leg())).state == "confirmed"


async def test_a_host_that_no_longer_echoes_is_dialled_again(host) -> None:
    adapter = CardHost("127.0.0.1", host.port, host.key_bytes, Timing(0.05, 0.01, 0.01, 0.02))
    host.answer = lambda request: None if request.fields.get(70) == "301" else host.approve(request)
    await adapter.open()
    sign_ons = 0
    async with host.arrived:
        while sign_ons < 2:
            await host.arrived.wait()
            sign_ons = sum(message.fields.get(70) == "001" for message in host.received)
    await adapter.close()


async def test_the_host_may_ask_for_an_echo(host, card_host: CardHost) -> None:
    host.send_sealed(Message("0800", {7: "1123154700", 11: "000001", 41: "HOST0001", 70: "301"}))
    async with host.arrived:
        await asyncio.wait_for(
            host.arrived.wait_for(lambda: any(message.mti == "0810" for message in host.received)), 5
        )
    assert card_host.is_ready


def test_names_of_legs_do_not_collide() -> None:
    seen = {tuple(named(request(leg()))) for _ in range(5000)}
    assert len(seen) == 5000
