"""`guanxi terminal` as an operator types it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest


@pytest.fixture
def guanxi(database_url: str, tmp_path: Path):
    """Runs a command against the test's database."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "GUANXI_DATABASE_URL": database_url, "GUANXI_HOME": str(tmp_path)}
        return subprocess.run(
            [sys.executable, "-m", "guanxi.cli", *words], capture_output=True, text=True, env=environment, check=False
        )

    return run


def test_a_terminal_is_registered_and_retired(guanxi, database_url: str) -> None:
    made = guanxi("terminal", "register", "ATM00042", "--kind", "atm", "--name", "南京路 1 号")
    assert made.returncode == 0, made.stderr
    shown = dict(re.findall(r"(MAC|PIN) key  ([0-9A-F]{32})  check value [0-9A-F]{6}", made.stdout))
    assert set(shown) == {"MAC", "PIN"}
    with psycopg.connect(database_url) as connection:
        [kept] = connection.execute("SELECT mac_key FROM access_terminal WHERE terminal_id = 'ATM00042'").fetchall()
    assert bytes.fromhex(shown["MAC"]) not in bytes(kept[0])
    assert guanxi("terminal", "retire", "ATM00042").returncode == 0
    again = guanxi("terminal", "retire", "ATM00042")
    assert again.returncode == 1
    assert "No terminal 'ATM00042' is in service." in again.stderr


@pytest.mark.parametrize("words", [("ATM1", "--kind", "atm"), ("ATM00042", "--kind", "atm", "--mac-key", "12")])
def test_what_cannot_be_is_said_in_a_sentence(guanxi, words: tuple[str, ...]) -> None:
    refused = guanxi("terminal", "register", *words, "--name", "x")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
