"""A small bank in the database and an exchange over it."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from tests.peers.scripted_rest_system import ScriptedRestSystem

from guanxi.exchange.process import Exchange
from guanxi.kernel.clock import now
from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Channel
from guanxi.services.request import Actor, ServiceRequest
from guanxi.storage.embedded import free_port
from guanxi.systems.rest import RestSystem

OWNER, STRANGER = uuid.UUID(int=0xA1), uuid.UUID(int=0xB2)
CARD_HASH = "ab" * 32
_BANK = f"""
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier,
    created_at, updated_at)
VALUES ('{OWNER}', '100000001', 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '', '', '', now(), now()),
       ('{STRANGER}', '100000002', 'person', '李芳', 'Li Fang', 'F', 'zh-Hans', '', '', '', now(), now());
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
VALUES ('{uuid.UUID(int=0xC1)}', 'SV0001', 'savings', 'current', 'CNY', 'open', '', '2020-01-01', 1000, 1000),
       ('{uuid.UUID(int=0xC2)}', 'SV0002', 'savings', 'current', 'CNY', 'open', '', '2020-01-01', 50, 50),
       ('{uuid.UUID(int=0xC3)}', 'IN0001', 'integrated', 'umbrella', 'CNY', 'open', '', '2020-01-01', 0, 0);
INSERT INTO parties_accountholder (account_id, party_id, role)
VALUES ('{uuid.UUID(int=0xC1)}', '{OWNER}', 'owner'), ('{uuid.UUID(int=0xC2)}', '{STRANGER}', 'owner'),
       ('{uuid.UUID(int=0xC3)}', '{OWNER}', 'owner');
INSERT INTO parties_card (id, number_hash, masked_number, kind, product, account_id, party_id, status, expires_on,
    issued_on, pin_verification_value, pin_failures)
VALUES ('{uuid.UUID(int=0xD1)}', '\\x{CARD_HASH}', '622202******0001', 'debit', 'debit', '{uuid.UUID(int=0xC1)}',
    '{OWNER}', 'active', '2039-12-31', '2020-01-01', '', 0);
"""


@pytest.fixture(scope="module")
def bank_url(database_url: str) -> str:
    """The address of a database with two customers, three accounts and a card."""
    import psycopg

    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_BANK)
    return database_url


@pytest.fixture
async def pool(bank_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to the bank."""
    async with asyncpg.create_pool(bank_url, min_size=1, max_size=6) as opened:
        yield opened


@pytest.fixture
def local_exchange(pool: asyncpg.Pool) -> Exchange:
    """An exchange that reaches no business system."""
    return Exchange(pool, {})


def ask(
    service: str, arguments: Any, *, key: str | None = None, actor: Actor | None = None, **given: Any
) -> ServiceRequest:
    """A request of the owner on the internet bank, unless told otherwise."""
    request_id = uuid7()
    at: dt.datetime = given.get("at") or now()
    return ServiceRequest(
        id=request_id,
        channel=given.get("channel", Channel.INTERNET),
        service=service,
        idempotency_key=key or request_id.hex,
        actor=actor or Actor("party", str(OWNER), OWNER),
        arguments=arguments,
        received_at=at,
    )


class Clock:
    """The present, moved on by tests that wait for what is due."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()

    def __call__(self) -> dt.datetime:
        return now() + self.ahead

    def pass_by(self, **time: float) -> None:
        """So much time goes by."""
        self.ahead += dt.timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    """A clock that starts at the present."""
    return Clock()


@pytest.fixture
async def peer() -> AsyncIterator[ScriptedRestSystem]:
    """Business systems that do as the test says."""
    system = ScriptedRestSystem()
    await system.start(free_port())
    yield system
    await system.stop()


@pytest.fixture
async def exchange(pool: asyncpg.Pool, peer: ScriptedRestSystem, clock: Clock) -> AsyncIterator[Exchange]:
    """An exchange connected to the scripted systems; recovery runs when a test says so."""
    systems = {name: RestSystem(f"{peer.url}/{name}") for name in ("savings", "integrated", "intermediary", "loans")}
    for system in systems.values():
        await system.open()
    yield Exchange(pool, systems, clock=clock)
    for system in systems.values():
        await system.close()


@contextlib.asynccontextmanager
async def small_exchange(
    bank_url: str,
) -> AsyncIterator[tuple[Exchange, asyncpg.Pool, ScriptedRestSystem, Clock]]:
    """All of the above in one block, for tests that make many of them."""
    peer, clock = ScriptedRestSystem(), Clock()
    await peer.start(free_port())
    names = ("savings", "integrated", "intermediary", "loans")
    systems = {name: RestSystem(f"{peer.url}/{name}") for name in names}
    async with asyncpg.create_pool(bank_url, min_size=1, max_size=3) as pool:
        for system in systems.values():
            await system.open()
        yield Exchange(pool, systems, clock=clock), pool, peer, clock
        for system in systems.values():
            await system.close()
    await peer.stop()


async def leg_states(pool: asyncpg.Pool, request_id: uuid.UUID) -> list[str]:
    """The states of a request's legs, in order."""
    rows = await pool.fetch("SELECT state FROM exchange_journalleg WHERE request_id = $1 ORDER BY position", request_id)
    return [row["state"] for row in rows]


async def timeline(pool: asyncpg.Pool, request_id: uuid.UUID) -> list[tuple[uuid.UUID, str, str | None]]:
    """What the timelines show of a request: whose, outcome, amount."""
    rows = await pool.fetch(
        "SELECT party_id, outcome, amount::numeric(19, 2)::text AS amount FROM interactions_interaction"
        " WHERE request_id = $1 ORDER BY occurred_at, amount NULLS FIRST",
        request_id,
    )
    return [(uuid.UUID(int=row["party_id"].int), row["outcome"], row["amount"]) for row in rows]
