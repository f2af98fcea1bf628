"""The adapter for Apache Fineract: every promise of an adapter, and what the contract asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from tests.peers.fineract_stand_in import FineractStandIn

from guanxi.exchange.directory import Directory
from guanxi.exchange.legs import Systems
from guanxi.exchange.parameters import Endpoint, check
from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg, LegReply
from guanxi.storage.embedded import free_port
from guanxi.systems.conformance import PROMISES, Bench, Promise
from guanxi.systems.fineract.adapter import Fineract


def leg(operation: str, amount: str = "100.00", **content: str) -> Leg:
    return Leg(uuid7(), "fineract", operation, {"account": "FN0001", "amount": amount, "currency": "CNY", **content})


@pytest.fixture
async def peer() -> AsyncIterator[FineractStandIn]:
    peer = FineractStandIn()
    peer.open_account("FN0001", "1000.00")
    peer.open_account("FN0002", "0.00")
    await peer.start(free_port())
    yield peer
    await peer.stop()


@pytest.fixture
async def fineract(peer: FineractStandIn) -> AsyncIterator[Fineract]:
    fineract = Fineract(peer.address)
    await fineract.open()
    yield fineract
    await fineract.close()


@pytest.mark.parametrize("operation", ["withdraw", "credit"])
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
async def test_every_promise_is_kept(
    promise: Promise, operation: str, peer: FineractStandIn, fineract: Fineract
) -> None:
    def behave(manner) -> None:
        peer.manner = manner

    refused = {"account": "nobody"} if operation == "credit" else {}
    bench = Bench(
        fineract,
        lambda: leg(operation),
        lambda: leg(operation, "5000.00", **refused),
        behave,
        lambda made: peer.effects(made.id.hex),
    )
    await promise(bench)


async def test_a_transfer_moves_money_and_its_undo_moves_it_back(peer: FineractStandIn, fineract: Fineract) -> None:
    moved = leg("transfer", to_account="FN0002")
    reply = await fineract.perform(moved)
    assert reply == LegReply(
        "confirmed", None, "1", {"currency": "CNY", "ledger_balance": "900.00", "available_balance": "900.00"}
    )
    assert (peer.balance("FN0001"), peer.balance("FN0002")) == (900, 100)
    assert (await fineract.undo(moved)).state == "reversed"
    assert (await fineract.undo(moved)).state == "reversed"
    assert (await fineract.perform(moved)).state == "failed"
    assert (peer.balance("FN0001"), peer.balance("FN0002")) == (1000, 0)


async def test_a_transfer_whose_deposit_is_refused_gives_the_money_back(
    peer: FineractStandIn, fineract: Fineract
) -> None:
    reply = await fineract.perform(leg("transfer", to_account="nobody"))
    assert (reply.state, reply.reason) == ("failed", Reason.ACCOUNT_UNKNOWN)
    assert peer.balance("FN0001") == 1000


async def test_an_undo_that_fineract_refuses_is_not_taken_for_done(peer: FineractStandIn, fineract: Fineract) -> None:
    credited = leg("credit", account="FN0002")
    await fineract.perform(credited)
    await fineract.perform(leg("withdraw", account="FN0002"))
    assert (await fineract.undo(credited)).state == "unknown"
    assert peer.balance("FN0002") == Decimal(0)


async def test_why_it_is_refused_is_told(fineract: Fineract) -> None:
    reply = await fineract.perform(leg("withdraw", "1000.01"))
    assert (reply.state, reply.reason) == ("failed", Reason.INSUFFICIENT_FUNDS)


async def test_balance_and_entries_are_read(fineract: Fineract) -> None:
    await fineract.perform(leg("withdraw"))
    await fineract.perform(leg("credit", "0.50"))
    told = await fineract.perform(Leg(uuid7(), "fineract", "balance", {"account": "FN0001"}))
    assert told.content == {"currency": "CNY", "ledger_balance": "900.50", "available_balance": "900.50"}
    told = await fineract.perform(Leg(uuid7(), "fineract", "entries", {"account": "FN0001", "limit": 10}))
    assert [entry["amount"] for entry in told.content["entries"]] == ["0.50", "-100.00"]


async def test_a_peer_that_is_not_there_or_does_not_let_us_in_has_done_nothing(peer: FineractStandIn) -> None:
    for address in (f"http://127.0.0.1:{free_port()}", peer.address.replace("password", "guess")):
        fineract = Fineract(address)
        await fineract.open()
        assert (await fineract.perform(leg("withdraw"))).reason is Reason.SYSTEM_UNAVAILABLE
        assert (await fineract.enquire(leg("withdraw"))).state == "unknown"
        await fineract.close()


async def test_an_endpoint_of_that_name_serves_it(peer: FineractStandIn) -> None:
    published = "https://user:{credential}@bank:8443/fineract-provider/api/v1?tenant=default&zone=Asia/Shanghai"
    assert check("fineract", "rest", published, {}) == {}
    directory = Directory()
    path = "guanxi.systems.fineract:make_system"
    await directory.apply([Endpoint(name="fineract", adapter=path, protocol="rest", address=peer.address)], [])
    moved = leg("withdraw")
    systems = Systems(directory, dt.timedelta(seconds=6))
    assert (await systems.perform(moved)).state == "confirmed"
    assert (await systems.undo(moved)).state == "reversed"
    assert (await systems.perform(moved)).state == "failed"
    assert peer.balance("FN0001") == 1000
    await directory.close()
