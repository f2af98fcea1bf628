"""Services over HTTP: the same on every channel, once for each Idempotency-Key, durable before the answer."""

from __future__ import annotations

import concurrent.futures
import uuid

import httpx
import psycopg
import pytest

COMPLAINT = {"subject": "Cash not dispensed", "description": "No money came.", "contact_reason": "cash_not_dispensed"}
CASES = "SELECT number FROM interactions_case WHERE party_id = %s"
TIMELINE = """
SELECT channel, service, outcome FROM interactions_interaction
WHERE party_id = %s AND kind <> 'security' ORDER BY occurred_at, id
"""


@pytest.fixture
def customer(new_customer):
    return new_customer()


def with_key(headers: dict[str, str], key: str | None = None) -> dict[str, str]:
    return {**headers, "Idempotency-Key": key or uuid.uuid4().hex}


@pytest.mark.parametrize("channel", ["internet", "mobile"])
def test_accounts_and_cards_are_shown_and_the_look_is_on_the_timeline(
    client, database, customer, sign_in, channel: str
) -> None:
    answer = client.get("/v1/accounts", headers=sign_in(customer, channel))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    result = answer.json()["result"]
    assert [(account["number"], account["available_balance"]) for account in result["accounts"]] == [
        (customer.account, "1000.00")
    ]
    assert [card["id"] for card in result["cards"]] == [str(customer.card_id)]
    assert database.execute(TIMELINE, [customer.party_id]).fetchall() == [(channel, "accounts", "completed")]


def test_a_complaint_opens_one_case_however_often_it_is_sent(client, database, customer, sign_in) -> None:
    headers = with_key(sign_in(customer))
    first = client.post("/v1/complaints", json=COMPLAINT, headers=headers)
    again = client.post("/v1/complaints", json=COMPLAINT, headers=headers)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert database.execute(CASES, [customer.party_id]).fetchall() == [(first.json()["result"]["case"],)]


def test_a_key_used_for_something_else_is_refused_and_changes_nothing(client, database, customer, sign_in) -> None:
    headers = with_key(sign_in(customer))
    client.post("/v1/complaints", json=COMPLAINT, headers=headers)
    other = client.post("/v1/complaints", json={**COMPLAINT, "subject": "Something else"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "duplicate_request")
    block = client.post(f"/v1/cards/{customer.card_id}/block", json={}, headers=headers)
    assert (block.status_code, block.json()["code"]) == (409, "duplicate_request")
    assert len(database.execute(CASES, [customer.party_id]).fetchall()) == 1
    assert card_status(database, customer.card_id) == "active"


def test_a_key_belongs_to_its_customer_and_channel(client, database, new_customer, sign_in) -> None:
    one, other = new_customer(), new_customer()
    for headers in (sign_in(one, "internet"), sign_in(one, "mobile"), sign_in(other, "internet")):
        answer = client.post("/v1/complaints", json=COMPLAINT, headers=with_key(headers, "the-same-key"))
        assert answer.status_code == 200
        assert "idempotency-replayed" not in answer.headers
    assert len(database.execute(CASES, [one.party_id]).fetchall()) == 2
    assert len(database.execute(CASES, [other.party_id]).fetchall()) == 1


def test_the_same_request_sent_side_by_side_takes_effect_once(client, database, customer, sign_in) -> None:
    headers = with_key(sign_in(customer))

    def send(_: int) -> httpx.Response:
        return client.post("/v1/complaints", json=COMPLAINT, headers=headers)

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(send, range(32)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"in_progress"}
    assert len({answer.json()["result"]["case"] for answer in answers if answer.status_code == 200}) == 1
    assert len(database.execute(CASES, [customer.party_id]).fetchall()) == 1


def test_many_customers_at_once_each_get_their_own(client, database, new_customer, sign_in) -> None:
    customers = [new_customer() for _ in range(12)]
    signed_in = [(customer, sign_in(customer)) for customer in customers] * 20

    def look(pair) -> bool:
        customer, headers = pair
        answer = client.get("/v1/accounts", headers=headers)
        return [account["number"] for account in answer.json()["result"]["accounts"]] == [customer.account]

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        assert all(threads.map(look, signed_in))
    for customer in customers:
        assert len(database.execute(TIMELINE, [customer.party_id]).fetchall()) == 20


def test_a_card_is_blocked_at_once(client, database, customer, sign_in) -> None:
    headers = sign_in(customer)
    answer = client.post(f"/v1/cards/{customer.card_id}/block", json={"reason": "lost"}, headers=with_key(headers))
    assert answer.status_code == 200
    assert answer.json()["result"]["status"] == "blocked"
    assert card_status(database, customer.card_id) == "blocked"


def test_contact_details_are_superseded_and_a_wrong_one_is_declined(client, database, customer, sign_in) -> None:
    headers = sign_in(customer)
    change = {"kind": "phone", "value": "13800138000"}
    assert client.put("/v1/contact-details", json=change, headers=with_key(headers)).status_code == 200
    wrong = client.put("/v1/contact-details", json={**change, "value": "12"}, headers=with_key(headers))
    assert wrong.status_code == 400
    declined = client.put("/v1/contact-details", json={**change, "value": "12345"}, headers=with_key(headers))
    assert (declined.status_code, declined.json()["outcome"]) == (422, "declined")
    query = "SELECT value FROM parties_contactpoint WHERE party_id = %s AND valid_to IS NULL"
    assert database.execute(query, [customer.party_id]).fetchall() == [("+8613800138000",)]


def test_a_business_system_that_cannot_be_reached_is_said_to_be_so_and_nothing_moves(
    client, database, new_customer, customer, sign_in
) -> None:
    payee = new_customer()
    transfer = {"from_account": customer.account, "to_account": payee.account, "amount": "1.00", "currency": "CNY"}
    answer = client.post("/v1/transfers", json=transfer, headers=with_key(sign_in(customer)))
    assert (answer.status_code, answer.json()["code"]) == (503, "system_unavailable")
    assert answer.json()["outcome"] == "failed"
    assert "retry-after" in answer.headers
    query = "SELECT state FROM exchange_journalleg WHERE request_id = %s"
    assert database.execute(query, [answer.json()["request_id"]]).fetchall() == [("failed",)]


def card_status(database: psycopg.Connection, card_id: object) -> str:
    return str(database.execute("SELECT status FROM parties_card WHERE id = %s", [card_id]).fetchone()[0])
