"""Whatever is wrong with a request is named, counted, and leaves nothing behind."""

from __future__ import annotations

import json
import re

import httpx
import psycopg
import pytest

TRANSFER = {"from_account": "62220001", "to_account": "62220002", "amount": "1.00", "currency": "CNY"}
WRITTEN = """
SELECT (SELECT count(*) FROM exchange_journalrequest), (SELECT count(*) FROM exchange_journalleg),
       (SELECT count(*) FROM interactions_interaction), (SELECT count(*) FROM interactions_case)
"""
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def headers(new_customer, sign_in) -> dict[str, str]:
    return sign_in(new_customer())


@pytest.fixture
def nothing_is_written(database: psycopg.Connection, headers: dict[str, str]):
    assert headers  # the sign-in itself is on the timeline already
    before = database.execute(WRITTEN).fetchone()
    yield
    assert database.execute(WRITTEN).fetchone() == before


def changed(**changes: object) -> bytes:
    body = {**TRANSFER, **changes}
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "malformed_json", None),
        (b"{", "malformed_json", None),
        (b"{'a': 1}", "malformed_json", None),
        (b"\xff\xfe{}", "malformed_json", None),
        (changed(memo="x").replace(b'"x"', b'"\xff"'), "malformed_json", None),
        (b'{"amount": NaN}', "malformed_json", None),
        (changed() + b" {}", "malformed_json", None),
        (b'{"memo": "\\ud800"}', "malformed_json", None),
        (b"[]", "invalid_request", "body"),
        (b"null", "invalid_request", "body"),
        (b"[" * 20_000, "invalid_request", "body"),
        (b"{}", "invalid_request", "from_account"),
        (changed(colour="red"), "invalid_request", "colour"),
        (changed(amount=None), "invalid_request", "amount"),
        (changed(amount=1), "invalid_request", "amount"),
        (changed(amount=1.5), "invalid_request", "amount"),
        (changed(amount="1.001"), "invalid_request", "amount"),
        (changed(amount="0"), "invalid_request", "amount"),
        (changed(amount="0.00"), "invalid_request", "amount"),
        (changed(amount="-1.00"), "invalid_request", "amount"),
        (changed(amount="NaN"), "invalid_request", "amount"),
        (changed(amount="Infinity"), "invalid_request", "amount"),
        (changed(amount="1e3"), "invalid_request", "amount"),
        (changed(amount=" 1.00"), "invalid_request", "amount"),
        (changed(amount="1.00\n"), "invalid_request", "amount"),
        (changed(amount="１.00"), "invalid_request", "amount"),
        (changed(amount="1" * 16), "invalid_request", "amount"),
        (changed(amount="1.5", currency="JPY"), "invalid_request", "amount"),
        (changed(currency="XXX"), "invalid_request", "currency"),
        (changed(currency="cny"), "invalid_request", "currency"),
        (changed(currency=156), "invalid_request", "currency"),
        (changed(from_account={"number": 1}), "invalid_request", "from_account"),
        (changed(from_account="x" * 35), "invalid_request", "from_account"),
        (changed(from_account="62\u0000"), "invalid_request", "from_account"),
        (changed(memo="a\u0000b"), "invalid_request", "memo"),
        (changed(memo="x" * 141), "invalid_request", "memo"),
    ],
)
@pytest.mark.usefixtures("nothing_is_written")
def test_a_body_that_does_not_fit(
    client: httpx.Client, headers: dict[str, str], body: bytes, code: str, field: str | None
) -> None:
    answer = client.post("/v1/transfers", content=body, headers={**headers, **JSON, "Idempotency-Key": "k"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, code), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in problem.get("errors", [])] == ([field] if field else [])


@pytest.mark.parametrize("key", [None, "", "x" * 41, "with space", "ünï"])
@pytest.mark.usefixtures("nothing_is_written")
def test_a_change_needs_a_fit_idempotency_key(client: httpx.Client, headers: dict[str, str], key: str | None) -> None:
    given = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}
    answer = client.post("/v1/transfers", json=TRANSFER, headers={**headers, **given})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
@pytest.mark.usefixtures("nothing_is_written")
def test_only_json_is_understood(client: httpx.Client, headers: dict[str, str], media_type: str | None) -> None:
    given = {"Content-Type": media_type} if media_type else {}
    answer = client.post("/v1/transfers", content=changed(), headers={**headers, **given, "Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type_unsupported")


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.usefixtures("nothing_is_written")
def test_a_body_beyond_64_kib_is_refused(client: httpx.Client, headers: dict[str, str], *, declared: bool) -> None:
    body = changed(memo="x" * 70_000)
    content = body if declared else iter([body[:40_000], body[40_000:]])
    answer = client.post("/v1/transfers", content=content, headers={**headers, **JSON, "Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("number", ["1", "x" * 35, "%00", "%F0%9F%92%B0", "a%20b", "' OR 1=1", "9999999999"])
@pytest.mark.parametrize("what", ["balance", "statement"])
def test_an_account_that_is_not_there_is_unknown(
    client: httpx.Client, headers: dict[str, str], number: str, what: str
) -> None:
    answer = client.get(f"/v1/accounts/{number}/{what}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "account_unknown")


def test_somebody_elses_account_and_card_read_as_if_they_were_not_there(client, new_customer, headers) -> None:
    other = new_customer()
    theirs = client.get(f"/v1/accounts/{other.account}/balance", headers=headers)
    nobodys = client.get("/v1/accounts/6000000000001/balance", headers=headers)
    assert theirs.status_code == nobodys.status_code == 404
    assert without_request(theirs) == without_request(nobodys)
    block = client.post(
        f"/v1/cards/{other.card_id}/block", json={"reason": "lost"}, headers={**headers, "Idempotency-Key": "other"}
    )
    assert (block.status_code, block.json()["code"]) == (404, "card_unknown")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "path_unknown"),
        ("GET", "/v1", 404, "path_unknown"),
        ("GET", "/v1/accounts/1/2/balance", 404, "path_unknown"),
        ("POST", "/v2/transfers", 404, "path_unknown"),
        ("GET", "/v1/%2e%2e/%2e%2e/etc/passwd", 404, "path_unknown"),
        ("POST", "/v1/accounts", 405, "method_not_allowed"),
        ("GET", "/v1/transfers", 405, "method_not_allowed"),
        ("PATCH", "/v1/contact-details", 405, "method_not_allowed"),
        ("PUT", "/v1/accounts/62220001/balance", 405, "method_not_allowed"),
        ("BREW", "/v1/accounts", 405, "method_not_allowed"),
        ("BREW", "/v1/accounts/62220001/balance", 405, "method_not_allowed"),
    ],
)
@pytest.mark.usefixtures("nothing_is_written")
def test_paths_and_methods_that_are_not_served(
    client: httpx.Client, headers: dict[str, str], method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (status == 405) == ("allow" in answer.headers)


def test_every_refusal_is_counted_by_its_kind(client: httpx.Client, headers: dict[str, str]) -> None:
    def count() -> float:
        text = client.get("/metrics").text
        found = re.search(r'guanxi_refused_inputs_total\{channel="internet",kind="malformed_json"} (\S+)', text)
        return float(found[1]) if found else 0.0

    before = count()
    client.post("/v1/transfers", content=b"{", headers={**headers, **JSON, "Idempotency-Key": "k"})
    assert count() == before + 1


def without_request(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name != "request_id"}
