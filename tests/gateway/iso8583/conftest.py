"""A gateway with terminals, cards and a card host, all on real sockets and a real database."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import itertools
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Literal

import asyncpg
import psycopg
import pytest
import uvloop
from tests.peers.scripted_card_host import ScriptedHost
from tests.peers.terminal_client import MAC_KEY, PIN_KEY, TerminalClient
from tests.sandbox_process import Sandbox, start_sandbox

from guanxi.access.cards import check_digit, mask_number, number_hash
from guanxi.access.pin import pin_verification_key
from guanxi.access.terminals import NewTerminal, register_terminal
from guanxi.gateway.resources import Gateway, open_gateway
from guanxi.gateway.terminals import serve_terminals
from guanxi.kernel.identity import uuid7
from guanxi.storage import embedded
from guanxi.storage.configuration import read_configuration
from guanxi.storage.embedded import free_port

SECRET = os.environ["GUANXI_SECRET_KEY"]
_numbers = itertools.count(1)
_CARD = """
WITH party AS (
    INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier,
        created_at, updated_at)
    VALUES ($1, $2, 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '', '', '', now(), now()) RETURNING id
), account AS (
    INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
        available_balance)
    VALUES ($3, $4, $5, 'product', 'CNY', 'open', '', '2020-01-01', 0, 0) RETURNING id
), holder AS (
    INSERT INTO parties_accountholder (account_id, party_id, role) SELECT account.id, party.id, 'owner'
    FROM account, party
)
INSERT INTO parties_card (id, number_hash, masked_number, kind, product, account_id, party_id, status, expires_on,
    issued_on, pin_verification_value, pin_failures)
SELECT $6, $7, $8, $9, 'product', account.id, party.id, $10, $11, '2020-01-01', $12, 0 FROM account, party
"""


@dataclasses.dataclass(frozen=True)
class HeldCard:
    """A card, its PIN and whose it is."""

    number: str
    pin: str
    id: uuid.UUID
    party_id: uuid.UUID
    account: str


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Callable[[], object]]:  # noqa: ARG001
    """The gateway runs on uvloop, and so do its tests."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def secret_key() -> str:
    """The installation's secret."""
    return SECRET


@pytest.fixture(scope="module")
def bank(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox bank, whose ledger must balance when all is done."""
    name = f"bank_{uuid.uuid4().hex[:8]}"
    url = f"{postgres.rpartition('/')[0]}/{name}"
    embedded.make_database(url)
    running = start_sandbox(url, Path(tmp_path_factory.mktemp("files")))
    yield running
    running.assert_balanced()
    running.stop()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """A test's own connections to the gateway's database."""
    async with asyncpg.create_pool(database_url, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
async def card_host() -> AsyncIterator[ScriptedHost]:
    """A card host that approves everything until told otherwise."""
    host = ScriptedHost()
    await host.start()
    yield host
    await host.stop()


@pytest.fixture
async def gateway(database_url: str, card_host: ScriptedHost) -> AsyncIterator[Gateway]:
    """A gateway with its terminals' door, in this very process."""
    environment = {
        "GUANXI_DATABASE_URL": database_url,
        "GUANXI_ISO8583_PORT": str(free_port()),
        "GUANXI_CARD_HOST_PORT": str(card_host.port),
        "GUANXI_SANDBOX_PORT": str(free_port()),
        "GUANXI_SECRET_KEY": SECRET,
    }
    async with open_gateway(read_configuration(environment)) as gateway, serve_terminals(gateway):
        await asyncio.wait_for(gateway.exchange.directory.guards["cards"].adapter.ready(), 5)
        yield gateway


@pytest.fixture
async def new_card(pool: asyncpg.Pool) -> Callable[..., Awaitable[HeldCard]]:
    """Makes one more customer with a card of the given kind."""

    async def make(
        kind: str = "credit", *, status: str = "active", expires_on: dt.date = dt.date(2039, 12, 31)
    ) -> HeldCard:
        digits = f"{'625965' if kind == 'credit' else '622202'}{uuid.uuid4().int % 10**9:09}"
        number = digits + check_digit(digits)
        card = HeldCard(number, "1234", uuid7(), uuid7(), f"6{uuid.uuid4().int % 10**14:014}")
        value = pin_verification_key(SECRET).value("1234", number)
        owner = (card.party_id, card.account[-9:] + f"{next(_numbers):03}", uuid7(), card.account)
        held = (card.id, number_hash(SECRET, number), mask_number(number), kind, status, expires_on, value)
        await pool.execute(_CARD, *owner, "cards" if kind == "credit" else "savings", *held)
        return card

    return make


@pytest.fixture
async def atm(gateway: Gateway) -> AsyncIterator[TerminalClient]:
    """An ATM, signed on."""
    async with await terminal(gateway, "ATM00001", "atm") as client:
        await client.sign_on()
        yield client


@pytest.fixture
async def pos(gateway: Gateway) -> AsyncIterator[TerminalClient]:
    """A shop's terminal, signed on."""
    async with await terminal(gateway, "POS00001", "pos") as client:
        await client.sign_on()
        yield client


async def terminal(gateway: Gateway, terminal_id: str, kind: Literal["atm", "pos"]) -> TerminalClient:
    """A registered terminal, not yet connected."""
    await put_in_service(gateway.pool, terminal_id, kind)
    return TerminalClient(gateway.configuration.iso8583_port, terminal_id)


async def put_in_service(pool: asyncpg.Pool, terminal_id: str, kind: Literal["atm", "pos"]) -> None:
    """Register a terminal under the keys that test terminals have."""
    new = NewTerminal(terminal_id, "GUANXI000000001", kind, terminal_id, "CNY", MAC_KEY, PIN_KEY)
    async with pool.acquire() as connection:
        await register_terminal(connection, SECRET, new)


@pytest.fixture
async def atm_in_service(pool: asyncpg.Pool) -> str:
    """The id of a registered ATM."""
    await put_in_service(pool, "ATM00009", "atm")
    return "ATM00009"


@pytest.fixture
def timeline(gateway: Gateway) -> Callable[[HeldCard], Awaitable[list[asyncpg.Record]]]:
    """What stands on a customer's timeline, oldest first."""

    async def look(card: HeldCard) -> list[asyncpg.Record]:
        return await gateway.pool.fetch(
            "SELECT * FROM interactions_interaction WHERE party_id = $1 ORDER BY occurred_at, id", card.party_id
        )

    return look
