"""The promises of `services.ports.BusinessSystem`, kept by the adapters that the house has for whole protocols."""

from __future__ import annotations

import asyncio

import pytest
from tests.peers.scripted_card_host import ScriptedHost
from tests.peers.scripted_rest_system import ScriptedRestSystem

from guanxi.kernel.identity import uuid7
from guanxi.kernel.iso8583.message import Message, parse_original_data, response_to
from guanxi.services.request import Leg
from guanxi.storage.embedded import free_port
from guanxi.systems.card_host.adapter import CardHost
from guanxi.systems.card_host.connection import Timing
from guanxi.systems.card_host.messages import request
from guanxi.systems.conformance import PROMISES, Bench, Manner, Promise, PromiseBroken, does_it_once
from guanxi.systems.rest import RestSystem

every_promise = pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)


def leg(amount: str = "100.00") -> Leg:
    return Leg(uuid7(), "savings", "purchase", {"account": "SV0001", "amount": amount, "currency": "CNY"})


@every_promise
async def test_a_rest_system_keeps_it(promise: Promise) -> None:
    peer = ScriptedRestSystem()
    await peer.start(free_port())
    system = RestSystem(f"{peer.url}/savings")
    await system.open()

    def behave(manner: Manner) -> None:
        peer.answers_questions = manner == "answers"
        said = {"loses_replies": "lose_reply", "loses_requests": "lose_request", "answers": "post"}[manner]
        peer.manner = lambda operation: "refuse" if operation["amount"] == "9999.00" else said

    def effects(made: Leg) -> int:
        return int(peer.operations.get(str(made.id), {}).get("status") == "posted")

    behave("answers")
    await promise(Bench(system, leg, lambda: leg("9999.00"), behave, effects))
    await system.close()
    await peer.stop()


class Books:
    """What a card host does: a message is known by fields 41, 11 and 7, a reversal names its original in field 90."""

    def __init__(self) -> None:
        self.manner: Manner = "answers"
        self.codes: dict[tuple[str, str], str] = {}
        self.posted: set[tuple[str, str]] = set()
        self.reversed: set[tuple[str, str]] = set()

    def answer(self, message: Message) -> Message | None:
        if message.mti == "0800":
            return response_to(message, "00", (7, 11, 41, 70), {})
        if self.manner == "loses_requests":
            return None
        code = self._reverse(message) if message.mti[1] == "4" else self._post(message)
        return response_to(message, code, (7, 11, 41), {}) if self.manner == "answers" else None

    def _post(self, message: Message) -> str:
        name = (message.fields[11], message.fields[7])
        if name not in self.codes:
            refused = name in self.reversed or message.fields[4] == "000000999900"
            self.codes[name] = "05" if refused else "00"
            self.posted |= set() if refused else {name}
        return self.codes[name] if name not in self.reversed else "05"

    def _reverse(self, message: Message) -> str:
        original = parse_original_data(message.fields[90])
        self.reversed.add((original.trace_number, original.transmitted_at))
        return "00"

    def effects(self, made: Leg) -> int:
        fields = request(made).fields
        return len((self.posted - self.reversed) & {(fields[11], fields[7])})


@every_promise
async def test_the_card_host_adapter_keeps_it(promise: Promise) -> None:
    host, books = ScriptedHost(), Books()
    host.answer = books.answer
    await host.start()
    system = CardHost("127.0.0.1", host.port, host.key_bytes, Timing(answer=0.15, first_pause=0.01))
    await system.open()
    await asyncio.wait_for(system.ready(), 5)

    def behave(manner: Manner) -> None:
        books.manner = manner

    await promise(Bench(system, leg, lambda: leg("9999.00"), behave, books.effects))
    await system.close()
    await host.stop()


async def test_an_adapter_that_does_it_twice_is_found_out() -> None:
    class Careless(RestSystem):
        async def perform(self, leg: Leg):
            return await super().perform(Leg(uuid7(), leg.system, leg.operation, leg.content))

    peer = ScriptedRestSystem()
    await peer.start(free_port())
    system = Careless(f"{peer.url}/savings")
    await system.open()
    bench = Bench(system, leg, leg, lambda _manner: None, lambda _leg: len(peer.operations))
    with pytest.raises(PromiseBroken):
        await does_it_once(bench)
    await system.close()
    await peer.stop()
