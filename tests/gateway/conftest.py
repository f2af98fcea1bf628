"""A real gateway process over a real database, with a few customers to sign in as."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import argon2
import httpx
import psycopg
import pytest
from tests.sandbox_process import Sandbox, start_sandbox

from guanxi.access.cards import number_hash
from guanxi.kernel.identity import uuid7
from guanxi.storage import embedded

CALLBACK_KEY = "callback-key-for-tests"
_SERVE = """
from guanxi.gateway.server import run
from guanxi.storage.configuration import configuration
run(configuration())
"""
_AT = dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
_QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
_PARTY = """
INSERT INTO parties_party
    (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at, updated_at)
VALUES (%s, %s, 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '', '', '', %s, %s)
"""
_CREDENTIAL = """
INSERT INTO access_customercredential (party_id, login, password_hash, failed_attempts) VALUES (%s, %s, %s, 0)
"""
_ACCOUNT = """
INSERT INTO parties_account
    (id, number, system, product, currency, status, branch, opened_on, ledger_balance, available_balance)
VALUES (%s, %s, 'savings', 'savings', 'CNY', 'open', '', %s, 1000, 1000)
"""
_HOLDER = "INSERT INTO parties_accountholder (account_id, party_id, role) VALUES (%s, %s, 'owner')"
_CARD = """
INSERT INTO parties_card
    (id, number_hash, masked_number, kind, product, account_id, party_id, status, expires_on, issued_on,
     pin_verification_value, pin_failures)
VALUES (%s, %s, '622202******0000', 'debit', 'debit', %s, %s, 'active', '2036-01-31', '2026-01-01', '', 0)
"""


@dataclasses.dataclass(frozen=True)
class Customer:
    """Somebody with a login, an account and a card."""

    party_id: uuid.UUID
    login: str
    password: str
    account: str
    card_id: uuid.UUID


@dataclasses.dataclass(frozen=True)
class Served:
    """A running gateway."""

    url: str
    port: int
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[psycopg.Connection]:
    """A connection of the test's own, to prepare and to look."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def new_customer(database: psycopg.Connection) -> Callable[..., Customer]:
    """Makes one more customer."""

    def make(number: str = "", password: str = "") -> Customer:
        party_id, account_id, card_id = uuid7(), uuid7(), uuid7()
        number, password = number or str(uuid.uuid4().int)[:12], password or "correct"
        database.execute(_PARTY, [party_id, number, _AT, _AT])
        database.execute(_CREDENTIAL, [party_id, number, _QUICK.hash(password)])
        database.execute(_ACCOUNT, [account_id, f"6{number}", _AT])
        database.execute(_HOLDER, [account_id, party_id])
        database.execute(_CARD, [card_id, number_hash("any", number), account_id, party_id])
        return Customer(party_id, number, password, f"6{number}", card_id)

    return make


@pytest.fixture(scope="module")
def sandbox_ports() -> dict[str, str]:
    """Where the gateway looks for business systems; a module that wants them starts them there."""
    return {name: str(embedded.free_port()) for name in ("GUANXI_SANDBOX_PORT", "GUANXI_CARD_HOST_PORT")}


@pytest.fixture(scope="module")
def new_gateway(sandbox_ports: dict[str, str]) -> Iterator[Callable[[str], Served]]:
    """Starts a gateway process over a database."""
    started: list[Served] = []

    def start(database_url: str) -> Served:
        port = embedded.free_port()
        environment = {
            **os.environ,
            **sandbox_ports,
            "GUANXI_DATABASE_URL": database_url,
            "GUANXI_GATEWAY_PORT": str(port),
            "GUANXI_ISO8583_PORT": str(embedded.free_port()),
            "GUANXI_CALLBACK_KEY": CALLBACK_KEY,
        }
        process = subprocess.Popen([sys.executable, "-c", _SERVE], env=environment)
        started.append(Served(f"http://127.0.0.1:{port}", port, process))
        _await_health(started[-1])
        return started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            served.process.terminate()
            assert served.process.wait(20) == 0


@pytest.fixture(scope="module")
def gateway(database_url: str, new_gateway: Callable[[str], Served]) -> Served:
    """One gateway process for the module."""
    return new_gateway(database_url)


@pytest.fixture(scope="module")
def bank(
    gateway: Served, sandbox_ports: dict[str, str], empty_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    """The sandbox bank behind it."""
    ports = (int(sandbox_ports["GUANXI_SANDBOX_PORT"]), int(sandbox_ports["GUANXI_CARD_HOST_PORT"]))
    url = f"{gateway.url}/callbacks/intermediary"
    files = Path(tmp_path_factory.mktemp("files"))
    running = start_sandbox(empty_database_url, files, ports=ports, callback_url=url)
    yield running
    running.assert_balanced()
    running.stop()


@pytest.fixture(scope="module")
def client(gateway: Served) -> Iterator[httpx.Client]:
    """Somebody who speaks HTTP to it."""
    with httpx.Client(base_url=gateway.url, timeout=30) as client:
        yield client


class SignIn(Protocol):
    """Signs a customer in on a channel and answers the headers to send from then on."""

    def __call__(self, customer: Customer, channel: str = "internet") -> dict[str, str]: ...


@pytest.fixture(scope="module")
def sign_in(client: httpx.Client) -> SignIn:
    """Signs a customer in on a channel and answers the headers to send from then on."""

    def make(customer: Customer, channel: str = "internet") -> dict[str, str]:
        body = {"login": customer.login, "password": customer.password, "channel": channel}
        answer = client.post("/v1/sessions", json=body)
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    return make


def _await_health(served: Served) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and served.process.poll() is None:
        try:
            if httpx.get(f"{served.url}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail("the gateway did not become ready")
