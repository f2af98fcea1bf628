"""What the tests ask of the sandbox bank."""

from __future__ import annotations

import uuid
from typing import Any

from tests.sandbox_process import Sandbox


def do(sandbox: Sandbox, operation: str, account: str, amount: str, **more: Any) -> tuple[str, int, dict[str, Any]]:
    """One operation: its key, the status, the answer."""
    key, system = more.pop("key", str(uuid.uuid4())), more.pop("system", "savings")
    body = {"operation": operation, "account": account, "amount": amount, "currency": "CNY", **more}
    return key, *sandbox.call("POST", f"/{system}/operations", body, {"Idempotency-Key": key})


def balance(sandbox: Sandbox, account: str, system: str = "savings") -> tuple[str, str]:
    """Ledger and available balance."""
    _, found = sandbox.call("GET", f"/{system}/accounts/{account}")
    return found["ledger_balance"], found["available_balance"]
