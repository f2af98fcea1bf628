"""(a) Durable inquiries over HTTP (`GET /v1/accounts`) against pgbench running the same SQL, one request a transaction.

The SQL is taken from the gateway's own modules: two look-ups and the write of journal and timeline. The anchor leaves
out the notification of listeners: NOTIFY makes PostgreSQL commit one transaction at a time, and would slow the anchor.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

import psycopg

from benchmarks import fresh, pgbench
from benchmarks.result import Result
from guanxi.exchange import lookup, statements
from guanxi.kernel.clock import now

CONNECTIONS = 64
CUSTOMERS = 20_000
_ROUNDS = 3
_SECONDS = 6
_SIGNED_IN = 1000

_SEED = """
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at,
    updated_at)
SELECT md5(n::text)::uuid, n::text, 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '', '', '', now(), now()
FROM generate_series(1, {customers}) n;
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
SELECT md5(n || 'account' || k)::uuid, format('6222%s%s', lpad(n::text, 11, '0'), k), 'savings', 'savings', 'CNY',
    'open', '', '2020-01-01', 1000, 1000
FROM generate_series(1, {customers}) n, generate_series(1, 2) k;
INSERT INTO parties_accountholder (account_id, party_id, role)
SELECT md5(n || 'account' || k)::uuid, md5(n::text)::uuid, 'owner'
FROM generate_series(1, {customers}) n, generate_series(1, 2) k;
INSERT INTO parties_card (id, number_hash, masked_number, kind, product, account_id, party_id, status, expires_on,
    issued_on, pin_verification_value, pin_failures)
SELECT md5(n || 'card')::uuid, sha256(n::text::bytea), '622202******0000', 'debit', 'debit',
    md5(n || 'account1')::uuid, md5(n::text)::uuid, 'active', '2036-01-31', '2020-01-01', '', 0
FROM generate_series(1, {customers}) n;
SELECT interactions_ensure_months(now()::date, now()::date + 31);
"""
_SESSION = """
INSERT INTO access_customersession (token_hash, party_id, channel, created_at, expires_at)
VALUES (%s, md5(%s)::uuid, 'internet', %s, %s)
"""
_ROTATE = """
local token = 0
request = function()
  token = (token + 7) % {signed_in}
  return wrk.format("GET", "/v1/accounts", {{ ["Authorization"] = string.format("Bearer %043d", token) }})
end
delay = function() return math.random(0, {think}) end
"""
# What `$n` of the journal's statement is in the anchor; the rest stands for a reply of usual size.
_REPLY = (
    """'{"accounts":[{"number":"6222000000000011","product":"savings","currency":"CNY","status":"open","""
    """"ledger_balance":"1000.0000","available_balance":"1000.0000","role":"owner"}],"cards":[]}'"""
)
_PARTY_ID = "md5(:n::text)::uuid"
_REQUEST_ID = "(SELECT id FROM fresh)"
_VALUES = dict(
    enumerate(
        (
            *(_REQUEST_ID, "'internet'", "(SELECT id::text FROM fresh)", "sha256('request')", "'accounts'"),
            *("'party:' || md5(:n::text)", _PARTY_ID, "NULL", "'{}'", "now()", "'completed'", "NULL", _REPLY, "now()"),
            *(_REQUEST_ID, "now()", _PARTY_ID, "NULL", "NULL", "NULL", "1", "'internet'", "'inquiry'", "'accounts'"),
            *("'completed'", """'{"detail":{},"legs":[]}'""", "'[]'"),
        ),
        start=1,
    )
)


@dataclasses.dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured."""

    per_second: float
    p50: float
    p99: float
    errors: int


def measure() -> list[Result]:
    """Alternate gateway and anchor, then look at the gateway's latency at half of its own highest rate."""
    if shutil.which("wrk") is None:
        raise SystemExit("This benchmark needs wrk (Debian: apt install wrk).")
    with fresh.database() as url:
        _seed(url)
        with fresh.gateway(url) as address:
            _load(address, 2, think=0)
            pairs = [(_load(address, _SECONDS, think=0), _anchor(url)) for _ in range(_ROUNDS)]
            highest = statistics.median(load.per_second for load, _ in pairs)
            think = round(2 * 1000 * CONNECTIONS / (highest / 2))
            halves = [_load(address, _SECONDS, think=think) for _ in range(_ROUNDS)]
    return [_result(pairs, halves)]


