"""What becomes of a supervised process when its supervisor is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

_CHILD = """
import signal, sys, time
from guanxi.cli.supervisor import end_with_supervisor
signal.signal(signal.SIGTERM, signal.SIG_IGN)
end_with_supervisor(grace=0)
print("deaf", flush=True)
time.sleep(120)
"""
_SUPERVISOR = """
import asyncio, os, sys
from guanxi.cli.supervisor import Program, Supervisor
asyncio.run(Supervisor([Program("child", [sys.executable, "-c", sys.argv[1]], "cyan")], os.environ).run())
"""


def test_a_child_deaf_to_the_request_to_end_ends_all_the_same() -> None:
    with subprocess.Popen([sys.executable, "-c", _SUPERVISOR, _CHILD], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        assert "deaf" in supervisor.stdout.readline()
        (child,) = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait()
        child_ended = subprocess.run(["tail", f"--pid={child}", "-f", "/dev/null"], check=False, timeout=60)
    assert child_ended.returncode == 0
