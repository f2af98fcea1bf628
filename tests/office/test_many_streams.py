"""Far more browsers watch timelines than the office has connections to the database."""

from __future__ import annotations

import http.client
import http.cookiejar
import re
import urllib.parse
import urllib.request
from urllib.parse import urlsplit

import psycopg
import pytest
from tests.office.conftest import ENTRY, WANG

from guanxi.kernel.clock import now

pytestmark = pytest.mark.processes
STREAMS = 60


def signed_in(url: str) -> str:
    """The cookie of an agent."""
    kept = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(kept))
    page = opener.open(f"{url}/sign-in/").read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found is not None
    form = {"username": "agent", "password": "guanxi", "csrfmiddlewaretoken": found[1]}
    opener.open(f"{url}/sign-in/", urllib.parse.urlencode(form).encode()).close()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in kept)


def test_many_streams_stay_open_hear_what_happens_and_leave_the_office_usable(
    office_url: str, office_database: str
) -> None:
    cookie, address = signed_in(office_url), urlsplit(office_url)
    answers = []
    for _ in range(STREAMS):
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        connection.request("GET", f"/customers/{WANG}/timeline/live", headers={"Cookie": cookie})
        answers.append(connection.getresponse())
        assert answers[-1].status == 200
        assert answers[-1].readline() == b"retry: 1000\n"
    request = urllib.request.Request(f"{office_url}/customers/{WANG}/", headers={"Cookie": cookie})
    assert urllib.request.urlopen(request, timeout=30).status == 200
    with psycopg.connect(office_database, autocommit=True) as connection:
        connection.execute(ENTRY, [now(), WANG, "atm", "cash_withdrawal", -777])
        connection.execute("SELECT pg_notify('interactions', %s)", [f'["{WANG}"]'])
    for answer in answers:
        while b"777.00" not in answer.readline():
            pass
        answer.close()