def _result(pairs: list[tuple[Load, float]], halves: list[Load]) -> Result:
    ratios = sorted(load.per_second / anchor for load, anchor in pairs)
    ratio, slow = statistics.median(ratios), statistics.median(half.p99 for half in halves)
    figures = (
        ("gateway, requests a second (each round)", ", ".join(f"{load.per_second:,.0f}" for load, _ in pairs)),
        ("pgbench, transactions a second (each round)", ", ".join(f"{anchor:,.0f}" for _, anchor in pairs)),
        ("gateway at full rate, p50 / p99", f"{pairs[-1][0].p50:.1f} / {pairs[-1][0].p99:.1f} ms"),
        ("gateway at half rate, requests a second", ", ".join(f"{half.per_second:,.0f}" for half in halves)),
        ("gateway at half rate, p50 / p99", ", ".join(f"{half.p50:.1f} / {half.p99:.1f} ms" for half in halves)),
        ("answers other than 2xx", str(sum(load.errors for load in [*halves, *(load for load, _ in pairs)]))),
    )
    return Result(
        name="Durable inquiries over HTTP",
        question=f"How near does the gateway come to PostgreSQL itself at {CONNECTIONS} connections?",
        figures=figures,
        verdict=f"{ratio:.2f} of pgbench ({ratios[0]:.2f} to {ratios[-1]:.2f}); p99 {slow:.1f} ms at half rate",
        goal="at least 0.65; p99 at most 25 ms at half rate",
        met=ratio >= 0.65 and slow <= 25,
        remark="Requests that arrive together share statements and commits; pgbench commits each by itself.",
    )


def _seed(url: str) -> None:
    at = now()
    tokens = [f"{number:043d}" for number in range(_SIGNED_IN)]
    rows = [
        (hashlib.sha256(token.encode()).digest(), str(number + 1), at, at + dt.timedelta(hours=1))
        for number, token in enumerate(tokens)
    ]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_SEED.format(customers=CUSTOMERS))
        connection.cursor().executemany(_SESSION, rows)
        connection.execute("VACUUM ANALYZE")


def _anchor(url: str) -> float:
    """The gateway's own statements, for one request at a time."""
    write = statements.TAKE_IN_AND_CLOSE.replace("SELECT pg_notify('interactions', payload)", "SELECT payload")
    write = write.replace("WITH added AS", "WITH fresh AS MATERIALIZED (SELECT uuidv7() AS id), added AS", 1)
    party = {1: "md5(:n::text)::uuid"}
    looks = [pgbench.with_arrays(look, party) for look in (lookup.BY_PARTY, lookup.CARDS_BY_PARTY)]
    script_lines = [*looks, pgbench.with_arrays(write, _VALUES)]
    script = "\n".join([f"\\set n random(1, {CUSTOMERS})", *script_lines])
    return pgbench.run(url, script, clients=CONNECTIONS, seconds=_SECONDS).transactions_per_second


def _load(address: str, seconds: int, *, think: int) -> Load:
    """wrk on all connections; each thinks for up to `think` ms before a request."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_ROTATE.format(signed_in=_SIGNED_IN, think=think))
        script.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-s", script.name, address]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    if rate is None:
        raise RuntimeError(f"wrk said nothing useful: {Path(script.name).name}: {told[:400]}")
    return Load(float(rate[1]), _percentile(told, 50), _percentile(told, 99), int(wrong[1]) if wrong else 0)


def _percentile(told: str, percent: int) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", told)
    if found is None:
        raise RuntimeError("wrk told no latency")
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
