"""An endpoint that changes while a leg is under way, and what its guard repeats, bounds and refuses."""

from __future__ import annotations

import asyncio
import uuid

import msgspec
import pytest

from guanxi.exchange.directory import Directory
from guanxi.exchange.guard import Guard
from guanxi.exchange.parameters import Endpoint, EndpointParameters
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg, LegReply

CONFIRMED = LegReply("confirmed")
SILENT = LegReply("unknown", Reason.SYSTEM_TIMEOUT)
NEVER_LEFT = LegReply("failed", Reason.SYSTEM_UNAVAILABLE)


class Peer:
    """Answers as it is told to, once `let_go`."""

    def __init__(self, *replies: LegReply) -> None:
        self.replies, self.calls, self.closed = list(replies), 0, False
        self.let_go = asyncio.Event()
        self.let_go.set()

    async def open(self) -> None: ...

    async def close(self) -> None:
        self.closed = True

    async def perform(self, _leg: Leg) -> LegReply:
        self.calls += 1
        await self.let_go.wait()
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    enquire = undo = perform


def _leg(operation: str = "withdraw") -> Leg:
    return Leg(uuid.uuid4(), "savings", operation, {})


def _endpoint(**parameters: object) -> Endpoint:
    quick = {"backoff_seconds": 0, **parameters}
    return Endpoint(
        name="savings",
        adapter="",
        protocol="rest",
        address="http://one",
        parameters=msgspec.convert(quick, EndpointParameters),
    )


async def test_what_is_in_flight_is_finished_where_it_began_while_new_legs_go_to_the_new_address() -> None:
    old, new = Peer(CONFIRMED), Peer(CONFIRMED)
    peers = {"http://one": old, "http://two": new}
    directory = Directory(lambda endpoint: peers[endpoint.address])
    await directory.apply([_endpoint()], [])
    old.let_go.clear()
    begun = directory.guard(_leg())
    assert begun is not None
    under_way = asyncio.create_task(begun.call("perform", _leg(), 5))
    await asyncio.sleep(0)
    assert await directory.apply([msgspec.structs.replace(_endpoint(), address="http://two")], []) == ["savings"]
    following = directory.guard(_leg())
    assert following is not None
    assert (await following.call("perform", _leg(), 5), new.calls, old.closed) == (CONFIRMED, 1, False)
    old.let_go.set()
    assert await under_way == CONFIRMED
    await directory.close()
    assert (old.closed, new.closed) == (True, True)


@pytest.mark.parametrize(
    ("verb", "operation", "first", "calls"),
    [
        ("perform", "withdraw", SILENT, 1),
        ("perform", "withdraw", NEVER_LEFT, 2),
        ("perform", "balance", SILENT, 2),
        ("enquire", "withdraw", SILENT, 2),
        ("undo", "withdraw", SILENT, 2),
        ("perform", "withdraw", LegReply("failed", Reason.INSUFFICIENT_FUNDS), 1),
    ],
)
async def test_only_what_is_safe_is_repeated(verb: str, operation: str, first: LegReply, calls: int) -> None:
    peer = Peer(first, CONFIRMED)
    reply = await Guard(_endpoint(attempts=2), peer).call(verb, _leg(operation), 5)  # type: ignore[arg-type]
    assert (peer.calls, reply) == (calls, CONFIRMED if calls == 2 else first)


async def test_what_finds_no_place_in_time_is_refused_and_never_left() -> None:
    peer = Peer(CONFIRMED)
    guard = Guard(_endpoint(concurrency=1, wait_seconds=0.01), peer)
    peer.let_go.clear()
    first = asyncio.create_task(guard.call("perform", _leg(), 5))
    await asyncio.sleep(0)
    assert await guard.call("perform", _leg(), 5) == NEVER_LEFT
    peer.let_go.set()
    assert (await first, peer.calls) == (CONFIRMED, 1)


async def test_maintenance_refuses_a_leg_at_once_and_leaves_an_enquiry_open() -> None:
    peer = Peer(CONFIRMED)
    guard = Guard(_endpoint(maintenance=["daily 00:00-24:00"]), peer)
    assert await guard.call("perform", _leg(), 5) == NEVER_LEFT
    assert (await guard.call("enquire", _leg(), 5)).state == "unknown"
    assert (guard.health(), peer.calls) == ("maintenance", 0)


async def test_an_open_breaker_refuses_at_once() -> None:
    peer = Peer(SILENT)
    guard = Guard(_endpoint(breaker_failures=2, attempts=1), peer)
    for _ in range(2):
        await guard.call("perform", _leg(), 5)
    assert (await guard.call("perform", _leg(), 5), peer.calls) == (NEVER_LEFT, 2)
