"""A fresh installation to measure: an embedded PostgreSQL with the present schema, in a folder that is thrown away."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from guanxi.storage import embedded


@contextlib.contextmanager
def database() -> Iterator[str]:
    """The address of an empty database with the present schema, on a server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="guanxi-bench-"))
    folder.chmod(0o755)
    try:
        url = embedded.start(folder / "postgres", embedded.free_port())
        environment = {**os.environ, "GUANXI_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "guanxi.office.settings"}
        subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], check=True, env=environment)
        yield url
    finally:
        embedded.stop(folder / "postgres")
        shutil.rmtree(folder)


@contextlib.contextmanager
def gateway(database_url: str, **settings: str) -> Iterator[str]:
    """The address of a gateway process over `database_url`; `settings` are further environment variables."""
    with gateway_process(database_url, **settings) as (address, _process):
        yield address


@contextlib.contextmanager
def gateway_process(database_url: str, **settings: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The same, with the process."""
    port = embedded.free_port()
    own = {
        "GUANXI_DATABASE_URL": database_url,
        "GUANXI_SECRET_KEY": "for benchmarks only",
        "GUANXI_GATEWAY_PORT": str(port),
        "GUANXI_ISO8583_PORT": str(embedded.free_port()),
    }
    serve = (
        "from guanxi.gateway.server import run; from guanxi.storage.configuration import configuration as c; run(c())"
    )
    process = subprocess.Popen([sys.executable, "-c", serve], env={**os.environ, **own, **settings})
    try:
        await_answer(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def bank(url: str) -> Iterator[dict[str, str]]:
    """The sandbox bank as a process, and the settings by which a gateway finds it."""
    ports = embedded.free_port(), embedded.free_port()
    settings = {"GUANXI_SANDBOX_PORT": str(ports[0]), "GUANXI_CARD_HOST_PORT": str(ports[1])}
    with tempfile.TemporaryDirectory() as files:
        command = [sys.executable, "-m", "guanxi.sandbox", "--database-url", url, "--files", files]
        process = subprocess.Popen(command, env={**os.environ, **settings})
        try:
            await_answer(f"http://127.0.0.1:{ports[0]}/faults", process)
            yield settings
        finally:
            process.terminate()
            process.wait(20)


def difference(port: str) -> str:
    """Debits less credits of the bank whose doors are at `port`, by currency."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/ledger/trial-balance", timeout=60) as answer:
        found = re.findall(r'"difference":\s*"(-?[0-9.]+)"', answer.read().decode())
    return ", ".join(found)


def await_answer(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until `process` answers at `url`."""
    until = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own, over loopback
        except (urllib.error.URLError, ConnectionError):
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
