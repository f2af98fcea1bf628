"""The worker knows the jobs of every room without the office's framework."""

from __future__ import annotations

import subprocess
import sys

_TASKS = """
import sys
from guanxi.cli.worker import make_application
print(*sorted(make_application("postgresql:///nowhere").tasks))
assert "django.apps" not in sys.modules or not sys.modules["django.apps"].apps.ready
"""


def test_the_jobs_of_every_room_are_known() -> None:
    done = subprocess.run([sys.executable, "-c", _TASKS], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {"exchange:reconcile", "parties:load_records", "parties:resolve_everything"} <= set(done.stdout.split())
