"""The sandbox bank as a process of its own, the way everybody meets it."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from guanxi.kernel.clock import now
from guanxi.storage.embedded import free_port


@dataclasses.dataclass
class Sandbox:
    """A running sandbox bank."""

    process: subprocess.Popen[bytes]
    http_port: int
    card_port: int
    database_url: str
    files: Path
    callback_url: str

    @property
    def url(self) -> str:
        """Where its REST doors are."""
        return f"http://127.0.0.1:{self.http_port}"

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        """One HTTP call: status and decoded body."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.loads(response.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def open_accounts(self, system: str, *accounts: dict[str, Any]) -> None:
        """Open accounts in one of its systems."""
        status, _ = self.call("POST", f"/{system}/accounts", {"accounts": list(accounts)})
        assert status == 201

    def assert_balanced(self) -> None:
        """Debits equal credits, and every balance is the sum of its postings."""
        _, told = self.call("GET", "/ledger/trial-balance")
        for currency in told["currencies"]:
            assert float(currency["difference"]) == 0
            assert currency["accounts_astray"] == 0

    def today(self) -> str:
        """The present day (UTC)."""
        return now().date().isoformat()

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        self.process.terminate()
        self.process.wait(timeout=15)


def start_sandbox(
    database_url: str,
    files: Path,
    *,
    ports: tuple[int, int] | None = None,
    callback_url: str = "http://127.0.0.1:1/callbacks/intermediary",
    confirm_after: float = 0.3,
) -> Sandbox:
    """Start the sandbox bank on free ports (or `ports`) and wait until it answers."""
    http_port, card_port = ports or (free_port(), free_port())
    options = {
        "--database-url": database_url,
        "--files": str(files),
        "--http-port": str(http_port),
        "--card-port": str(card_port),
        "--callback-url": callback_url,
        "--confirm-after": str(confirm_after),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "guanxi.sandbox", *(word for option in options.items() for word in option)],
        env={**os.environ, "GUANXI_CALLBACK_KEY": "callback-key-for-tests"},
    )
    sandbox = Sandbox(process, http_port, card_port, database_url, files, callback_url)
    deadline = time.monotonic() + 30
    while True:
        try:
            sandbox.call("GET", "/faults")
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise
            time.sleep(0.05)
        else:
            return sandbox
