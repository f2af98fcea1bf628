"""A system behind a real NATS server keeps every promise, whatever happens to requests and replies."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.msg import Msg

from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg
from guanxi.storage.embedded import free_port
from guanxi.systems.broker.adapter import BrokerSystem
from guanxi.systems.conformance import PROMISES, Bench, Manner, Promise


def leg(amount: str = "100.00") -> Leg:
    return Leg(uuid7(), "ledger", "debit", {"account": "LN0001", "amount": amount, "currency": "CNY", "zone": "north"})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A NATS server on a free port."""
    program = shutil.which("nats-server")
    if program is None:
        pytest.skip("NATS is not installed: `apt-get install nats-server`")
    port, log = free_port(), tmp_path_factory.mktemp("nats") / "log"
    process = subprocess.Popen([program, "-a", "127.0.0.1", "-p", str(port), "-l", str(log)])
    _await(port, process, log)
    yield f"nats://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=10)


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


class Ledger:
    """Listens on its subjects, knows a leg again by its key, and answers as a test tells it to."""

    def __init__(self) -> None:
        self.manner: Manner = "answers"
        self.says: dict[str, Any] | None = None
        self.correlation: str | None = None
        self.states: dict[str, str] = {}
        self.arrived: list[dict[str, Any]] = []

    async def serve(self, message: Msg) -> None:
        if self.manner == "loses_requests":
            return
        assert message.headers is not None
        key, body = message.headers["Idempotency-Key"], json.loads(message.data)
        self.arrived.append(body)
        verb = message.subject.rpartition(".")[2]
        if verb == "perform":
            self.states.setdefault(key, "refused" if body["amount"] == "9999.00" else "posted")
        elif verb == "undo":
            self.states[key] = "reversed"
        if self.manner == "answers":
            said = self.says or self._standing(verb, key)
            headers = {"Correlation-Id": self.correlation or message.headers["Correlation-Id"]}
            client = message._client
            await client.publish(message.reply, json.dumps(said).encode(), headers=headers)

    def _standing(self, verb: str, key: str) -> dict[str, Any]:
        state = self.states.get(key, "unknown")
        if verb == "perform" and state == "reversed":
            return {"status": "refused", "reason": "refused_by_system"}
        return {"status": state, "reference": f"LN{key[:6]}"}


@pytest.fixture
async def peer(server: str) -> AsyncIterator[Ledger]:
    ledger, client = Ledger(), await nats.connect(server)
    await client.subscribe("bank.ledger.*", cb=ledger.serve)
    await client.flush()
    yield ledger
    await client.close()


@pytest.fixture
async def system(server: str, peer: Ledger) -> AsyncIterator[BrokerSystem]:
    del peer  # it listens before we ask
    system = BrokerSystem(f"{server}?subject=bank.ledger", seconds=0.1)
    await system.open()
    await system.ready()
    yield system
    await system.close()


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
async def test_every_promise_is_kept(promise: Promise, peer: Ledger, system: BrokerSystem) -> None:
    def behave(manner: Manner) -> None:
        peer.manner = manner

    def effects(made: Leg) -> int:
        return int(peer.states.get(str(made.id)) == "posted")

    await promise(Bench(system, leg, lambda: leg("9999.00"), behave, effects))


async def test_what_no_rule_knows_travels_along(peer: Ledger, system: BrokerSystem) -> None:
    await system.perform(leg())
    assert json.loads(peer.arrived[0]["more"]) == {"zone": "north"}


async def test_the_reply_to_another_request_is_no_answer(peer: Ledger, system: BrokerSystem) -> None:
    peer.correlation = str(uuid7())
    assert (await system.perform(leg())).state == "unknown"


async def test_a_reply_that_makes_no_sense_is_no_answer(peer: Ledger, system: BrokerSystem) -> None:
    peer.says = {"status": ["posted"]}
    assert (await system.perform(leg())).state == "unknown"
    assert (await system.undo(leg())).state == "unknown"


async def test_where_nobody_listens_or_no_broker_is_nothing_was_done(server: str) -> None:
    for address in (f"{server}?subject=nobody", f"nats://127.0.0.1:{free_port()}"):
        system = BrokerSystem(address, seconds=0.1)
        await system.open()
        if "nobody" in address:
            await system.ready()
        assert (await system.perform(leg())).reason is Reason.SYSTEM_UNAVAILABLE
        assert (await system.enquire(leg())).state == "unknown"
        await system.close()
