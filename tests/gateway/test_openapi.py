"""The interface is what its OpenAPI document says, for well-formed and malformed requests alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx
import hypothesis
import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks

from guanxi.access.machine_clients import NewClient, add_key, register_client
from guanxi.access.scopes import SCOPES
from guanxi.gateway.app import all_operations
from guanxi.gateway.openapi import document
from guanxi.gateway.operations import KeyRule
from guanxi.kernel.clock import now

load_all_checks()
# Business rules (whose account, which currency) are not in the schema, so a fitting request may still be refused; and
# there is no business system behind this gateway, which a package needs, so 503 is the right answer to one that fits.
CHECKED = [check for check in CHECKS.get_all() if check.__name__ != "positive_data_acceptance"]
WITHOUT_SYSTEMS = [check for check in CHECKED if check.__name__ != "not_a_server_error"]
EVERYTHING = [
    (operation.method, operation.path, mode)
    for operation in all_operations()
    for mode in schemathesis.GenerationMode
    # What takes nothing cannot be asked wrongly.
    if mode.is_positive or operation.body or operation.path_parameters or operation.idempotency_key != KeyRule.IGNORED
]
OF_MACHINES = r"/customers|/sources|/moves|/webhooks"
OF_CORPORATES = r"/payment-files|/camt\.|/entries|/credit-transfers"


@pytest.fixture(scope="module")
def described(gateway) -> object:
    return schemathesis.openapi.from_url(f"{gateway.url}/openapi.json")


@pytest.fixture(scope="module")
def signed_in(new_customer, sign_in) -> Iterator[dict[str, str]]:
    """A session for each request: one of the operations ends the session it is called with."""
    customer = new_customer()
    return iter([sign_in(customer) for _ in range(800)])


@pytest.fixture(scope="module")
def corporate(new_customer, sign_in) -> dict[str, str]:
    """A session on the channel that payment files come by."""
    return sign_in(new_customer(), "corporate_file")


@pytest.fixture(scope="module")
def machine(database) -> dict[str, str]:
    """The key of a machine client that may do everything."""
    with database.transaction():
        new = NewClient("tester", "Tester", SCOPES, [], 100_000)
        register_client(database, new, by="system:test", at=now())
        return {"Authorization": f"Bearer {add_key(database, 'tester', by='system:test', at=now())}"}


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value) -> bytes:
    """Text of which each line is a document, as it is; whatever else is generated is no line either."""
    return value.encode() if isinstance(value, str) else str(value).encode()


@pytest.mark.parametrize(("method", "path", "mode"), EVERYTHING)
def test_the_gateway_keeps_to_its_own_description(
    described, signed_in, corporate, machine, method: str, path: str, mode
) -> None:
    @hypothesis.given(case=described[path][method].as_strategy(generation_mode=mode))
    @hypothesis.settings(
        max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
    )
    def check(case: schemathesis.Case) -> None:
        headers = machine if re.search(OF_MACHINES, path) else None
        headers = headers or (corporate if re.search(OF_CORPORATES, path) else next(signed_in))
        checks = WITHOUT_SYSTEMS if path == "/v1/packages" else CHECKED
        case.call_and_validate(headers=headers, checks=checks, timeout=30)

    check()


def test_the_document_is_served_as_it_is_made(client: httpx.Client) -> None:
    answer = client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(document(all_operations())))
    assert answer.json()["openapi"] == "3.1.0"


def test_every_operation_is_explained_with_examples_and_refusals(client: httpx.Client) -> None:
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert len(operation["description"]) > 20, where
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            assert body is None or "example" in body, where
            if path.startswith("/v1"):
                assert "401" in operation["responses"], where


def test_the_page_for_people_needs_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for operation in all_operations():
        assert operation.path in page.text
    assert not re.search(r"<script|(src|href)=[\"']?(https?:)?//", page.text)
