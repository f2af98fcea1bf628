"""What is agreed and moves no money: done once, undone by its own undo, refused with a reason."""

from __future__ import annotations

import uuid
from typing import Any

from tests.sandbox_process import Sandbox

OPEN = {"operation": "open_account", "currency": "CNY", "product": "current", "owner": "party"}
CARD = {"operation": "issue_card", "currency": "CNY", "product": "debit_card"}
MANDATE = {
    "operation": "register_mandate",
    "currency": "CNY",
    "biller": "water",
    "bill_reference": "1",
    "limit": "500.00",
}


def do(sandbox: Sandbox, system: str, content: dict[str, Any], leg: str) -> tuple[int, Any]:
    """One operation."""
    return sandbox.call("POST", f"/{system}/operations", content, {"Idempotency-Key": leg})


def undo(sandbox: Sandbox, system: str, leg: str, by: str) -> Any:
    """What a reversal answers."""
    return sandbox.call("POST", f"/{system}/operations/{leg}/reversal", {"by": by})[1]


def names() -> tuple[str, str, str]:
    """A new account number and two operations' ids."""
    return f"9{uuid.uuid4().int % 10**15:015d}", str(uuid.uuid4()), str(uuid.uuid4())


def test_an_account_is_opened_once_and_can_be_used(sandbox: Sandbox) -> None:
    number, leg, other = names()
    first = do(sandbox, "savings", {**OPEN, "account": number}, leg)
    assert (first[0], first[1]["status"]) == (200, "posted")
    assert do(sandbox, "savings", {**OPEN, "account": number}, leg) == first
    assert do(sandbox, "savings", {**OPEN, "account": number}, other)[1]["reason"] == "duplicate_request"
    assert sandbox.call("GET", f"/savings/accounts/{number}")[1]["ledger_balance"] == "0.00"


def test_an_account_is_closed_by_its_undo_while_it_is_empty(sandbox: Sandbox) -> None:
    number, leg, credit = names()
    do(sandbox, "savings", {**OPEN, "account": number}, leg)
    money = {"operation": "credit", "account": number, "amount": "5.00", "currency": "CNY"}
    do(sandbox, "savings", money, credit)
    assert undo(sandbox, "savings", leg, "close_account")["reason"] == "invalid_request"
    assert undo(sandbox, "savings", credit, "reversal")["status"] == "reversed"
    assert undo(sandbox, "savings", leg, "close_account")["status"] == "reversed"
    assert undo(sandbox, "savings", leg, "close_account")["status"] == "reversed"
    assert sandbox.call("GET", f"/savings/accounts/{number}")[1]["status"] == "closed"
    sandbox.assert_balanced()


def test_an_undo_that_is_not_the_operations_own_is_refused(sandbox: Sandbox) -> None:
    number, leg, _ = names()
    do(sandbox, "savings", {**OPEN, "account": number}, leg)
    assert undo(sandbox, "savings", leg, "cancel_card")["reason"] == "invalid_request"
    assert sandbox.call("GET", f"/savings/accounts/{number}")[1]["status"] == "open"


def test_a_card_needs_an_account_and_a_mandate_a_biller(sandbox: Sandbox) -> None:
    number, leg, card = names()
    assert do(sandbox, "savings", {**CARD, "account": number}, str(uuid.uuid4()))[1]["reason"] == "account_unknown"
    do(sandbox, "savings", {**OPEN, "account": number}, leg)
    assert do(sandbox, "savings", {**CARD, "account": number}, card)[1]["status"] == "posted"
    nobody = {**MANDATE, "account": number, "biller": "nobody"}
    assert do(sandbox, "intermediary", nobody, str(uuid.uuid4()))[1]["reason"] == "biller_unknown"
    mandate = str(uuid.uuid4())
    assert do(sandbox, "intermediary", {**MANDATE, "account": number}, mandate)[1]["status"] == "posted"
    assert undo(sandbox, "intermediary", mandate, "withdraw_mandate")["status"] == "reversed"
    assert do(sandbox, "intermediary", {**MANDATE, "account": number}, mandate)[1]["status"] == "refused"


def test_arrangements_and_movements_share_a_batch(sandbox: Sandbox) -> None:
    number, leg, credit = names()
    operations = [
        {**OPEN, "account": number, "id": leg},
        {"operation": "credit", "account": number, "amount": "5.00", "currency": "CNY", "id": credit},
    ]
    _, told = sandbox.call("POST", "/savings/operations/batch", {"operations": operations})
    assert [(each["id"], each["status"]) for each in told["results"]] == [(leg, "posted"), (credit, "posted")]


def test_what_was_done_on_a_day_is_told_page_by_page_in_the_order_of_ids(sandbox: Sandbox) -> None:
    number, leg, _ = names()
    do(sandbox, "savings", {**OPEN, "account": number}, leg)
    found: list[dict[str, Any]] = []
    path = f"/savings/operations?day={sandbox.today()}&limit=2"
    while page := sandbox.call("GET", f"{path}&after={found[-1]['id']}" if found else path)[1]["operations"]:
        found += page
    assert [each["id"] for each in found] == sorted({each["id"] for each in found})
    [mine] = [each for each in found if each["id"] == leg]
    assert (mine["operation"], mine["status"], mine["account"]) == ("open_account", "posted", number)


def test_a_reversed_capture_leaves_the_money_on_hold_again(sandbox: Sandbox) -> None:
    number, leg, _ = names()
    do(sandbox, "savings", {**OPEN, "account": number}, leg)
    money = {"account": number, "amount": "5.00", "currency": "CNY"}
    do(sandbox, "savings", {**money, "operation": "credit"}, str(uuid.uuid4()))
    hold, capture = str(uuid.uuid4()), str(uuid.uuid4())
    do(sandbox, "savings", {**money, "operation": "hold"}, hold)
    do(sandbox, "savings", {**money, "operation": "capture", "hold": hold}, capture)
    assert undo(sandbox, "savings", hold, "reversal")["status"] == "refused"
    told = undo(sandbox, "savings", capture, "reversal")
    assert (told["ledger_balance"], told["available_balance"]) == ("5.00", "0.00")
    assert undo(sandbox, "savings", hold, "reversal")["available_balance"] == "5.00"
    sandbox.assert_balanced()
