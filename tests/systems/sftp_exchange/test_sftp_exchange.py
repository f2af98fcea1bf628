"""A system behind files on a real OpenSSH server keeps every promise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncssh
import pytest
from tests.ssh_server import Server, ssh_server

from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg
from guanxi.storage.embedded import free_port
from guanxi.systems.conformance import PROMISES, Bench, Manner, Promise
from guanxi.systems.sftp_exchange.adapter import SftpExchange


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with ssh_server() as running:
        yield running


def leg(amount: str = "100.00") -> Leg:
    return Leg(uuid7(), "files", "debit", {"account": "LN0001", "amount": amount, "currency": "CNY"})


class Clerk:
    """Looks into the folder of requests, does each once by its name, and answers as a test tells it to."""

    def __init__(self, folder: Path) -> None:
        self.manner: Manner = "answers"
        self.states: dict[str, str] = {}
        self._requests, self._responses = folder / "requests", folder / "responses"
        self._requests.mkdir(parents=True, exist_ok=True)
        self._responses.mkdir(parents=True, exist_ok=True)

    async def work(self) -> None:
        while True:
            if self.manner != "loses_requests":
                for path in sorted(self._requests.glob("*.json"), key=lambda path: path.stat().st_mtime_ns):
                    self._take(path)
            await asyncio.sleep(0.01)

    def _take(self, path: Path) -> None:
        key, kind = path.name.split(".")[:2]
        if kind == "undo":
            self.states[key] = "reversed"
        else:
            amount = json.loads(path.read_bytes())["amount"]
            self.states.setdefault(key, "refused" if amount == "9999.00" else "posted")
        response = self._responses / path.name
        if self.manner == "answers" and not response.exists():
            told = {"status": self.states[key], "reference": f"FL{key[-6:]}"}
            whole = response.with_suffix(".part")
            whole.write_text(json.dumps(told))
            whole.rename(response)


@pytest.fixture
async def clerk(server: Server) -> AsyncIterator[Clerk]:
    clerk = Clerk(server.folder / "exchange")
    working = asyncio.create_task(clerk.work())
    yield clerk
    working.cancel()


@pytest.fixture
async def system(server: Server) -> AsyncIterator[SftpExchange]:
    system = SftpExchange(server.address(), server.user_key, seconds=0.4)
    yield system
    await system.close()


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
async def test_every_promise_is_kept(promise: Promise, clerk: Clerk, system: SftpExchange) -> None:
    def behave(manner: Manner) -> None:
        clerk.manner = manner

    def effects(made: Leg) -> int:
        return int(clerk.states.get(str(made.id)) == "posted")

    await promise(Bench(system, leg, lambda: leg("9999.00"), behave, effects))


async def test_a_system_that_answers_later_leaves_the_leg_pending(server: Server, clerk: Clerk) -> None:
    system, made = SftpExchange(server.address(later="yes"), server.user_key, seconds=0.1), leg()
    clerk.manner = "loses_requests"
    assert (await system.perform(made)).state == "pending"
    clerk.manner = "answers"
    while (reply := await system.enquire(made)).state == "pending":
        continue
    assert reply.state == "confirmed"
    await system.close()


async def test_a_stranger_in_the_servers_place_or_a_wrong_key_is_not_dealt_with(server: Server, clerk: Clerk) -> None:
    del clerk
    stranger = asyncssh.generate_private_key("ssh-ed25519")
    false_host = " ".join(stranger.export_public_key().decode().split()[:2])
    for address, key in (
        (server.address(host_key=false_host), server.user_key),
        (server.address(), stranger.export_private_key()),
        (f"sftp://nobody@127.0.0.1:{free_port()}/x", server.user_key),
    ):
        system = SftpExchange(address, key)
        assert (await system.perform(leg())).reason is Reason.SYSTEM_UNAVAILABLE
        await system.close()


async def test_half_a_response_or_nonsense_is_no_answer(server: Server, clerk: Clerk, system: SftpExchange) -> None:
    clerk.manner = "loses_requests"
    for nonsense in ('{"status": "pos', "[]", '{"status": "posted", "memo": "a\\u0000b"}', ""):
        made = leg()
        (server.folder / "exchange" / "responses" / f"{made.id}.request.json").write_text(nonsense)
        assert (await system.perform(made)).state == "unknown"
