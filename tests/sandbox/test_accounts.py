"""What an account allows: its status, its currency, its holds' time, a loan's rules, interest to the last fraction."""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable

import pytest
from tests.sandbox.calls import balance, do
from tests.sandbox_process import Sandbox

from guanxi.kernel.clock import now


def set_status(sandbox: Sandbox, account: str, status: str) -> int:
    return sandbox.call("PUT", f"/savings/accounts/{account}/status", {"status": status})[0]


def test_a_blocked_account_takes_money_in_and_gives_none_out(sandbox: Sandbox, account: str) -> None:
    assert set_status(sandbox, account, "blocked") == 200
    assert do(sandbox, "withdraw", account, "1.00")[2]["reason"] == "account_blocked"
    assert do(sandbox, "credit", account, "1.00")[1] == 200
    assert set_status(sandbox, account, "open") == 200
    assert do(sandbox, "withdraw", account, "1.00")[1] == 200


def test_an_account_is_closed_only_when_empty_and_then_moves_nothing(sandbox: Sandbox, account: str) -> None:
    assert set_status(sandbox, account, "closed") == 409
    do(sandbox, "withdraw", account, "100.00")
    assert set_status(sandbox, account, "closed") == 200
    assert do(sandbox, "credit", account, "1.00")[2]["reason"] == "account_closed"
    assert set_status(sandbox, "NOBODY", "closed") == 404


def test_the_same_key_with_other_content_is_refused_and_the_first_answer_kept(sandbox: Sandbox, account: str) -> None:
    key, _, first = do(sandbox, "withdraw", account, "10.00")
    assert do(sandbox, "withdraw", account, "11.00", key=key)[2]["reason"] == "duplicate_request"
    assert do(sandbox, "withdraw", account, "10.00", key=key)[2] == first
    assert balance(sandbox, account) == ("90.00", "90.00")


