"""Messages that break a rule get the protocol's answer, are counted, leave nothing, and cost nothing beside them."""

from __future__ import annotations

import random

import pytest

from guanxi.kernel.iso8583.framing import frame
from guanxi.kernel.iso8583.message import Message, encode

JOURNAL = "SELECT count(*) FROM exchange_journalrequest"


async def still_serves(terminal) -> bool:
    return (await terminal.ask(terminal.message("0800", {70: "301"}))).fields[39] == "00"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({3: None}, "30"),
        ({2: None}, "30"),
        ({7: None}, "30"),
        ({11: None}, "30"),
        ({4: None}, "30"),
        ({49: None}, "30"),
        ({7: "1399999999"}, "30"),
        ({3: "990000"}, "40"),
        ({3: "000000"}, "40"),  # a purchase at an ATM
        ({4: "000000000000"}, "13"),
        ({49: "999"}, "12"),
    ],
)
async def test_fields_that_break_a_rule(atm, card_host, new_card, change, code: str) -> None:
    card = await new_card()
    message = atm.card_message("010000", card.number, card.pin, "10000")
    fields = {number: value for number, value in {**message.fields, **change}.items() if value is not None}
    atm.send(Message("0200", fields))
    answer = await atm.next_answer()
    assert (answer.mti, answer.fields[39]) == ("0210", code)
    assert card_host.financial() == []
    assert await still_serves(atm)


@pytest.mark.parametrize(
    ("mti", "answered"), [("0220", "0230"), ("0300", "0310"), ("0600", "0610"), ("0999", None), ("0210", None)]
)
async def test_types_that_are_not_spoken(atm, mti: str, answered: str | None) -> None:
    atm.send(atm.message(mti, {}))
    if answered:
        answer = await atm.next_answer()
        assert (answer.mti, answer.fields[39]) == (answered, "12")
    assert await still_serves(atm)


async def test_a_reversal_that_does_not_say_of_what(atm) -> None:
    assert (await atm.ask(atm.message("0400", {}))).fields[39] == "30"


async def test_truncated_messages_and_wrong_bitmaps_are_format_errors(gateway, atm, new_card) -> None:
    card = await new_card()
    raw = encode(atm.card_message("010000", card.number, card.pin, "10000"))
    before = await gateway.pool.fetchval(JOURNAL)
    for broken in (raw[:-3], raw + b"tail", raw[:4] + b"\xff" * 8 + raw[12:], raw[:20] + "北京".encode() + raw[26:]):
        atm.writer.write(frame(broken))
        answer = await atm.next_answer()
        assert (answer.mti, answer.fields[39]) == ("0210", "30")
    assert await gateway.pool.fetchval(JOURNAL) == before
    assert b'kind="malformed"} 4.0' in gateway.metrics.exposition()
    assert await still_serves(atm)


async def test_noise_between_messages_costs_nothing(atm, new_card) -> None:
    card, noise = await new_card(), random.Random(8583)
    for _ in range(20):
        message = atm.card_message("310000", card.number, card.pin)
        atm.writer.write(b"\xff" + noise.randbytes(noise.randrange(40)) + b"\xff" * 6)
        assert (await atm.ask(message)).fields[39] == "00"
