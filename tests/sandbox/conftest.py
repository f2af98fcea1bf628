"""A running sandbox bank for each module, proved balanced at its end."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.sandbox_process import Sandbox, start_sandbox


@pytest.fixture(scope="module")
def sandbox(empty_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The bank, on free ports."""
    running = start_sandbox(empty_database_url, tmp_path_factory.mktemp("files"))
    yield running
    running.assert_balanced()
    running.stop()


@pytest.fixture
def new_account(sandbox: Sandbox) -> Callable[..., str]:
    """Opens an account with 100.00 CNY in savings, or as told."""

    def make(system: str = "savings", **more: Any) -> str:
        number = f"{system[:2].upper()}{uuid.uuid4().hex[:12]}"
        account = {"number": number, "currency": "CNY", "opening_balance": "100.00", **more}
        sandbox.open_accounts(system, account)
        return number

    return make


@pytest.fixture
def account(new_account: Callable[..., str]) -> str:
    """A savings account with 100.00 CNY."""
    return new_account()
