"""`guanxi run` as its operator knows it: it starts, says where, survives kills, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guanxi.storage.embedded import free_port

pytestmark = pytest.mark.processes
COMMAND = [sys.executable, "-m", "guanxi.cli"]
PORTS = ("OFFICE", "GATEWAY", "ISO8583", "SANDBOX", "CARD_HOST", "SANDBOX_SFTP")
PATIENCE = 180.0


class Installation:
    """A home of its own, and the commands run in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home / "run.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GUANXI_")}
        ports = {f"GUANXI_{name}_PORT": str(free_port()) for name in PORTS}
        self.environment = {**kept, **ports, "GUANXI_HOME": str(home), "PYTHONUNBUFFERED": "1"}

    def start(self, customers: int = 10) -> subprocess.Popen[bytes]:
        self.log.write_bytes(b"")
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*COMMAND, "run", "--customers", str(customers)], env=self.environment, stdout=log, stderr=log
            )
        wait_until(lambda: "is ready" in self.log.read_text() or process.poll() is not None)
        assert process.poll() is None, self.log.read_text()
        return process

    def processes(self) -> dict[int, str]:
        """Every live process that was started with this home, or serves its database."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                mine = str(self.home).encode() in (folder / "environ").read_bytes()
            except OSError:
                continue
            if line and (mine or str(self.home) in line):
                found[int(folder.name)] = line
        return found

    def kill_everything(self) -> None:
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def pids(self, word: str) -> list[int]:
        return [pid for pid, line in self.processes().items() if line.rstrip().endswith(word)]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="guanxi-run-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        found = Installation(Path(folder) / "home")
        found.home.mkdir()
        yield found
        found.kill_everything()


def test_doctor_is_content_and_interrupt_leaves_nothing(installation: Installation) -> None:
    process = installation.start()
    doctor = subprocess.run(
        [*COMMAND, "doctor"], env=installation.environment, check=False, capture_output=True, text=True
    )
    assert doctor.returncode == 0, doctor.stdout
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    wait_until(lambda: not installation.processes())


def test_a_killed_process_comes_back(installation: Installation) -> None:
    process = installation.start()
    (before,) = installation.pids("guanxi.cli gateway")
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: any(pid != before for pid in installation.pids("guanxi.cli gateway")))
    assert "started again" in installation.log.read_text()
    process.send_signal(signal.SIGTERM)
    process.wait(PATIENCE)
    wait_until(lambda: not installation.processes())


def test_a_killed_supervisor_takes_its_processes_along_and_the_next_start_cleans_up(installation: Installation) -> None:
    installation.start().kill()
    names = ("office", "gateway", "worker", "sandbox")
    wait_until(lambda: not any(installation.pids(f"guanxi.cli {name}") for name in names))
    process = installation.start()
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE)
    wait_until(lambda: not installation.processes())


def test_it_starts_again_after_everything_was_killed(installation: Installation) -> None:
    process = installation.start()
    installation.kill_everything()
    process.wait(PATIENCE)
    wait_until(lambda: not installation.processes())
    process = installation.start()
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE)
    wait_until(lambda: not installation.processes())
