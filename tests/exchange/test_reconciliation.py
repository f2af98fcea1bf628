"""Journal and books are merged by name whatever their size, and what does not agree is found, once."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.conftest import ask
from tests.sandbox_process import Sandbox, start_sandbox

from guanxi.exchange.breaks import BreakKind
from guanxi.exchange.comparison import JournalledLeg, compare, merged, missing_here
from guanxi.exchange.process import Exchange
from guanxi.exchange.reconciliation import Result, reconcile
from guanxi.exchange.states import LegState
from guanxi.kernel.clock import now
from guanxi.kernel.vocabulary import Outcome
from guanxi.services.catalogue.internal_transfer import InternalTransfer
from guanxi.services.ports import BookedOperation
from guanxi.services.request import ServiceReply
from guanxi.systems.rest import RestSystem

Item = TypeVar("Item")
DAY = dt.date(2026, 5, 7)
TRANSFER = InternalTransfer("SV0001", "SV0002", Decimal(1), "CNY")


def leg(name: str, state: LegState = LegState.CONFIRMED, **content: Any) -> JournalledLeg:
    return JournalledLeg(uuid.UUID(int=1), name, "savings", "debit", {"amount": "1.00", **content}, state, None, True)


def booked(name: str, status: str = "posted", amount: str = "1.00") -> BookedOperation:
    return BookedOperation(name, status, "debit", "SV0001", amount, "CNY")


async def stream(items: Sequence[Item]) -> AsyncIterator[Item]:
    for item in items:
        yield item


@given(st.sets(st.integers(0, 200)), st.sets(st.integers(0, 200)))
def test_both_sides_meet_where_they_have_the_same_name(ours: set[int], theirs: set[int]) -> None:
    async def pairs() -> list[tuple[str | None, str | None]]:
        mine = stream([leg(f"{number:03}") for number in sorted(ours)])
        other = stream([booked(f"{number:03}") for number in sorted(theirs)])
        return [(one.name if one else None, two.id if two else None) async for one, two in merged(mine, other)]

    expected = [
        (f"{number:03}" if number in ours else None, f"{number:03}" if number in theirs else None)
        for number in sorted(ours | theirs)
    ]
    assert asyncio.run(pairs()) == expected


@pytest.mark.parametrize(
    ("state", "status", "kind"),
    [
        (LegState.CONFIRMED, "posted", None),
        (LegState.CONFIRMED, "confirmed", None),
        (LegState.CONFIRMED, "reversed", BreakKind.STATE_DIFFERS),
        (LegState.CONFIRMED, "refused", BreakKind.STATE_DIFFERS),
        (LegState.FAILED, "refused", None),
        (LegState.FAILED, "posted", BreakKind.STATE_DIFFERS),
        (LegState.REVERSED, "posted", BreakKind.STATE_DIFFERS),
        (LegState.REVERSED, "reversed", None),
        (LegState.DROPPED, "posted", BreakKind.STATE_DIFFERS),
        (LegState.IN_DOUBT, "posted", None),
        (LegState.RESOLVED, "posted", None),
    ],
)
def test_what_of_a_leg_and_its_operation_does_not_agree(state: LegState, status: str, kind: BreakKind | None) -> None:
    found = compare(leg("a", state), booked("a", status), DAY)
    assert (found.kind if found else None) is kind


def test_other_figures_are_found_and_other_places_are_none() -> None:
    assert compare(leg("a", amount="1.0"), booked("a", amount="1.00"), DAY) is None
    found = compare(leg("a", amount="1.01"), booked("a"), DAY)
    assert found is not None
    assert found.kind is BreakKind.AMOUNT_DIFFERS
    assert (found.ours or {})["amount"] == "1.01"


def test_what_they_refused_for_somebody_else_is_no_break() -> None:
    assert missing_here("savings", booked("a", "refused"), DAY) is None


@pytest.fixture(scope="module")
def sandbox(empty_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The bank with both accounts."""
    files: Path = tmp_path_factory.mktemp("files")
    running = start_sandbox(empty_database_url, files)
    running.open_accounts(
        "savings",
        {"number": "SV0001", "currency": "CNY", "opening_balance": "1000.00"},
        {"number": "SV0002", "currency": "CNY", "opening_balance": "50.00"},
    )
    yield running
    running.stop()


@pytest.fixture
async def banking(pool: asyncpg.Pool, sandbox: Sandbox) -> AsyncIterator[Exchange]:
    """An exchange over the bank's savings system."""
    system = RestSystem(f"{sandbox.url}/savings")
    await system.open()
    yield Exchange(pool, {"savings": system})
    await system.close()


async def transferred(exchange: Exchange) -> ServiceReply:
    reply = await exchange.handle(ask("internal_transfer", TRANSFER))
    assert reply.outcome is Outcome.COMPLETED
    return reply


async def reconciled(exchange: Exchange) -> Result:
    guards = exchange.directory.guards.items()
    books = {name: guard.adapter for name, guard in guards if guard.adapter is not None}
    [result] = await reconcile(exchange.pool, books, now().date(), now())
    assert result.failure == ""
    return result


async def kinds(pool: asyncpg.Pool) -> list[str]:
    return [row["kind"] for row in await pool.fetch("SELECT kind FROM exchange_break ORDER BY kind")]


async def test_a_day_without_breaks_then_one_of_each_kind_found_once(
    banking: Exchange, pool: asyncpg.Pool, sandbox: Sandbox
) -> None:
    replies = [await transferred(banking) for _ in range(4)]
    assert ((result := await reconciled(banking)).breaks, result.ours, result.theirs) == (0, 4, 4)
    legs = [uuid.UUID(int=reply.request_id.int ^ 1) for reply in replies]
    tamper = (
        ("DELETE FROM operation WHERE id = %s", legs[0]),
        ("UPDATE operation SET status = 'reversed' WHERE id = %s", legs[1]),
        ("UPDATE operation SET amount = 2 WHERE id = %s", legs[2]),
    )
    with psycopg.connect(sandbox.database_url, autocommit=True) as books:
        for statement, leg_id in tamper:
            books.execute(statement, [leg_id])
    money = {"operation": "credit", "account": "SV0001", "amount": "9.00", "currency": "CNY"}
    sandbox.call("POST", "/savings/operations", money, {"Idempotency-Key": str(uuid.uuid4())})
    expected = ["amount_differs", "missing_here", "missing_there", "state_differs"]
    for _ in range(2):
        assert (await reconciled(banking)).breaks == 4
        assert await kinds(pool) == expected
    kept = await pool.fetchrow("SELECT ours, theirs, breaks FROM exchange_reconciliation WHERE system = 'savings'")
    assert tuple(kept) == (4, 4, 4)


async def test_a_book_that_cannot_be_read_is_a_failure_and_no_break(pool: asyncpg.Pool) -> None:
    gone = RestSystem("http://127.0.0.1:1/integrated")
    [result] = await reconcile(pool, {"integrated": gone}, now().date(), now())
    assert (result.breaks, bool(result.failure)) == (0, True)
