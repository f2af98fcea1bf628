"""A corporate customer's payment file of 100,000 payments: read alone, and carried out whole.

Whole is from the octets that arrive over HTTP until every payment has its end in the journal, on the timelines of payer
and payee, in the books of the bank and in the counts of the file. The memory is that of the gateway process, which does
it all. The anchor is lxml reading the same octets into one tree and counting the payments in it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import http.client
import json
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources
from pathlib import Path

import psycopg
from argon2 import PasswordHasher

from benchmarks import fresh
from benchmarks.result import Result
from guanxi.kernel.clock import now
from guanxi.kernel.iso20022.write_credit_transfers import Block, Payment, write_credit_transfers

PAYMENTS = 100_000
_PAYEES = 20_000
_MEGABYTE = 1024 * 1024
_PAYER = "CO0000000001"
_LOGIN, _PASSWORD = "corporate", "for benchmarks only"
_READ = """
import sys, time, resource
from guanxi.kernel.iso20022.credit_transfers import CreditTransfer, read_credit_transfers
def pieces(path):
    with open(path, "rb") as file:
        while piece := file.read(65536):
            yield piece
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
number = sum(isinstance(each, CreditTransfer) for each in read_credit_transfers(pieces(sys.argv[1])))
print(number, time.perf_counter() - started, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
_TREE = """
import sys, time, resource
from lxml import etree
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
root = etree.parse(sys.argv[1], etree.XMLParser(huge_tree=True)).getroot()
number = sum(1 for _ in root.iter("{*}CdtTrfTxInf"))
print(number, time.perf_counter() - started, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
_SEED = f"""
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at,
    updated_at)
VALUES (md5('corporate')::uuid, 'C1', 'organisation', 'Acme', 'Acme', '', 'en', '', '', '', now(), now());
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
VALUES (md5('corporate account')::uuid, '{_PAYER}', 'savings', 'current', 'CNY', 'open', '', '2020-01-01', 0, 0);
INSERT INTO parties_accountholder (account_id, party_id, role)
VALUES (md5('corporate account')::uuid, md5('corporate')::uuid, 'owner');
"""  # noqa: S608 - names of our own
_PAYEES_SEED = f"""
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at,
    updated_at)
SELECT md5(n::text)::uuid, n::text, 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '', '', '', now(), now()
FROM generate_series(1, {_PAYEES}) n;
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
SELECT md5(n || 'account')::uuid, 'SV' || lpad(n::text, 10, '0'), 'savings', 'savings', 'CNY', 'open', '',
    '2020-01-01', 1000000, 1000000
FROM generate_series(1, {_PAYEES}) n;
INSERT INTO parties_accountholder (account_id, party_id, role)
SELECT md5(n || 'account')::uuid, md5(n::text)::uuid, 'owner' FROM generate_series(1, {_PAYEES}) n;
SELECT interactions_ensure_months(now()::date, now()::date + 31);
"""  # noqa: S608
_BANK_SEED = f"""
INSERT INTO account (number, system, product, currency, owner, ledger_balance)
SELECT 'SV' || lpad(n::text, 10, '0'), 'savings', 'savings', 'CNY', n::text, 1000000
FROM generate_series(1, {_PAYEES}) n
UNION ALL SELECT '{_PAYER}', 'savings', 'current', 'CNY', 'Acme', 100000000;
"""  # noqa: S608
_CREDENTIAL = """
INSERT INTO access_customercredential (party_id, login, password_hash, failed_attempts)
VALUES (md5('corporate')::uuid, %s, %s, 0)
"""


def measure() -> list[Result]:
    """Read alone, then carry out."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "payments.xml"
        with path.open("wb") as file:
            file.writelines(_message())
        reading, tree = _reading(_READ, path), _reading(_TREE, path)
        octets = path.stat().st_size
        with _installation() as (url, gateway, process, sandbox_port):
            found, seconds, taken = _carry_out(gateway, path)
            peak = _peak(process)
            unbalanced = fresh.difference(sandbox_port)
            entries = _count(url)
    alone = Result(
        name="Reading a payment file",
        question=f"How long does it take to read {PAYMENTS:,} payments ({octets / _MEGABYTE:.0f} MB), and what memory?",
        figures=(
            (
                "payment by payment, with every field and check of the reader",
                f"{reading[0]:.1f} s, {reading[1]:.0f} MB",
            ),
            ("lxml, one tree, payments only counted", f"{tree[0]:.1f} s, {tree[1]:.0f} MB"),
        ),
        verdict=f"{PAYMENTS / reading[0]:,.0f} payments a second in {reading[1]:.0f} MB more than before",
        goal="flat memory: at most 20 MB more than before",
        met=reading[1] <= 20,
    )
    whole = Result(
        name="A payment file carried out",
        question=f"How long until each of {PAYMENTS:,} payments of one file is in the books, and in what memory?",
        figures=(
            ("until the file was acknowledged", f"{taken:.1f} s"),
            ("until every payment had its end", f"{seconds:.1f} s"),
            ("accepted, rejected", f"{found['accepted']:,}, {found['rejected']:,}"),
            ("journalled requests, legs, timeline entries", entries),
            ("peak memory of the gateway, which reads and carries out", f"{peak:.0f} MB"),
            ("debits less credits in the ledger afterwards", unbalanced),
        ),
        verdict=f"{seconds:.1f} s ({PAYMENTS / seconds:,.0f} payments a second), {peak:.0f} MB",
        goal="under 60 s and 300 MB",
        met=seconds < 60 and peak < 300,
        remark="Every creditor has an account at this bank. Gateway, PostgreSQL and the sandbox bank share the cores.",
    )
    return [alone, whole]


