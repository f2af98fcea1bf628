"""A load whose process is killed goes on where it was, and nothing is there twice."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.parties.intake.conftest import HEADINGS, Desk

from guanxi.parties.intake.description import SourceDescription
from guanxi.parties.intake.profiling import profile_table
from guanxi.parties.intake.proposing import propose
from guanxi.parties.intake.reading import open_table
from guanxi.parties.intake.states import LoadState

DATA = Path(__file__).parents[4] / "shared" / "data" / "record-linkage"
ROWS = 20_000
_WORKER = """
import django; django.setup()
import sys
from guanxi.parties.jobs import load_records
load_records.func(sys.argv[1])
"""


@pytest.mark.processes
def test_killed_in_the_middle_it_goes_on(desk: Desk) -> None:
    rows = (f"K{n},,19{n % 90 + 10}-01-01,{13900000000 + n},\n" for n in range(ROWS))
    load = desk.line_up(HEADINGS + "".join(rows))
    environment = {**os.environ, "GUANXI_DATABASE_URL": desk.url}
    process = subprocess.Popen([sys.executable, "-c", _WORKER, str(load.id)], env=environment)
    with psycopg.connect(desk.url, autocommit=True) as connection:
        _await_position(connection, load.id, process)
        process.kill()
        process.wait()
    load.refresh_from_db()
    assert 0 < load.position < ROWS
    assert load.state == LoadState.LOADING
    subprocess.run([sys.executable, "-c", _WORKER, str(load.id)], env=environment, check=True, timeout=300)
    load.refresh_from_db()
    assert (load.state, load.added, load.unchanged, load.position) == (LoadState.COMPLETE, ROWS, 0, ROWS)
    assert desk.rows("SELECT count(*), count(DISTINCT key) FROM parties_sourcerecord WHERE source = %s", desk.name) == [
        (ROWS, ROWS)
    ]


def _await_position(connection: psycopg.Connection, load: object, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        row = connection.execute("SELECT position FROM parties_load WHERE id = %s", [load]).fetchone()
        if row and row[0]:
            return
        assert process.poll() is None
    pytest.fail("the load has not begun")


@pytest.mark.skipif(not DATA.exists(), reason="the data sets for record linkage are not beside the repository")
def test_two_real_files_meet(make_desk: Callable[[str], Desk], tmp_path: Path) -> None:
    loads = []
    for name in ("dataset4a", "dataset4b"):
        octets = gzip.decompress((DATA / "febrl" / f"{name}.csv.gz").read_bytes())
        octets = b"\n".join(octets.splitlines()[:1500])
        (tmp_path / name).write_bytes(octets)
        profile, rows = profile_table(open_table(tmp_path / name, SourceDescription()))
        desk = make_desk(name)
        desk.describe(propose(profile, rows, SourceDescription()))
        loads.append(desk.load(octets))
    assert [(load.state, load.rejected) for load in loads] == [(LoadState.COMPLETE, 0)] * 2
    assert sum(load.added for load in loads) == 2 * 1499
    [(together,)] = desk.rows(
        "SELECT count(*) FROM (SELECT party_id FROM parties_link l JOIN parties_sourcerecord r"
        " ON r.id = l.source_record_id WHERE r.source IN ('dataset4a', 'dataset4b')"
        " GROUP BY party_id HAVING count(DISTINCT r.source) = 2) AS shared"
    )
    assert together > 100
