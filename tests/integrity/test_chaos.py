"""Forty things go wrong under load, on every process and every link; then the books are held against memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from guanxi.cli.chaos import Trial, run_trial

_TRIAL = Trial(faults=40, seed=20260507)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the database's own user can walk to."""
    with tempfile.TemporaryDirectory(prefix="guanxi-integrity-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.processes
async def test_whatever_is_killed_cut_or_silenced_every_promise_is_kept(home: Path) -> None:
    report = await run_trial(_TRIAL, home, lambda _: None)
    assert report.tally["completed"] > 100
    assert len({fault.victim for fault in report.schedule}) > 12
    assert {finding.promise: finding.wrong for finding in report.findings if finding.wrong} == {}