def test_a_hold_lets_go_when_its_time_is_over(sandbox: Sandbox, account: str) -> None:
    soon = (now() + dt.timedelta(seconds=0.5)).isoformat()
    first, _, answer = do(sandbox, "hold", account, "60.00", expires_at=soon)
    do(sandbox, "hold", account, "10.00", expires_at=soon)
    assert answer["available_balance"] == "40.00"
    deadline = time.monotonic() + 20
    while balance(sandbox, account) != ("100.00", "100.00"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert do(sandbox, "capture", account, "60.00", hold=first)[2]["reason"] == "invalid_request"


def test_a_hold_is_captured_by_its_own_account_once_and_never_for_more(
    sandbox: Sandbox, account: str, new_account: Callable[..., str]
) -> None:
    hold, _, _ = do(sandbox, "hold", account, "60.00")
    assert do(sandbox, "capture", account, "60.01", hold=hold)[2]["reason"] == "invalid_amount"
    assert do(sandbox, "capture", new_account(), "1.00", hold=hold)[2]["reason"] == "invalid_request"
    assert do(sandbox, "capture", account, "60.00", hold=hold)[1] == 200
    assert do(sandbox, "capture", account, "60.00", hold=hold)[2]["reason"] == "invalid_request"
    assert sandbox.call("POST", f"/savings/operations/{hold}/reversal")[1]["status"] == "refused"


def test_a_hold_and_its_capture_may_come_in_one_batch(sandbox: Sandbox, account: str) -> None:
    hold, money = str(uuid.uuid4()), {"account": account, "amount": "5.00", "currency": "CNY"}
    batch = [
        {"id": hold, "operation": "hold", **money},
        {"id": str(uuid.uuid4()), "operation": "capture", "hold": hold, **money},
        {"id": hold, "operation": "hold", **money},
    ]
    _, answer = sandbox.call("POST", "/savings/operations/batch", {"operations": batch})
    assert [result["status"] for result in answer["results"]] == ["posted"] * 3
    assert balance(sandbox, account) == ("95.00", "95.00")


def test_a_loan_pays_out_up_to_what_was_agreed_and_takes_back_no_more_than_is_owed(
    sandbox: Sandbox, new_account: Callable[..., str]
) -> None:
    loan = new_account("loans", opening_balance="0", credit_limit="1000.00")
    assert do(sandbox, "disburse", loan, "1000.01", system="loans")[2]["reason"] == "insufficient_funds"
    assert do(sandbox, "disburse", loan, "800.00", system="loans")[2]["ledger_balance"] == "-800.00"
    assert do(sandbox, "repay", loan, "800.01", system="loans")[2]["reason"] == "invalid_amount"
    assert do(sandbox, "repay", loan, "300.00", system="loans")[2]["ledger_balance"] == "-500.00"
    assert do(sandbox, "disburse", new_account(), "1.00")[2]["reason"] == "invalid_request"


def test_a_customer_keeps_several_currencies_in_integrated_accounts(
    sandbox: Sandbox, new_account: Callable[..., str]
) -> None:
    yen = new_account("integrated", currency="JPY", opening_balance="1000")
    dinar = new_account("integrated", currency="KWD", opening_balance="1.125")
    assert balance(sandbox, yen, "integrated") == ("1000", "1000")
    assert balance(sandbox, dinar, "integrated") == ("1.125", "1.125")
    assert do(sandbox, "withdraw", yen, "1", system="integrated")[2]["reason"] == "currency_mismatch"
    assert do(sandbox, "withdraw", yen, "1.5", system="integrated", currency="JPY")[1] == 400


def test_interest_counts_the_balance_of_the_value_date_and_keeps_fractions(
    sandbox: Sandbox, new_account: Callable[..., str]
) -> None:
    # 100 at 1.825 % is half a cent a day: one cent every second day. What came in later earns nothing yet.
    small = new_account(opened_on="2025-03-01", annual_rate="1.825")
    do(sandbox, "credit", small, "1000000.00", value_date="2025-03-09")
    owed = new_account("loans", opening_balance="-36500.00", opened_on="2025-03-01", annual_rate="5")
    for day in range(2, 6):
        sandbox.call("POST", "/day-end", {"date": f"2025-03-{day:02}"})
    assert balance(sandbox, small)[0] == "1000100.02"
    assert balance(sandbox, owed, "loans")[0] == "-36520.00"
    _, told = sandbox.call("GET", f"/savings/accounts/{small}/entries?limit=1")
    assert (told["entries"][0]["memo"], told["entries"][0]["value_date"]) == ("interest", "2025-03-05")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "-1.00"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "0.00"}, "amount"),
        ({"amount": 1}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"currency": "XXX"}, "currency"),
        ({"operation": "steal"}, "operation"),
        ({"account": "x\x00y"}, "account"),
        ({"memo": "a\x00b"}, "memo"),
        ({"value_date": "2026-02-30"}, "value_date"),
        ({"hold": "not-an-id"}, "hold"),
    ],
)
def test_a_field_that_does_not_fit_is_named_and_costs_the_rest_of_its_batch_nothing(
    sandbox: Sandbox, account: str, change: dict[str, object], field: str
) -> None:
    good = {"operation": "withdraw", "account": account, "amount": "1.00", "currency": "CNY"}
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    status, problem = sandbox.call("POST", "/savings/operations", {**good, **change}, headers)
    assert (status, problem["errors"][0]["field"]) == (400, field)
    batch = [{"id": str(uuid.uuid4()), **good, **change}, {"id": str(uuid.uuid4()), **good}]
    _, answer = sandbox.call("POST", "/savings/operations/batch", {"operations": batch})
    assert [result["status"] for result in answer["results"]] == ["refused", "posted"]
    assert balance(sandbox, account)[0] == "99.00"


@pytest.mark.parametrize(
    "account",
    [
        {"number": "GL-VAULT-CNY", "currency": "CNY"},
        {"number": "SV1", "currency": "CNY"},
        {"number": "SV12345", "currency": "CNY", "opening_balance": "1.234"},
        {"number": "SV12345", "currency": "CNY", "owner": "\x00"},
        {"number": "SV12345", "currency": "CNY", "expires": "2613"},
    ],
)
def test_an_account_that_makes_no_sense_is_not_opened(sandbox: Sandbox, account: dict[str, str]) -> None:
    status, problem = sandbox.call("POST", "/savings/accounts", {"accounts": [account]})
    assert (status, problem["code"]) == (400, "sandbox.request_invalid")
