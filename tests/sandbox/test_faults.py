"""Faults that are switched on happen, to the system they are meant for, and leave the books right."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from collections.abc import Iterator

import pytest
from tests.sandbox.calls import balance, do
from tests.sandbox_process import Sandbox


@pytest.fixture(autouse=True)
def no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    for system in ("savings", "intermediary", "cards"):
        sandbox.call("DELETE", f"/faults/{system}")


def test_a_reply_dropped_after_the_commit_leaves_the_operation_done(sandbox: Sandbox, account: str) -> None:
    sandbox.call("PUT", "/faults/savings", {"kind": "drop_reply_after_commit"})
    key, body = str(uuid.uuid4()), {"operation": "withdraw", "account": account, "amount": "1.00", "currency": "CNY"}
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    request = urllib.request.Request(
        f"{sandbox.url}/savings/operations", json.dumps(body).encode(), headers, method="POST"
    )
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(request, timeout=0.5)
    assert sandbox.call("DELETE", "/faults/savings") == (200, {})
    assert sandbox.call("GET", f"/savings/operations/{key}")[1]["status"] == "posted"
    assert do(sandbox, "withdraw", account, "1.00", key=key)[2]["ledger_balance"] == "99.00"


def test_a_system_that_refuses_does_nothing_and_its_neighbours_go_on(sandbox: Sandbox, account: str) -> None:
    _, on = sandbox.call("PUT", "/faults/savings", {"kind": "refuse"})
    assert on["savings"]["kind"] == "refuse"
    _, status, problem = do(sandbox, "withdraw", account, "1.00")
    assert (status, problem["code"]) == (503, "sandbox.unavailable")
    assert sandbox.call("GET", "/intermediary/billers")[0] == 200
    sandbox.call("DELETE", "/faults/savings")
    assert balance(sandbox, account)[0] == "100.00"


def test_a_slow_system_answers_late(sandbox: Sandbox, account: str) -> None:
    sandbox.call("PUT", "/faults/savings", {"kind": "slow", "milliseconds": 300})
    begin = time.monotonic()
    assert do(sandbox, "withdraw", account, "1.00")[1] == 200
    assert time.monotonic() - begin >= 0.3


@pytest.mark.parametrize(
    ("system", "fault"),
    [
        ("nobody", {"kind": "slow"}),
        ("savings", {"kind": "explode"}),
        ("savings", {"kind": "duplicate_reply"}),
        ("savings", {"kind": "slow", "rate": 2}),
    ],
)
def test_a_fault_that_cannot_be_is_refused_and_not_switched_on(
    sandbox: Sandbox, system: str, fault: dict[str, object]
) -> None:
    status, problem = sandbox.call("PUT", f"/faults/{system}", fault)
    assert (status, problem["code"]) == (400, "sandbox.request_invalid")
    assert sandbox.call("GET", "/faults") == (200, {})
