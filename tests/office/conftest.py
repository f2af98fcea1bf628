"""A small bank, staff who may sign in, and the office as a process with a real browser before it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from guanxi.storage.embedded import free_port

WANG = uuid.UUID(int=0xA1)
_PEOPLE = f"""
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, birth_date,
    customer_since, created_at, updated_at)
VALUES ('{WANG}', '100000001', 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '101', 'teacher', 'gold',
    '1980-05-03', '2019-01-01', now(), now());
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
VALUES ('{uuid.UUID(int=0xC1)}', 'SV0001', 'savings', 'current', 'CNY', 'open', '101', '2020-01-01', 1234.5, 1234.5);
INSERT INTO parties_accountholder (account_id, party_id, role) VALUES ('{uuid.UUID(int=0xC1)}', '{WANG}', 'owner');
INSERT INTO parties_contactpoint (party_id, kind, value, purpose, preferred, source, valid_from)
VALUES ('{WANG}', 'phone', '+8613912345678', 'home', true, 'savings', now());
"""
_MAKE_FINDABLE = """
import asyncio, sys, uuid
import asyncpg
from guanxi.parties.search_index import index_party

async def make_findable(url, party):
    connection = await asyncpg.connect(url)
    await index_party(connection, uuid.UUID(party))

asyncio.run(make_findable(*sys.argv[1:]))
"""
ENTRY = """
INSERT INTO interactions_interaction (id, occurred_at, party_id, account_id, channel, kind, service, outcome, amount,
    currency, duration_ms, legs, detail)
VALUES (uuidv7(), %s, %s, NULL, %s, 'transaction', %s, 'completed', %s, 'CNY', 12,
    '[{"system": "savings", "operation": "withdraw", "state": "confirmed", "milliseconds": 7}]', '{"merchant": "ICBC"}')
"""


@pytest.fixture(scope="module")
def office_database(database_url: str) -> str:
    """One customer with forty interactions, and one member of staff of each role (password: guanxi)."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_PEOPLE)
        start = dt.datetime(2026, 5, 3, 8, tzinfo=dt.UTC)
        for number in range(40):
            at = start + dt.timedelta(hours=number)
            connection.execute(ENTRY, [at, WANG, "pos", "purchase", -number - 1])
    script = (
        "import django; django.setup()\n"
        "from guanxi.access.models import StaffMember, StaffRole\n"
        "for role in StaffRole.values:\n"
        "    StaffMember.objects.create_user(role, password='guanxi', role=role)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, "GUANXI_DATABASE_URL": database_url})
    # A process of its own: Playwright keeps an event loop running in this one.
    subprocess.run([sys.executable, "-c", _MAKE_FINDABLE, database_url, str(WANG)], check=True)
    return database_url


@pytest.fixture(scope="module")
def office_url(office_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The office as `guanxi office` serves it."""
    port = free_port()
    environment = {
        **os.environ,
        "GUANXI_DATABASE_URL": office_database,
        "GUANXI_OFFICE_PORT": str(port),
        "GUANXI_HOME": str(tmp_path_factory.mktemp("home")),
    }
    process = subprocess.Popen([sys.executable, "-m", "guanxi.cli", "office"], env=environment, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    _await(f"{url}/health", process)
    yield url
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=20)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=2)
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; without it browser tests are skipped, and say so."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed: `apt-get install chromium`")
    if not (Path(__file__).parents[2] / "src/guanxi/office/static/bundle/manifest.json").exists():
        pytest.skip("The browser's assets are not built: `guanxi assets`")
    return found
