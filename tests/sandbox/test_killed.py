"""Kill -9 in the middle of its work: whatever was answered is in the books, and the books balance."""

from __future__ import annotations

import concurrent.futures
import subprocess
import sys
import threading
import time
import uuid
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet
import pytest
from tests.sandbox.calls import balance
from tests.sandbox_process import Sandbox, start_sandbox

pytestmark = pytest.mark.processes
LOADED = "SELECT count(*) FROM account WHERE number LIKE 'LD%'"
LOADING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND state <> 'idle' AND (query ILIKE '%offered%' OR query ILIKE 'COPY%')"
)
PAYERS = [f"SVKILL{place:02}" for place in range(8)]


def withdraw_until_dead(sandbox: Sandbox, number: str, acknowledged: list[str], enough: threading.Event) -> None:
    """Batches of withdrawals one after the other, until the bank answers no more."""
    while True:
        one = {"operation": "withdraw", "account": number, "amount": "1.00", "currency": "CNY"}
        batch = [{"id": str(uuid.uuid4()), **one} for _ in range(10)]
        try:
            _, answer = sandbox.call("POST", "/savings/operations/batch", {"operations": batch})
        except (OSError, ValueError):
            return
        acknowledged += [result["id"] for result in answer["results"] if result["status"] == "posted"]
        if len(acknowledged) > 100:
            enough.set()


def test_what_was_acknowledged_before_a_kill_is_in_the_books(empty_database_url: str, tmp_path: Path) -> None:
    sandbox = start_sandbox(empty_database_url, tmp_path)
    rich = [{"number": number, "currency": "CNY", "opening_balance": "100000.00"} for number in PAYERS]
    sandbox.open_accounts("savings", *rich)
    acknowledged: dict[str, list[str]] = {number: [] for number in PAYERS}
    enough = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(len(PAYERS)) as threads:
        for number in PAYERS:
            threads.submit(withdraw_until_dead, sandbox, number, acknowledged[number], enough)
        assert enough.wait(60)
        sandbox.kill()
    again = start_sandbox(empty_database_url, tmp_path)
    again.assert_balanced()
    for number in PAYERS:
        gone = Decimal(100_000) - Decimal(balance(again, number)[0])
        assert gone - len(acknowledged[number]) in {0, 10}  # the batch under way is wholly in or wholly out
        assert all(again.call("GET", f"/savings/operations/{key}")[0] == 200 for key in acknowledged[number])
    again.stop()


def accounts_file(path: Path, count: int) -> Path:
    table = pa.table(
        {
            "system": ["savings"] * count,
            "account_number": [f"LD{place:010}" for place in range(count)],
            "currency": ["CNY"] * count,
            "opening_balance": pa.array([Decimal("12.3400")] * count, pa.decimal128(19, 4)),
            "owner": ["王小明"] * count,
        }
    )
    pyarrow.parquet.write_table(table, path)
    return path


def load_command(database_url: str, path: Path) -> list[str]:
    options = ["--database-url", database_url, "load", "--accounts", str(path)]
    return [sys.executable, "-m", "guanxi.sandbox", *options]


def test_a_load_that_is_killed_leaves_nothing_and_can_be_run_again(empty_database_url: str, tmp_path: Path) -> None:
    path = accounts_file(tmp_path / "accounts.parquet", 50_000)
    with psycopg.connect(empty_database_url, autocommit=True) as connection:

        def count(statement: str) -> int:
            row = connection.execute(statement).fetchone()
            return row[0] if row else 0

        loading = subprocess.Popen(load_command(empty_database_url, path))
        deadline = time.monotonic() + 30
        while not count(LOADING):
            assert time.monotonic() < deadline
        loading.kill()
        loading.wait()
        assert count(LOADED) in {0, 50_000}
        for opened in ("50,000", "0"):
            told = subprocess.run(load_command(empty_database_url, path), capture_output=True, text=True, check=True)
            assert told.stdout == f"{opened} accounts opened\n"
        assert count(LOADED) == 50_000
        assert count("SELECT sum(amount) FROM posting WHERE credit_account LIKE 'LD%'") == 617_000


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (["--database-url", "postgresql://nobody@127.0.0.1:1/none"], {}),
        (["load", "--accounts", "/no/such/file.parquet"], {}),
        ([], {"GUANXI_CARD_HOST_KEY": "not hexadecimal"}),
        ([], {"GUANXI_SANDBOX_PORT": "a port"}),
    ],
)
def test_a_start_that_cannot_be_is_one_sentence(
    empty_database_url: str, options: list[str], environment: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "guanxi.sandbox", *options]
    environment = {"GUANXI_SANDBOX_DATABASE_URL": empty_database_url, **environment}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip()
