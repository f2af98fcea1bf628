"""The savings system keeps its contract: idempotent, reversible, balanced."""

from __future__ import annotations

import concurrent.futures
import uuid
from typing import Any

import pytest
from tests.sandbox.calls import balance, do
from tests.sandbox_process import Sandbox


def test_a_withdrawal_happens_once_however_often_it_is_asked_for(sandbox: Sandbox, account: str) -> None:
    key, status, first = do(sandbox, "withdraw", account, "30.00")
    _, again, second = do(sandbox, "withdraw", account, "30.00", key=key)
    assert (status, again, first) == (200, 200, second)
    assert first["ledger_balance"] == "70.00"
    assert balance(sandbox, account) == ("70.00", "70.00")


def test_copies_of_one_message_side_by_side_have_one_effect(sandbox: Sandbox, account: str) -> None:
    key = str(uuid.uuid4())
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: do(sandbox, "withdraw", account, "10.00", key=key), range(8)))
    assert balance(sandbox, account) == ("90.00", "90.00")


@pytest.mark.parametrize(
    ("operation", "amount", "more", "reason"),
    [
        ("withdraw", "100.01", {}, "insufficient_funds"),
        ("transfer", "1.00", {"to_account": "NOBODY"}, "account_unknown"),
        ("withdraw", "1.00", {"currency": "USD"}, "currency_mismatch"),
        ("capture", "1.00", {"hold": str(uuid.uuid4())}, "invalid_request"),
    ],
)
def test_what_cannot_be_is_refused_and_moves_nothing(
    sandbox: Sandbox, account: str, operation: str, amount: str, more: dict[str, Any], reason: str
) -> None:
    _, status, answer = do(sandbox, operation, account, amount, **more)
    assert (status, answer["status"], answer["reason"]) == (422, "refused", reason)
    assert balance(sandbox, account) == ("100.00", "100.00")


def test_a_reversal_restores_the_balance_once(sandbox: Sandbox, account: str) -> None:
    key, _, _ = do(sandbox, "purchase", account, "40.00")
    for _ in range(2):
        _, answer = sandbox.call("POST", f"/savings/operations/{key}/reversal")
        assert (answer["status"], answer["ledger_balance"]) == ("reversed", "100.00")
    assert balance(sandbox, account) == ("100.00", "100.00")


def test_an_operation_that_comes_after_its_reversal_is_refused(sandbox: Sandbox, account: str) -> None:
    key = str(uuid.uuid4())
    assert sandbox.call("GET", f"/savings/operations/{key}")[0] == 404
    sandbox.call("POST", f"/savings/operations/{key}/reversal")
    _, status, answer = do(sandbox, "withdraw", account, "5.00", key=key)
    assert (status, answer["reason"]) == (422, "refused_by_system")
    assert balance(sandbox, account) == ("100.00", "100.00")


def test_a_hold_takes_from_what_is_available_until_it_is_captured_or_released(sandbox: Sandbox, account: str) -> None:
    hold, _, _ = do(sandbox, "hold", account, "60.00")
    assert balance(sandbox, account) == ("100.00", "40.00")
    do(sandbox, "capture", account, "50.00", hold=hold)
    assert balance(sandbox, account) == ("50.00", "50.00")
    second, _, _ = do(sandbox, "hold", account, "20.00")
    sandbox.call("POST", f"/savings/operations/{second}/reversal")
    assert balance(sandbox, account) == ("50.00", "50.00")


def test_a_refused_operation_in_a_batch_costs_the_others_nothing(sandbox: Sandbox, account: str) -> None:
    def one(amount: str) -> dict[str, Any]:
        fields = {"operation": "withdraw", "account": account, "amount": amount, "currency": "CNY"}
        return {"id": str(uuid.uuid4()), **fields}

    status, answer = sandbox.call("POST", "/savings/operations/batch", {"operations": [one("1"), one("999"), one("2")]})
    assert status == 200
    assert [result["status"] for result in answer["results"]] == ["posted", "refused", "posted"]
    assert balance(sandbox, account) == ("97.00", "97.00")


def test_opposite_transfers_at_once_conserve_money(sandbox: Sandbox, account: str) -> None:
    other = f"SV{uuid.uuid4().hex[:12]}"
    sandbox.open_accounts("savings", {"number": other, "currency": "CNY", "opening_balance": "100.00"})
    pairs = [(account, other), (other, account)] * 30

    def transfer(pair: tuple[str, str]) -> int:
        return do(sandbox, "transfer", pair[0], "3.00", to_account=pair[1])[1]

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert set(threads.map(transfer, pairs)) <= {200, 422}
    total = float(balance(sandbox, account)[0]) + float(balance(sandbox, other)[0])
    assert total == 200


def test_day_end_accrues_interest_once_and_writes_the_statement(sandbox: Sandbox) -> None:
    number = f"SV{uuid.uuid4().hex[:12]}"
    sandbox.open_accounts(
        "savings",
        {
            "number": number,
            "currency": "CNY",
            "opening_balance": "100000",
            "opened_on": "2026-05-01",
            "annual_rate": "3.65",
        },
    )
    _, first = sandbox.call("POST", "/day-end", {"date": "2026-05-04"})
    _, second = sandbox.call("POST", "/day-end", {"date": "2026-05-04"})
    assert (first["accrued"], second["accrued"]) == (1, 0)
    assert balance(sandbox, number)[0] == "100010.00"
    assert (sandbox.files / "statements" / "camt.053-2026-05-04.xml").exists()


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"operations": [{"id": "x"}]}', b'{"operations": "no"}', "操作".encode()],
)
def test_what_cannot_be_read_is_refused_by_name(sandbox: Sandbox, body: bytes) -> None:
    import json
    import urllib.error
    import urllib.request

    request = urllib.request.Request(f"{sandbox.url}/savings/operations/batch", body, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    assert refused.value.code == 400
    assert json.loads(refused.value.read())["code"] == "sandbox.request_invalid"
