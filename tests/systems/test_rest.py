"""A REST system that misbehaves: every answer that is none is `unknown`, and costs only its own leg."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg
from guanxi.storage.embedded import free_port
from guanxi.systems.rest import RestSystem, read_result

Respond = Callable[[list[dict[str, Any]]], web.StreamResponse]
everything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["status", "reason", "reference"]), inner),
)


class Peer:
    """Answers batches by `respond`."""

    def __init__(self) -> None:
        self.respond: Respond = lambda operations: web.json_response({"results": [posted(each) for each in operations]})
        self.sizes: list[int] = []

    async def batch(self, request: web.Request) -> web.StreamResponse:
        operations = (await request.json())["operations"]
        self.sizes.append(len(operations))
        return self.respond(operations)


def posted(operation: dict[str, Any]) -> dict[str, Any]:
    return {"id": operation["id"], "status": "posted", "reference": "R1", "ledger_balance": "1.00"}


def debit(amount: str = "1.00") -> Leg:
    return Leg(uuid7(), "savings", "debit", {"account": "SV0001", "amount": amount, "currency": "CNY"})


@pytest.fixture
async def served() -> AsyncIterator[tuple[Peer, RestSystem]]:
    peer, app, port = Peer(), web.Application(), free_port()
    app.router.add_post("/savings/operations/batch", peer.batch)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    system = RestSystem(f"http://127.0.0.1:{port}/savings")
    await system.open()
    yield peer, system
    await system.close()
    await runner.cleanup()


async def test_legs_that_wait_together_travel_together(served: tuple[Peer, RestSystem]) -> None:
    peer, system = served
    replies = await asyncio.gather(*(system.perform(debit()) for _ in range(100)))
    assert {reply.state for reply in replies} == {"confirmed"}
    assert len(peer.sizes) < 10


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'{"results": null}',
        b'{"results": [7]}',
        b'{"results": [{"status": "posted"}]}',
        b'{"results": [{"id": "somebody else", "status": "posted"}]}',
        b"\xff\xfe",
    ],
)
async def test_what_is_no_answer_is_unknown(served: tuple[Peer, RestSystem], raw: bytes) -> None:
    peer, system = served
    peer.respond = lambda _operations: web.Response(body=raw, content_type="application/json")
    assert (await system.perform(debit())).state == "unknown"


async def test_a_text_that_nothing_of_ours_can_keep_is_no_answer(served: tuple[Peer, RestSystem]) -> None:
    peer, system = served
    peer.respond = lambda operations: web.json_response({"results": [{**posted(operations[0]), "memo": "a\x00b"}]})
    assert (await system.perform(debit())).state == "unknown"


@pytest.mark.parametrize(("status", "state"), [(500, "unknown"), (502, "unknown"), (503, "failed"), (400, "failed")])
async def test_what_a_status_means(served: tuple[Peer, RestSystem], status: int, state: str) -> None:
    peer, system = served
    peer.respond = lambda _operations: web.json_response({"title": "no", "nothing_done": True}, status=status)
    assert (await system.perform(debit())).state == state


@pytest.mark.parametrize("status", [429, 503])
async def test_unavailable_in_the_words_of_something_on_the_way_says_nothing(
    served: tuple[Peer, RestSystem], status: int
) -> None:
    peer, system = served
    peer.respond = lambda _operations: web.Response(text="<h1>Try again</h1>", status=status)
    assert (await system.perform(debit())).state == "unknown"


async def test_one_leg_that_does_not_fit_is_refused_and_the_others_are_done(served: tuple[Peer, RestSystem]) -> None:
    peer, system = served

    def strict(operations: list[dict[str, Any]]) -> web.StreamResponse:
        if any(each["amount"] == "odd" for each in operations):
            return web.json_response({"title": "The body does not fit."}, status=400)
        return web.json_response({"results": [posted(each) for each in operations]})

    peer.respond = strict
    replies = await asyncio.gather(*(system.perform(debit(amount)) for amount in ("1.00", "odd", "2.00")))
    assert [reply.state for reply in replies] == ["confirmed", "failed", "confirmed"]
    assert replies[1].reason is Reason.REFUSED_BY_SYSTEM


async def test_answers_in_another_order_or_twice_are_told_apart_by_id(served: tuple[Peer, RestSystem]) -> None:
    peer, system = served

    def shuffled(operations: list[dict[str, Any]]) -> web.StreamResponse:
        answers = [{**posted(each), "reference": each["amount"]} for each in reversed(operations)]
        return web.json_response({"results": answers + answers})

    peer.respond = shuffled
    replies = await asyncio.gather(*(system.perform(debit(amount)) for amount in ("1.00", "2.00", "3.00")))
    assert [reply.reference for reply in replies] == ["1.00", "2.00", "3.00"]


async def test_a_system_that_is_not_there_has_done_nothing() -> None:
    system = RestSystem(f"http://127.0.0.1:{free_port()}/savings")
    await system.open()
    reply = await system.perform(debit())
    assert (reply.state, reply.reason) == ("failed", Reason.SYSTEM_UNAVAILABLE)
    await system.close()


@given(everything)
def test_whatever_a_result_says_it_is_read_without_an_exception(body: object) -> None:
    reply = read_result(json.loads(json.dumps(body)))
    assert reply.state in {"confirmed", "pending", "failed", "reversed", "unknown"}
    assert reply.reference is None or len(reply.reference) <= 64
