"""Customers sign in and out over HTTP; both are on their timeline, and a refusal tells nothing."""

from __future__ import annotations

import httpx
import psycopg
import pytest

SECURITY = """
SELECT channel, service, outcome FROM interactions_interaction
WHERE party_id = %s AND kind = 'security' ORDER BY occurred_at, id
"""


def attempt(client: httpx.Client, login: str, password: str) -> httpx.Response:
    return client.post("/v1/sessions", json={"login": login, "password": password, "channel": "internet"})


@pytest.mark.parametrize("channel", ["internet", "mobile"])
def test_a_customer_signs_in_looks_and_signs_out(client, database, new_customer, sign_in, channel: str) -> None:
    customer = new_customer()
    headers = sign_in(customer, channel)
    assert client.get("/v1/accounts", headers=headers).status_code == 200
    assert client.delete("/v1/sessions/current", headers=headers).status_code == 204
    refused = client.get("/v1/accounts", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")
    assert client.delete("/v1/sessions/current", headers=headers).status_code == 401
    assert database.execute(SECURITY, [customer.party_id]).fetchall() == [
        (channel, "sign_in", "completed"),
        (channel, "sign_out", "completed"),
    ]


def test_the_answer_says_who_is_signed_in_and_until_when(client, new_customer) -> None:
    customer = new_customer()
    answer = attempt(client, customer.login, customer.password).json()
    assert answer["party"] == {
        "id": str(customer.party_id),
        "number": customer.login,
        "name": "王小明",
        "latin_name": "Wang Xiaoming",
        "language": "zh-Hans",
    }
    assert answer["expires_at"].endswith("Z")
    assert len(answer["token"]) == 43


def test_a_wrong_password_and_an_unknown_login_read_the_same(client, database, new_customer) -> None:
    customer = new_customer()
    wrong, unknown = attempt(client, customer.login, "wrong"), attempt(client, "nobody", "wrong")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.json()["code"] == "sign_in_refused"
    assert database.execute(SECURITY, [customer.party_id]).fetchall() == [("internet", "sign_in", "declined")]
    assert sessions_of(database, customer.party_id) == 0


def test_five_failures_lock_the_right_password_out_too(client, database, new_customer) -> None:
    customer = new_customer()
    for _ in range(5):
        assert attempt(client, customer.login, "wrong").status_code == 401
    assert attempt(client, customer.login, customer.password).status_code == 401
    assert sessions_of(database, customer.party_id) == 0


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer x", "Bearer a b", "Basic eDp5", "Bearer " + "x" * 43, "Bearer " + "é" * 43]
)
def test_without_a_session_nothing_is_answered_or_written(client, database, authorization: str) -> None:
    before = rows(database)
    refused = client.get("/v1/accounts", headers={"Authorization": authorization.encode("latin-1")})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert refused.headers["content-type"] == "application/problem+json"
    assert rows(database) == before


def sessions_of(database: psycopg.Connection, party_id: object) -> int:
    query = "SELECT count(*) FROM access_customersession WHERE party_id = %s"
    return int(database.execute(query, [party_id]).fetchone()[0])


def rows(database: psycopg.Connection) -> tuple[int, int]:
    query = "SELECT (SELECT count(*) FROM exchange_journalrequest), (SELECT count(*) FROM interactions_interaction)"
    return database.execute(query).fetchone()
