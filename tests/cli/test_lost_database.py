"""A database that goes away in the middle of a command: told in a sentence, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from guanxi.storage import embedded


@pytest.mark.processes
def test_a_database_lost_while_the_demo_bank_is_made_is_told_in_a_sentence() -> None:
    with tempfile.TemporaryDirectory(prefix="guanxi-lost-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "postgres"
        url = embedded.start(data, embedded.free_port())
        process = subprocess.Popen(
            [sys.executable, "-m", "guanxi.cli", "demo", "--customers", "20000"],
            env={**os.environ, "GUANXI_DATABASE_URL": url, "GUANXI_HOME": f"{folder}/home"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        _await_copying(url)
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)  # as if its disk were full
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "The database was lost" in said
    assert "MB are free" in said
    assert "Traceback" not in said


def _await_copying(url: str) -> None:
    until = time.monotonic() + 60
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute("SELECT 1 FROM pg_stat_progress_copy").fetchone():
            assert time.monotonic() < until
            time.sleep(0.02)
