"""A corporate host: sends a payment file, is killed out of it, fetches what became of every payment."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable
from decimal import Decimal

import httpx
import psycopg
import pytest

from guanxi.kernel.clock import now
from guanxi.kernel.iso20022.messages import read_message
from guanxi.kernel.iso20022.write_credit_transfers import Block, Payment, write_credit_transfers

XML = {"Content-Type": "application/xml"}


def pain001(account: str, payments: list[Payment]) -> bytes:
    block = Block("B1", "Acme", account, "GNXICNSHXXX", (now() + dt.timedelta(hours=8)).date(), payments)
    return b"".join(write_credit_transfers(uuid.uuid4().hex, now(), "Acme", [block]))


def pay(number: int, account: str, agent: str = "") -> list[Payment]:
    return [
        Payment(f"E{position}", Decimal("0.10"), "CNY", "李芳", account, agent, "thanks") for position in range(number)
    ]


@pytest.fixture(scope="module")
def payer(new_customer, bank):
    customer = new_customer()
    bank.open_accounts("savings", {"number": customer.account, "currency": "CNY", "opening_balance": "1000.00"})
    return customer


@pytest.fixture(scope="module")
def payee(new_customer, bank):
    customer = new_customer()
    bank.open_accounts("savings", {"number": customer.account, "currency": "CNY", "opening_balance": "1000.00"})
    return customer


def send(client: httpx.Client, session: dict[str, str], content: bytes, key: str = "") -> httpx.Response:
    headers = {**session, **XML, "Idempotency-Key": key or uuid.uuid4().hex}
    return client.post("/v1/payment-files", content=content, headers=headers)


def wait(client: httpx.Client, session: dict[str, str], file_id: str, until: Callable[[dict], bool]) -> dict:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = client.get(f"/v1/payment-files/{file_id}", headers=session).json()
        if until(found):
            return found
        time.sleep(0.05)
    pytest.fail(f"still {found}")


def test_a_file_there_and_back(client, sign_in, payer, payee):
    session = sign_in(payer, "corporate_file")
    payments = [*pay(20, payee.account), *pay(1, "0000000000"), *pay(3, "62220001", "BOCHCNBJXXX")]
    content = pain001(payer.account, payments)
    answer = send(client, session, content, "the-key")
    assert answer.status_code == 202, answer.text
    file_id = answer.json()["id"]
    again = send(client, session, content, "the-key")
    assert (again.json()["id"], again.headers["idempotency-replayed"]) == (file_id, "true")
    found = wait(client, session, file_id, lambda told: told["state"] == "done")
    assert (found["payments"], found["accepted"], found["rejected"], found["waiting"]) == (24, 23, 1, 0)
    assert (found["total"], found["accepted_total"]) == ("2.4", "2.3")
    status = client.get(f"/v1/payment-files/{file_id}/status", headers=session)
    assert status.headers["content-type"] == "application/xml"
    body = read_message(status.content).body
    assert body.status == "PART"
    assert [each.reasons[0].code for each in body.transactions if each.status == "RJCT"] == ["AC01"]
    duplicate = send(client, session, content, "another-key").json()
    assert (duplicate["state"], duplicate["duplicate_of"]) == ("rejected", file_id)
    statement = client.get(f"/v1/accounts/{payer.account}/camt.053", headers=session)
    report = read_message(statement.content).body.reports[0]
    assert report.account == payer.account
    opening, closing, _ = report.balances
    assert opening.amount + sum(entry.amount for entry in report.entries) == closing.amount == Decimal("997.70")
    assert "E7" in {detail.references.end_to_end_id for entry in report.entries for detail in entry.details}
    movements = client.get(f"/v1/accounts/{payer.account}/camt.054", headers=session)
    assert len(read_message(movements.content).body.reports[0].entries) == len(report.entries)


def test_files_are_their_senders_alone_and_for_their_channel_alone(client, sign_in, payer, payee):
    session, other = sign_in(payer, "corporate_file"), sign_in(payee, "corporate_file")
    answer = send(client, session, pain001(payer.account, pay(1, payee.account)))
    for path in ("", "/status"):
        assert client.get(f"/v1/payment-files/{answer.json()['id']}{path}", headers=other).status_code == 404
        assert client.get(f"/v1/payment-files/{uuid.uuid4()}{path}", headers=session).status_code == 404
        assert client.get(f"/v1/payment-files/{answer.json()['id']}{path}", headers=sign_in(payer)).status_code == 403
    assert send(client, sign_in(payer), b"<a/>").status_code == 403
    assert client.get(f"/v1/accounts/{payee.account}/camt.053", headers=session).status_code == 404


def test_bad_bodies(client, sign_in, payer):
    session = sign_in(payer, "corporate_file")
    assert send(client, session, b"").status_code == 422
    headers = {**session, "Content-Type": "application/json", "Idempotency-Key": "k"}
    assert client.post("/v1/payment-files", content=b"{}", headers=headers).status_code == 415
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    taken = send(client, session, bomb, "bomb")
    assert taken.status_code == 202
    found = wait(client, session, taken.json()["id"], lambda told: told["state"] == "rejected")
    assert found["reason"] == "FF01"
    assert "document type" in found["explanation"]
    assert send(client, session, pain001(payer.account, pay(1, payer.account)), "bomb").status_code == 409


@pytest.mark.processes
def test_a_gateway_killed_in_the_middle_of_a_file_does_nothing_twice(  # noqa: PLR0917 - fixtures
    new_gateway, database_url, sign_in, client, payer, payee, bank, database: psycopg.Connection
):
    session = sign_in(payer, "corporate_file")
    before = Decimal(bank.call("GET", f"/savings/accounts/{payer.account}")[1]["ledger_balance"])
    first = new_gateway(database_url)
    with httpx.Client(base_url=first.url, timeout=30) as doomed:
        bank.call("PUT", "/faults/savings", {"kind": "slow", "milliseconds": 40, "rate": 1.0})
        file_id = send(doomed, session, pain001(payer.account, pay(1200, payee.account))).json()["id"]
        wait(doomed, session, file_id, lambda told: told["accepted"] > 100)
    holder = database.execute(
        "SELECT lease_until > now() FROM exchange_paymentfile WHERE id = %s", [file_id]
    ).fetchone()
    assert holder == (True,)
    first.process.kill()
    first.process.wait()
    bank.call("DELETE", "/faults/savings")
    database.execute("UPDATE exchange_paymentfile SET lease_until = now() WHERE id = %s", [file_id])
    database.execute("UPDATE exchange_journalleg SET next_attempt_at = now() WHERE state = 'sent'")
    found = wait(client, session, file_id, lambda told: told["state"] == "done")
    assert (found["accepted"], found["rejected"]) == (1200, 0)
    after = Decimal(bank.call("GET", f"/savings/accounts/{payer.account}")[1]["ledger_balance"])
    assert before - after == Decimal("120.00")
    [requests] = database.execute(
        "SELECT count(*) FROM exchange_journalrequest WHERE idempotency_key LIKE %s", [f"{uuid.UUID(file_id).hex}:%"]
    ).fetchall()
    assert requests == (1200,)
