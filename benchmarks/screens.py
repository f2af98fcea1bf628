"""(c) The customer page and the search at 100,000 customers and 10 million interactions, as the office serves them.

Times are of whole requests over loopback, one after the other: rendering, queries, audit and all, and the browser's
side of HTTP too, so the server's own time is a little less.
"""

from __future__ import annotations

import http.cookiejar
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import psycopg

from benchmarks import fresh
from benchmarks.result import Result
from guanxi.storage import embedded

CUSTOMERS = int(os.environ.get("GUANXI_BENCH_CUSTOMERS", "100000"))
_PAGES, _SEARCHES = 400, 600
_PAGE_GOAL, _SEARCH_GOAL = 60.0, 30.0  # milliseconds, 95th percentile


def measure() -> list[Result]:
    """Make the bank, serve the office, open customers and search as people would."""
    with fresh.database() as url, tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "GUANXI_DATABASE_URL": url, "GUANXI_HOME": home}
        make = [sys.executable, "-m", "guanxi.cli", "demo", "--customers", str(CUSTOMERS)]
        subprocess.run(make, check=True, env=environment)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            interactions = connection.execute("SELECT count(*) FROM interactions_interaction").fetchone()
            people = connection.execute(_SAMPLE, [_PAGES]).fetchall()
        scale = f"{CUSTOMERS:,} customers, {interactions[0] if interactions else 0:,} interactions"
        return _with_office(environment, people, scale)


def _with_office(environment: dict[str, str], people: list[tuple[str, ...]], scale: str) -> list[Result]:
    port = embedded.free_port()
    environment = {**environment, "GUANXI_OFFICE_PORT": str(port)}
    office = subprocess.Popen([sys.executable, "-m", "guanxi.cli", "office"], env=environment, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        fresh.await_answer(f"{address}/health", office)
        opener = _signed_in(address)
        pages = [f"{address}/customers/{person[0]}/" for person in people]
        searches = [f"{address}/customers/results?q={urllib.parse.quote(text)}" for text in _texts(people)]
        return [
            _result("customer page", "How long does a customer page take?", scale, _PAGE_GOAL, _times(opener, pages)),
            _result("customer search", "How long does a search take?", scale, _SEARCH_GOAL, _times(opener, searches)),
        ]
    finally:
        os.killpg(office.pid, signal.SIGTERM)
        office.wait(20)


def signed_in(address: str) -> http.cookiejar.CookieJar:
    """What a browser keeps once the agent has signed in."""
    kept = http.cookiejar.CookieJar()
    _signed_in(address, kept)
    return kept


def _signed_in(address: str, kept: http.cookiejar.CookieJar | None = None) -> urllib.request.OpenerDirector:
    cookies = urllib.request.HTTPCookieProcessor(kept if kept is not None else http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(cookies)
    page = opener.open(f"{address}/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    form = {"username": "agent", "password": "guanxi", "csrfmiddlewaretoken": token.group(1) if token else ""}
    opener.open(f"{address}/sign-in/", urllib.parse.urlencode(form).encode()).close()
    return opener


def _texts(people: list[tuple[str, ...]]) -> list[str]:
    """What people type: names whole and in part, pinyin, numbers, and a letter left out."""
    chance = random.Random(7)
    texts = []
    for _ in range(_SEARCHES):
        _id, name, latin, number, phone, account = chance.choice(people)
        whole = chance.choice([name, name[:2], name[:1], latin, latin.lower()[:4], number, phone, account])
        texts.append(whole if chance.random() < 0.8 or len(latin) < 6 else latin[:3] + latin[4:])
    return [text for text in texts if text]


def _times(opener: urllib.request.OpenerDirector, addresses: list[str]) -> list[float]:
    """Milliseconds of each request, after a few that are not counted."""
    times = []
    for number, address in enumerate([*addresses[:20], *addresses]):
        started = time.perf_counter()
        opener.open(address).read()
        if number >= 20:
            times.append((time.perf_counter() - started) * 1000)
    return times


def _result(name: str, question: str, scale: str, goal: float, times: list[float]) -> Result:
    cuts = statistics.quantiles(times, n=100)
    return Result(
        name=name,
        question=f"{question} {scale}, {len(times)} requests.",
        figures=(
            ("median", f"{cuts[49]:.1f} ms"),
            ("95th percentile", f"{cuts[94]:.1f} ms"),
            ("99th percentile", f"{cuts[98]:.1f} ms"),
        ),
        verdict=f"p95 {cuts[94]:.1f} ms",
        goal=f"<= {goal:.0f} ms",
        met=cuts[94] <= goal,
    )


_SAMPLE = """
SELECT p.id::text, p.name, p.latin_name, p.number,
    coalesce((SELECT value FROM parties_contactpoint c WHERE c.party_id = p.id AND c.kind = 'phone' LIMIT 1), ''),
    coalesce((SELECT a.number FROM parties_accountholder h JOIN parties_account a ON a.id = h.account_id
        WHERE h.party_id = p.id LIMIT 1), '')
FROM parties_party p TABLESAMPLE SYSTEM (5) WHERE p.kind <> 'staff' ORDER BY md5(p.id::text) LIMIT %s
"""
