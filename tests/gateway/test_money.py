"""Money moves over HTTP, through the gateway, in the sandbox bank; and late confirmations find their way back."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterator

import httpx
import msgspec
import pytest
from tests.sandbox_process import Sandbox

from guanxi.gateway.results import Balance, Statement

CALLBACK_KEY = b"callback-key-for-tests"
ELECTRICITY = {"biller": "electricity", "bill_reference": "2026050001", "amount": "88.00", "currency": "CNY"}
OUTCOME = "SELECT outcome FROM exchange_journalrequest WHERE id = %s"


@pytest.fixture
def new_saver(bank: Sandbox, new_customer):
    def make():
        customer = new_customer()
        bank.open_accounts("savings", {"number": customer.account, "currency": "CNY", "opening_balance": "1000.00"})
        return customer

    return make


@pytest.fixture
def saver(new_saver):
    return new_saver()


@pytest.fixture
def headers(saver, sign_in) -> Callable[[], dict[str, str]]:
    signed_in = sign_in(saver)
    return lambda: {**signed_in, "Idempotency-Key": uuid.uuid4().hex}


def held(bank: Sandbox, account: str) -> str:
    return str(bank.call("GET", f"/savings/accounts/{account}")[1]["ledger_balance"])


def callback(client: httpx.Client, body: dict[str, object], key: bytes = CALLBACK_KEY) -> httpx.Response:
    raw = json.dumps(body).encode()
    signature = hmac.new(key, raw, hashlib.sha256).hexdigest()
    return client.post(
        "/callbacks/intermediary", content=raw, headers={"Content-Type": "application/json", "X-Signature": signature}
    )


def eventually(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_transfer_moves_money_once_for_its_key(client, bank, saver, new_saver, headers) -> None:
    payee, sent = new_saver(), headers()
    transfer = {"from_account": saver.account, "to_account": payee.account, "amount": "120.50", "currency": "CNY"}
    first = client.post("/v1/transfers", json=transfer, headers=sent)
    again = client.post("/v1/transfers", json=transfer, headers=sent)
    assert (first.status_code, first.json()["outcome"]) == (200, "completed"), first.text
    assert again.json() == first.json()
    assert (held(bank, saver.account), held(bank, payee.account)) == ("879.50", "1120.50")
    balance = client.get(f"/v1/accounts/{saver.account}/balance", headers=headers()).json()["result"]
    assert msgspec.convert(balance, Balance) == Balance(saver.account, "CNY", "open", "879.50", "879.50")
    assert set(balance) == set(Balance.__struct_fields__) - {"as_of"}  # the system itself has answered
    statement = client.get(f"/v1/accounts/{saver.account}/statement", headers=headers()).json()["result"]
    assert [posting.amount for posting in msgspec.convert(statement, Statement).entries] == ["-120.50", "1000.00"]


def test_more_than_there_is_is_declined_and_nothing_moves(client, bank, saver, new_saver, headers) -> None:
    payee = new_saver()
    transfer = {"from_account": saver.account, "to_account": payee.account, "amount": "1000.01", "currency": "CNY"}
    answer = client.post("/v1/transfers", json=transfer, headers=headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "insufficient_funds")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (held(bank, saver.account), held(bank, payee.account)) == ("1000.00", "1000.00")


def test_nobody_pays_from_somebody_elses_account(client, bank, saver, new_saver, headers) -> None:
    other = new_saver()
    transfer = {"from_account": other.account, "to_account": saver.account, "amount": "1.00", "currency": "CNY"}
    answer = client.post("/v1/transfers", json=transfer, headers=headers())
    assert (answer.status_code, answer.json()["code"]) == (404, "account_unknown")
    assert held(bank, other.account) == "1000.00"


def test_a_bill_is_pending_until_the_biller_confirms(client, database, bank, saver, headers) -> None:
    sent = headers()
    bill = {"from_account": saver.account, **ELECTRICITY}
    answer = client.post("/v1/bill-payments", json=bill, headers=sent)
    assert (answer.status_code, answer.json()["outcome"]) == (202, "pending"), answer.text
    request_id = answer.json()["request_id"]
    eventually(lambda: database.execute(OUTCOME, [request_id]).fetchone() == ("completed",))
    assert held(bank, saver.account) == "912.00"
    again = client.post("/v1/bill-payments", json=bill, headers=sent)
    assert (again.status_code, again.json()["outcome"]) == (200, "completed")


def test_a_confirmation_that_comes_again_or_contradicts_changes_nothing(client, database, bank, saver, headers) -> None:
    answer = client.post("/v1/bill-payments", json={"from_account": saver.account, **ELECTRICITY}, headers=headers())
    request_id = answer.json()["request_id"]
    eventually(lambda: database.execute(OUTCOME, [request_id]).fetchone() == ("completed",))
    query = "SELECT id FROM exchange_journalleg WHERE request_id = %s AND system = 'intermediary'"
    (leg,) = database.execute(query, [request_id]).fetchone()
    for status in ("confirmed", "rejected", "rejected"):
        assert callback(client, {"leg": str(leg), "status": status}).status_code == 204
    assert database.execute(OUTCOME, [request_id]).fetchone() == ("completed",)
    assert held(bank, saver.account) == "912.00"


@pytest.mark.parametrize(
    ("body", "key", "status"),
    [
        ({"leg": str(uuid.uuid4()), "status": "confirmed"}, b"another key", 401),
        ({"leg": str(uuid.uuid4()), "status": "confirmed"}, CALLBACK_KEY, 204),
        ({"leg": "1", "status": "confirmed"}, CALLBACK_KEY, 400),
        ({"leg": str(uuid.uuid4()), "status": "perhaps"}, CALLBACK_KEY, 400),
        ({"leg": str(uuid.uuid4()), "status": "rejected", "reason": "bad mood"}, CALLBACK_KEY, 400),
    ],
)
def test_a_callback_must_be_signed_and_well_formed(client, body: dict[str, object], key: bytes, status: int) -> None:
    assert callback(client, body, key).status_code == status


@contextlib.contextmanager
def fault(bank: Sandbox, kind: str, **more: object) -> Iterator[None]:
    bank.call("PUT", "/faults/savings", {"kind": kind, **more})
    try:
        yield
    finally:
        bank.call("DELETE", "/faults/savings")


def test_a_transfer_whose_answer_was_lost_is_found_out_about_and_made_once(
    client, database, bank, saver, new_saver, headers
) -> None:
    payee, sent = new_saver(), headers()
    transfer = {"from_account": saver.account, "to_account": payee.account, "amount": "10.00", "currency": "CNY"}
    with fault(bank, "drop_reply_after_commit"):
        answer = client.post("/v1/transfers", json=transfer, headers=sent)
    assert (answer.status_code, answer.json()["outcome"]) in {(200, "completed"), (202, "in_doubt")}, answer.text
    request_id = answer.json()["request_id"]
    eventually(lambda: database.execute(OUTCOME, [request_id]).fetchone() == ("completed",))
    assert (held(bank, saver.account), held(bank, payee.account)) == ("990.00", "1010.00")
    again = client.post("/v1/transfers", json=transfer, headers=sent)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
