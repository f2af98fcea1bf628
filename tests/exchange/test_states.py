"""The table of leg states."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from pathlib import Path

import asyncpg
import django
import psycopg
import pytest
from tests.exchange.conftest import ask

from guanxi.exchange.errors import LegStateForbidden
from guanxi.exchange.journal import Intake, fingerprint
from guanxi.exchange.legs import LegProgress
from guanxi.exchange.process import SERVICES, Exchange
from guanxi.exchange.states import NEXT, OPEN, REQUEST_NEXT, LegState, drawn, may_become, request_steps, steps
from guanxi.kernel.clock import now
from guanxi.kernel.identity import uuid7
from guanxi.services.catalogue.internal_transfer import InternalTransfer
from guanxi.services.request import Leg
from guanxi.services.service import Names

TRANSFER = InternalTransfer("SV0001", "SV0002", Decimal(1), "CNY")
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "journal.md"


def reachable(state: LegState) -> set[LegState]:
    found = {state}
    while more := {following for each in found for following in NEXT[each]} - found:
        found |= more
    return found


def test_journal_and_table_know_the_same_states() -> None:
    django.setup()
    from guanxi.exchange.models import LEG_STATES

    assert set(LEG_STATES) == {state.value for state in LegState} == {state.value for state in NEXT}


def test_every_state_can_be_reached_and_every_leg_can_end() -> None:
    assert reachable(LegState.PLANNED) == set(LegState)
    ends = {state for state in LegState if not NEXT[state]}
    assert ends == {LegState.FAILED, LegState.REVERSED, LegState.RESOLVED, LegState.DROPPED}
    assert all(reachable(state) & (ends | {LegState.CONFIRMED}) for state in LegState)


def test_what_is_open_can_still_change_and_what_has_ended_is_not_open() -> None:
    assert all(NEXT[state] for state in OPEN)
    assert not OPEN & {LegState.CONFIRMED, LegState.FAILED, LegState.REVERSED, LegState.DROPPED, LegState.PLANNED}


@pytest.mark.parametrize("present", LegState)
@pytest.mark.parametrize("following", LegState)
def test_a_leg_goes_only_where_the_table_lets_it(present: LegState, following: LegState) -> None:
    progress = LegProgress(Leg(uuid7(), "savings", "debit", {}), present)
    if present is following or may_become(present, following):
        progress.become(following)
        assert progress.state is following
    else:
        with pytest.raises(LegStateForbidden):
            progress.become(following)
        assert progress.state is present


def test_the_reference_shows_the_tables() -> None:
    of_request, of_leg = PAGE.read_text().split("## Recovery")[0].split("### Of a leg")
    assert (shown(of_request), shown(of_leg)) == (REQUEST_NEXT, NEXT)


def shown(text: str) -> dict[str, set[str]]:
    """What a page's table of states says."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \|(.*)\|$", text, re.MULTILINE)
    return {state: set(re.findall(r"`(\w+)`", following)) for state, following in rows}


def test_the_reference_draws_the_tables() -> None:
    assert drawn(NEXT) in PAGE.read_text()
    assert drawn(REQUEST_NEXT) in PAGE.read_text()


def test_the_database_knows_the_same_tables(database_url: str) -> None:
    query = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s"
    with psycopg.connect(database_url) as connection:
        for trigger, allowed in (("exchange_leg_steps", steps()), ("exchange_request_steps", request_steps())):
            [(told,)] = connection.execute(query, [trigger]).fetchall()
            assert sorted(re.search(r"\{([^}]*)\}", told)[1].split(",")) == allowed


@pytest.mark.parametrize(
    ("present", "following"), [("reversed", "confirmed"), ("confirmed", "sent"), ("failed", "reversing")]
)
async def test_the_database_refuses_a_step_that_is_not_in_the_table(
    local_exchange: Exchange, pool: asyncpg.Pool, present: str, following: str
) -> None:
    leg_id = await leg_that_is(local_exchange, pool, present)
    with pytest.raises(asyncpg.RestrictViolationError, match=f"cannot go from {present} to {following}"):
        await pool.execute("UPDATE exchange_journalleg SET state = $2 WHERE id = $1", leg_id, following)


async def test_the_database_refuses_another_end_than_the_first(local_exchange: Exchange, pool: asyncpg.Pool) -> None:
    reply = await local_exchange.handle(ask("internal_transfer", TRANSFER))
    with pytest.raises(asyncpg.RestrictViolationError, match="cannot go from failed to completed"):
        await pool.execute("UPDATE exchange_journalrequest SET outcome = 'completed' WHERE id = $1", reply.request_id)


async def test_the_database_refuses_a_leg_in_doubt_that_nobody_owns(
    local_exchange: Exchange, pool: asyncpg.Pool
) -> None:
    leg_id = await leg_that_is(local_exchange, pool, "sent")
    with pytest.raises(asyncpg.CheckViolationError, match="exchange_leg_owned"):
        await pool.execute("UPDATE exchange_journalleg SET state = 'in_doubt' WHERE id = $1", leg_id)


async def test_nothing_in_the_journal_is_deleted(local_exchange: Exchange, pool: asyncpg.Pool) -> None:
    await local_exchange.handle(ask("internal_transfer", TRANSFER))
    for table in ("exchange_journalleg", "exchange_journalrequest"):
        with pytest.raises(asyncpg.RestrictViolationError, match="is kept"):
            await pool.execute(f"DELETE FROM {table}")


async def leg_that_is(exchange: Exchange, pool: asyncpg.Pool, state: str) -> uuid.UUID:
    """A leg in `state`, by a way that the table allows."""
    request = ask("internal_transfer", TRANSFER)
    plan = SERVICES["internal_transfer"].plan(request, await exchange.lookup.find(Names(accounts=("SV0001", "SV0002"))))
    assert await exchange.journal.take_in(Intake(request, fingerprint(request), plan.entries, plan.legs, now()))
    if state != "sent":
        await pool.execute("UPDATE exchange_journalleg SET state = $2 WHERE id = $1", plan.legs[0].id, state)
    return plan.legs[0].id
