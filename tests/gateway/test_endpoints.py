"""An endpoint is changed while the gateway serves: it takes effect at once, and all of it is audited."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.gateway.conftest import Customer, Served
from tests.sandbox_process import Sandbox, start_sandbox

pytestmark = pytest.mark.processes

_CHANGE = """
import json, sys
import django; django.setup()
from guanxi.exchange import endpoint_operations as operations
from guanxi.exchange.errors import ExchangeError
from guanxi.exchange.models import EndpointRow
from guanxi.exchange.routing import Route
from guanxi.kernel.clock import now
given = json.loads(sys.argv[1])
def draft(row, **changes):
    parameters = {**row.parameters, **changes.pop("parameters", {})}
    return operations.Draft(**{**dict(adapter=row.adapter, protocol=row.protocol, address=row.address,
        enabled=row.enabled), **changes}, parameters=parameters)
common = dict(actor="staff:engineer", at=now())
row = EndpointRow.objects.get(name=given.get("name", "savings"))
try:
    if given["what"] == "change":
        operations.change_endpoint(name=row.name, draft=draft(row, **given["changes"]), reason="a test",
            from_version=row.version, **common)
    elif given["what"] == "create":
        operations.create_endpoint(name=given["new"], draft=draft(row, **given["changes"]), reason="a test", **common)
    elif given["what"] == "back":
        operations.roll_back(name=row.name, to_version=given["to"], from_version=row.version, **common)
    else:
        operations.save_route(route_id=None, route=Route(name="spare", system="savings",
            endpoints=("savings", "spare"), stand_in="balance"), **common)
except ExchangeError as error:
    print(error.code, *getattr(error, "faults", ()))
"""


@pytest.fixture(scope="module")
def other_bank(bank: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The same books behind other doors."""
    running = start_sandbox(bank.database_url, Path(tmp_path_factory.mktemp("other")))
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="module")
def change(database_url: str) -> Callable[..., str]:
    """Does what the screen does, as a process of its own; what it was refused for."""

    def run(what: str, **given: Any) -> str:
        told = subprocess.run(
            [sys.executable, "-c", _CHANGE, json.dumps({"what": what, **given})],
            env={**os.environ, "GUANXI_DATABASE_URL": database_url},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return told.stdout.strip()

    return run


@pytest.fixture(scope="module")
def customer(new_customer: Callable[..., Customer], bank: Sandbox) -> Customer:
    made = new_customer()
    account = {"number": made.account, "currency": "CNY", "product": "savings", "owner": "x", "opening_balance": "1000"}
    bank.open_accounts("savings", account)
    return made


@pytest.fixture(scope="module")
def client(gateway: Served, customer: Customer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway.url, timeout=20) as opened:
        answer = opened.post(
            "/v1/sessions", json={"login": customer.login, "password": customer.password, "channel": "internet"}
        )
        opened.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield opened


def _await(condition: Callable[[], object], seconds: float = 20.0) -> float:
    """Wait until it holds; how long that took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds
        time.sleep(0.02)
    return time.monotonic() - started


def _served_by(database: psycopg.Connection, name: str) -> dict[str, Any] | None:
    row = database.execute(
        "SELECT health, breaker, version FROM exchange_endpointhealth WHERE endpoint = %s", [name]
    ).fetchone()
    return dict(zip(("health", "breaker", "version"), row, strict=True)) if row else None


def _balance(client: httpx.Client, customer: Customer) -> httpx.Response:
    return client.get(f"/v1/accounts/{customer.account}/balance")


def test_traffic_moves_to_a_second_instance_without_a_restart_and_it_is_audited(
    client: httpx.Client,
    customer: Customer,
    bank: Sandbox,
    other_bank: Sandbox,
    change: Callable[..., str],
    database: psycopg.Connection,
) -> None:
    assert _balance(client, customer).status_code == 200
    bank.call("PUT", "/faults/savings", {"kind": "refuse"})  # from now on only the other one answers well
    assert change("change", changes={"address": f"{other_bank.url}/savings"}) == ""
    _await(lambda: (_served_by(database, "savings") or {}).get("version") == 2)
    assert _balance(client, customer).status_code == 200
    bank.call("DELETE", "/faults/savings")
    [(actor, detail)] = database.execute(
        "SELECT actor, detail FROM access_auditentry WHERE action = 'change_endpoint' AND subject = 'endpoint:savings'"
    ).fetchall()
    assert actor == "staff:engineer"
    assert detail["changes"] == [["address", "{sandbox}/savings", f"{other_bank.url}/savings"]]
    assert change("back", to=1) == ""
    _await(lambda: (_served_by(database, "savings") or {}).get("version") == 3)
    with pytest.raises(psycopg.errors.RestrictViolation):
        database.execute("UPDATE exchange_endpointversion SET actor = 'nobody'")


def test_nonsense_is_told_by_its_field_and_nothing_is_saved(
    change: Callable[..., str], database: psycopg.Connection
) -> None:
    before = database.execute("SELECT count(*) FROM exchange_endpointversion").fetchone()
    told = change("change", changes={"address": "nowhere", "parameters": {"attempts": -1, "credential": "hunter2"}})
    assert set(told.split()) == {"exchange.parameters_invalid", "address", "attempts", "credential"}
    assert change("change", changes={"adapter": "os:system"}) == "exchange.parameters_invalid adapter"
    assert database.execute("SELECT count(*) FROM exchange_endpointversion").fetchone() == before


def test_a_dead_peer_opens_the_breaker_the_other_takes_over_and_it_closes_again(
    client: httpx.Client,
    customer: Customer,
    bank: Sandbox,
    other_bank: Sandbox,
    change: Callable[..., str],
    database: psycopg.Connection,
) -> None:
    quick = {"breaker_failures": 2, "breaker_seconds": 0.5, "heartbeat_seconds": 0.3}
    assert change("change", changes={"address": f"{other_bank.url}/savings", "parameters": quick}) == ""
    assert change("create", new="spare", changes={"address": f"{bank.url}/savings"}) == ""
    assert change("route") == ""
    _await(lambda: _served_by(database, "spare"))
    other_bank.kill()
    assert _balance(client, customer).status_code == 200  # it never left for there, so it fails over
    _await(lambda: _served_by(database, "savings")["health"] == "down")  # type: ignore[index]
    for _ in range(3):
        body = {"from_account": customer.account, "to_account": customer.account, "amount": "1.00", "currency": "CNY"}
        client.post("/v1/transfers", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
        assert _balance(client, customer).status_code == 200
    revived = start_sandbox(bank.database_url, other_bank.files, ports=(other_bank.http_port, other_bank.card_port))
    _await(lambda: _served_by(database, "savings") == {"health": "up", "breaker": "closed", "version": 4})
    assert _balance(client, customer).status_code == 200
    revived.stop()


def test_our_own_record_stands_in_when_nothing_is_up(
    client: httpx.Client, customer: Customer, change: Callable[..., str], database: psycopg.Connection
) -> None:
    assert "as_of" not in _balance(client, customer).json()["result"]
    assert change("change", name="spare", changes={"enabled": False}) == ""
    _await(lambda: (_served_by(database, "spare") or {}).get("health") == "disabled")
    told = _balance(client, customer)
    assert told.status_code == 200
    assert told.json()["result"]["as_of"]
