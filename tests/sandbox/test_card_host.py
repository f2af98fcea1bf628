"""The credit-card host speaks ISO 8583:1987 over TCP, knows a message again, and survives what is none."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Callable

import pytest
from tests.sandbox_process import Sandbox

from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.balances import read_balances
from guanxi.kernel.iso8583.framing import FrameParser, frame
from guanxi.kernel.iso8583.message import Message, OriginalData, decode
from guanxi.kernel.iso8583.specification import DEMO_INTERCHANGE_KEY

KEY = MacKey(DEMO_INTERCHANGE_KEY)
TRACE = itertools.count(1)
AT = "0504120000"


class Peer:
    """One connection to the host."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self._parser = FrameParser()
        self._ready: list[Message] = []

    async def hear(self) -> Message:
        """The next message."""
        while not self._ready:
            data = await asyncio.wait_for(self._reader.read(65536), 10)
            assert data, "the host hung up"
            for raw in self._parser.feed(data):
                message = decode(raw)
                assert KEY.is_authentic(raw, message)
                self._ready.append(message)
        return self._ready.pop(0)

    async def ask(self, message: Message) -> Message:
        """The answer to `message`."""
        self.writer.write(frame(KEY.seal(message)))
        return await self.hear()


@pytest.fixture
async def peer(sandbox: Sandbox) -> AsyncIterator[Peer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.card_port)
    yield Peer(reader, writer)
    writer.close()


@pytest.fixture
def card(new_account: Callable[..., str]) -> str:
    return new_account("cards", opening_balance="-100.00", credit_limit="1000.00")


def message(mti: str, code: str, cents: int, **fields: str) -> Message:
    content = {3: code, 4: f"{cents:012}", 7: AT, 11: f"{next(TRACE):06}", 41: "TERM0001", 49: "156"}
    return Message(mti, content | {int(name[1:]): value for name, value in fields.items()})


def undoing(original: Message, mti: str) -> Message:
    data = OriginalData(original.mti, original.fields[11], original.fields[7])
    return Message(mti, {**original.fields, 11: f"{next(TRACE):06}", 90: str(data)})


def told(answer: Message) -> tuple[str, list[str]]:
    return answer.fields[39], [str(balance.money.amount) for balance in read_balances(answer.fields.get(54, ""))]


async def test_sign_on_and_echo_are_answered(peer: Peer) -> None:
    for code in ("001", "301"):
        answer = await peer.ask(Message("0800", {7: AT, 11: f"{next(TRACE):06}", 70: code}))
        assert (answer.mti, answer.fields[39], answer.fields[70]) == ("0810", "00", code)


async def test_a_purchase_is_posted_once_however_often_it_is_sent(peer: Peer, card: str) -> None:
    purchase = message("0200", "003000", 25_00, f102=card)
    first = await peer.ask(purchase)
    again = await peer.ask(Message("0201", purchase.fields))
    assert (first.mti, again.mti) == ("0210", "0210")
    assert told(first) == told(again) == ("00", ["-125.00", "875.00"])
    assert first.fields[38] == again.fields[38]


async def test_more_than_the_credit_limit_leaves_is_refused(peer: Peer, card: str) -> None:
    assert (await peer.ask(message("0200", "013000", 900_01, f102=card))).fields[39] == "51"
    assert (await peer.ask(message("0200", "013000", 1_00, f102="NOBODY"))).fields[39] == "53"


async def test_a_reversal_gives_back_once_and_one_that_came_first_keeps_its_original_out(peer: Peer, card: str) -> None:
    withdrawal = message("0200", "013000", 50_00, f102=card)
    await peer.ask(withdrawal)
    for mti in ("0400", "0420", "0421"):
        answer = await peer.ask(undoing(withdrawal, mti))
        assert (answer.mti, *told(answer)) == (f"{mti[:2]}{int(mti[2]) | 1}0", "00", ["-100.00", "900.00"])
    late = message("0200", "013000", 50_00, f102=card)
    assert (await peer.ask(undoing(late, "0420"))).fields[39] == "00"
    assert (await peer.ask(late)).fields[39] == "05"


async def test_an_authorisation_holds_and_its_completion_takes(peer: Peer, card: str) -> None:
    authorisation = message("0100", "003000", 300_00, f102=card)
    assert told(await peer.ask(authorisation)) == ("00", ["-100.00", "600.00"])
    completion = undoing(authorisation, "0220")
    completion.fields[4] = f"{280_00:012}"
    answer = await peer.ask(completion)
    assert (answer.mti, *told(answer)) == ("0230", "00", ["-380.00", "620.00"])


async def test_a_card_is_known_by_its_number_and_its_expiry(peer: Peer, new_account: Callable[..., str]) -> None:
    pan = f"625965{uuid.uuid4().int % 10**10:010}"
    new_account("cards", credit_limit="500.00", opening_balance="0", pan=pan, expires="9912")
    assert told(await peer.ask(message("0200", "003000", 1_00, f2=pan, f14="9912"))) == ("00", ["-1.00", "499.00"])
    assert told(await peer.ask(message("0200", "003000", 1_00, f35=f"{pan}=9912101")))[0] == "00"
    assert (await peer.ask(message("0200", "003000", 1_00, f2=pan, f14="9911"))).fields[39] == "54"
    assert (await peer.ask(message("0200", "003000", 1_00, f2="6259650000000000"))).fields[39] == "14"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"f3": "990000"}, "12"),
        ({"f49": "999"}, "30"),
        ({"f4": "000000000000"}, "30"),
        ({"f102": "no such account!"}, "30"),
    ],
)
async def test_what_does_not_fit_is_answered_by_its_code(
    peer: Peer, card: str, wrong: dict[str, str], code: str
) -> None:
    answer = await peer.ask(message("0200", "003000", 1_00, **{"f102": card, **wrong}))
    assert answer.fields[39] == code


async def test_bad_messages_never_cost_the_connection(peer: Peer, card: str) -> None:
    good = KEY.seal(message("0200", "003000", 1_00, f102=card))
    peer.writer.write(frame(good[:-8] + bytes(8)))  # a wrong MAC
    assert (await peer.hear()).fields[39] == "63"
    peer.writer.write(frame(b"0200" + b"\xff" * 16))  # a bitmap of everything
    assert (await peer.hear()).fields[39] == "30"
    peer.writer.write(frame(good[: len(good) // 2]))  # cut short
    assert (await peer.hear()).fields[39] == "30"
    peer.writer.write(frame(KEY.seal(Message("0210", {11: "000001", 39: "00"}))))  # an answer nobody asked for
    peer.writer.write(b"\xff\xff garbage \x00")
    for mti, code in (("0600", "12"), ("0800", "00")):
        assert (await peer.ask(Message(mti, {7: AT, 11: "000009", 70: "301"}))).fields[39] == code


async def test_many_messages_may_be_under_way_on_one_connection(peer: Peer, new_account: Callable[..., str]) -> None:
    card = new_account("cards", opening_balance="0", credit_limit="1000.00")
    requests = [message("0200", "003000", 1_00, f102=card) for _ in range(100)]
    peer.writer.write(b"".join(frame(KEY.seal(request)) for request in requests))
    answers = [await peer.hear() for _ in requests]
    assert {answer.fields[11] for answer in answers} == {request.fields[11] for request in requests}
    assert {answer.fields[39] for answer in answers} == {"00"}
    assert told(await peer.ask(message("0200", "313000", 0, f102=card)))[1] == ["-100.00", "900.00"]
