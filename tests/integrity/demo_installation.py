"""A whole installation as processes, each of which can be killed outright and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from guanxi.storage import embedded
from guanxi.storage.configuration import Configuration, read_configuration

KILLABLE = ("gateway", "sandbox", "database")
_PORTS = ("OFFICE", "GATEWAY", "ISO8583", "SANDBOX", "CARD_HOST")


class Installation:
    """Database, gateway, sandbox bank and a demo bank of a few customers, under one folder."""

    def __init__(self, home: Path) -> None:
        self.data = home / "postgres"
        self._database_port = embedded.free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._log = (home / "processes.log").open("ab")
        url = embedded.start(self.data, self._database_port)
        ports = {f"GUANXI_{name}_PORT": str(embedded.free_port()) for name in _PORTS}
        self.environment = {
            **os.environ,
            **ports,
            "GUANXI_HOME": str(home),
            "GUANXI_DATABASE_URL": url,
            "GUANXI_SANDBOX_DATABASE_URL": url.rpartition("/")[0] + "/sandbox",
            "GUANXI_CALLBACK_KEY": "callback-key-for-tests",
        }

    @property
    def configuration(self) -> Configuration:
        """Where everything is."""
        return read_configuration(self.environment)

    def make_demo_bank(self, customers: int) -> None:
        """People with accounts, cards and logins, and their money in the sandbox bank."""
        self._do("demo", "--customers", str(customers), "--interactions-per-customer", "40", "--processes", "1")
        self._do("sandbox", "load", "--accounts", str(self.configuration.home / "demo" / "accounts.parquet"))

    def start(self, name: str) -> None:
        """Start one of them and wait until it answers."""
        if name == "database":
            embedded.start(self.data, self._database_port)
            return
        command = [sys.executable, "-m", "guanxi.cli", name]
        self._processes[name] = subprocess.Popen(
            command, env=self.environment, stdout=self._log, stderr=self._log, start_new_session=True
        )
        configuration = self.configuration
        url = {
            "gateway": f"{configuration.gateway_url}/health",
            "sandbox": f"{configuration.sandbox_url}/faults",
            "office": f"{configuration.office_url}/health",
        }[name]
        _await_answer(url, self._processes[name])

    def kill(self, name: str) -> None:
        """Kill -9, children included."""
        if name == "database":
            os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            _await_silence(self._database_port)
            return
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Everything."""
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
        embedded.stop(self.data)
        self._log.close()

    def _do(self, *words: str) -> None:
        command = [sys.executable, "-m", "guanxi.cli", *words]
        subprocess.run(command, env=self.environment, check=True, stdout=self._log, stderr=self._log)


@contextlib.contextmanager
def installation(home: Path, customers: int) -> Iterator[Installation]:
    """A running installation with so many customers."""
    made = Installation(home)
    try:
        made.make_demo_bank(customers)
        made.start("sandbox")
        made.start("gateway")
        yield made
    finally:
        made.stop()


def _await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)


def _await_silence(port: int) -> None:
    """Until the kernel has taken down what a killed process left."""
    with contextlib.suppress(OSError):
        while True:
            socket.create_connection(("127.0.0.1", port), 5).close()
            time.sleep(0.05)
