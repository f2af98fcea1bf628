"""A wrong setting is told in one sentence with a next step, never in a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def _refused(command: str, **settings: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
    done = subprocess.run(
        [sys.executable, "-m", "guanxi.cli", command],
        check=False,
        env={**kept, **settings},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert 1 <= len(done.stderr.strip().splitlines()) <= 2
    return done.stderr


@pytest.mark.parametrize("command", ["run", "migrate", "doctor"])
def test_a_port_that_is_no_port(command: str, tmp_path: Path) -> None:
    assert "GUANXI_OFFICE_PORT" in _refused(command, GUANXI_HOME=str(tmp_path), GUANXI_OFFICE_PORT="eighty")


def test_a_database_that_nobody_serves(tmp_path: Path) -> None:
    address = "postgresql://guanxi@127.0.0.1:1/guanxi"
    said = _refused("run", GUANXI_HOME=str(tmp_path), GUANXI_DATABASE_URL=address)
    assert "cannot be reached" in said
    assert "GUANXI_DATABASE_URL" in said


def test_an_address_that_is_no_postgresql(tmp_path: Path) -> None:
    assert "postgresql://" in _refused("migrate", GUANXI_HOME=str(tmp_path), GUANXI_DATABASE_URL="mysql://host/name")


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "GUANXI_HOME" in _refused("run", GUANXI_HOME=str(tmp_path / "file" / "home"))


def test_a_port_that_is_taken(database_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = _refused("run", GUANXI_HOME=str(tmp_path), GUANXI_DATABASE_URL=database_url, GUANXI_GATEWAY_PORT=port)
    assert port in said
    assert "GUANXI_GATEWAY_PORT" in said