def _message() -> Iterator[bytes]:
    payments = [
        Payment(
            f"SALARY-{number:08d}",
            Decimal(100 + number % 900) / 100,
            "CNY",
            "王小明",
            f"SV{number % _PAYEES + 1:010d}",
            "GNXICNSHXXX",
            "2026-05 工资",
        )
        for number in range(PAYMENTS)
    ]
    today = (now() + dt.timedelta(hours=8)).date()
    block = Block("SALARIES", "Acme", _PAYER, "GNXICNSHXXX", today, payments)
    return write_credit_transfers(uuid.uuid4().hex, now(), "Acme", [block])


def _reading(program: str, path: Path) -> tuple[float, float]:
    """Seconds, and how many megabytes more than before."""
    done = subprocess.run([sys.executable, "-c", program, path], check=True, capture_output=True, text=True)
    number, seconds, before, peak = done.stdout.split()
    assert int(number) == PAYMENTS
    return float(seconds), (int(peak) - int(before)) / 1024


@contextlib.contextmanager
def _installation() -> Iterator[tuple[str, str, int, str]]:
    with fresh.database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_SEED)
            connection.execute(_PAYEES_SEED)
            connection.execute(_CREDENTIAL, [_LOGIN, PasswordHasher(time_cost=1).hash(_PASSWORD)])
            connection.execute("VACUUM ANALYZE")
        bank_url = f"{url.rpartition('/')[0]}/bank"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE bank")
        with psycopg.connect(bank_url, autocommit=True) as connection:
            connection.execute(resources.files("guanxi.sandbox").joinpath("schema.sql").read_text())
            connection.execute(_BANK_SEED)
            connection.execute("VACUUM ANALYZE")
        with fresh.bank(bank_url) as settings, fresh.gateway(url, **settings) as gateway:
            yield url, gateway, _process_at(gateway), settings["GUANXI_SANDBOX_PORT"]


def _carry_out(gateway: str, path: Path) -> tuple[dict[str, int], float, float]:
    """The file's counts, seconds until its end, and seconds until it was acknowledged."""
    connection = http.client.HTTPConnection(gateway.removeprefix("http://"), timeout=120)
    body = json.dumps({"login": _LOGIN, "password": _PASSWORD, "channel": "corporate_file"})
    session = _call(connection, "POST", "/v1/sessions", body, {"Content-Type": "application/json"})
    headers = {"Authorization": f"Bearer {session['token']}"}
    started = time.perf_counter()
    sent = {**headers, "Content-Type": "application/xml", "Idempotency-Key": uuid.uuid4().hex}
    file_id = _call(connection, "POST", "/v1/payment-files", path.read_bytes(), sent)["id"]
    taken = time.perf_counter() - started
    while True:
        time.sleep(0.25)
        found = _call(connection, "GET", f"/v1/payment-files/{file_id}", None, headers)
        if found["state"] in {"done", "rejected"}:
            return found, time.perf_counter() - started, taken


def _call(
    connection: http.client.HTTPConnection, method: str, path: str, body: str | bytes | None, headers: dict[str, str]
) -> dict[str, int]:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status < 300, content
    found: dict[str, int] = json.loads(content)
    return found


def _process_at(gateway: str) -> int:
    """The process that listens at `gateway`."""
    port = f":{int(gateway.rpartition(':')[2]):04X} "
    line = next(line for line in Path("/proc/net/tcp").read_text().splitlines() if port in line and " 0A " in line)
    socket = f"socket:[{line.split()[9]}]"
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if str(link.readlink()) == socket:
                return int(link.parts[2])
    raise LookupError(gateway)


def _peak(process: int) -> float:
    """The most memory that `process` has had, in megabytes."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return int(found.group(1)) / 1024 if found else float("nan")


def _count(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM exchange_journalrequest WHERE service = 'credit_transfer'),"
            " (SELECT count(*) FROM exchange_journalleg),"
            " (SELECT count(*) FROM interactions_interaction WHERE service = 'credit_transfer')"
        ).fetchone()
    return ", ".join(f"{count:,}" for count in row or ())
