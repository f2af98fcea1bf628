"""What an engineer sees of the exchange: the map, the messages, the story of one request."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.office.conftest import WANG
from tests.office.test_browser import AXE, RULES, sign_in

from guanxi.exchange.message_rows import COLUMNS, Heard, row_of
from guanxi.kernel.clock import now

pytestmark = [pytest.mark.browser, pytest.mark.processes]
DONE, OPEN, LEG = uuid.UUID(int=0xE1), uuid.UUID(int=0xE2), uuid.UUID(int=0xE3)
_REQUEST = """
INSERT INTO exchange_journalrequest (id, channel, idempotency_key, fingerprint, service, actor, party_id, arguments,
    state, outcome, reply, received_at, closed_at)
VALUES (%s, 'atm', %s, '', 'cash_withdrawal', 'terminal:ATM00001', %s, '{"amount": "500.00"}', %s, %s, '{}', %s, %s)
"""
_LEG = """
INSERT INTO exchange_journalleg (id, request_id, position, system, operation, content, state, attempts, sent_at,
    next_attempt_at, endpoint, owner, deadline)
VALUES (%s, %s, 0, 'savings', 'withdraw', '{}', %s, 1, %s, %s, 'savings', 'recovery', now() + interval '1 day')
"""
_TRAFFIC = """
INSERT INTO exchange_traffic (at, gateway, channel, service, endpoint, answered, declined, failed, milliseconds,
    buckets)
VALUES (%s, %s, 'atm', 'cash_withdrawal', %s, %s, 1, %s, 400, array_fill(%s, ARRAY[18]))
"""
_PULSE = """
INSERT INTO exchange_pulse (gateway, place, started_at, at, in_flight, left_out)
VALUES (%s, 'here:1', %s, %s::timestamptz + interval '1 hour', '{"atm": 3}', 0)
"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def watched(office_database: str) -> str:
    """One withdrawal done, one under way, and the traffic of a few minutes."""
    at = now() - dt.timedelta(seconds=20)
    gateway = uuid.uuid4()
    with psycopg.connect(office_database, autocommit=True) as connection:
        connection.execute(_REQUEST, [DONE, "k1", WANG, "closed", "completed", at, at + dt.timedelta(milliseconds=30)])
        connection.execute(_LEG, [LEG, DONE, "confirmed", at, None])
        connection.execute(_REQUEST, [OPEN, "k2", WANG, "received", None, at, None])
        connection.execute(_LEG, [uuid.uuid4(), OPEN, "in_doubt", at, at + dt.timedelta(seconds=60)])
        connection.execute(_TRAFFIC, [at, gateway, "", 600, 0, 30])
        connection.execute(_TRAFFIC, [at, gateway, "savings", 500, 80, 20])
        connection.execute(_PULSE, [gateway, at, at])
        marks = ", ".join(["%s"] * len(COLUMNS))
        for heard in _messages(at):
            connection.execute(f"INSERT INTO exchange_message ({', '.join(COLUMNS)}) VALUES ({marks})", row_of(heard))
    return office_database


def _messages(at: dt.datetime) -> Iterator[Heard]:
    said = {0: "0200", 2: "6222020000000000", 4: "000000050000", 11: "000123", 41: "ATM00001", 49: "156", 52: "12"}
    answered = {0: "0210", 39: "00"}
    step = dt.timedelta(milliseconds=5)
    common = {"channel": "atm", "service": "cash_withdrawal", "outcome": "completed", "request_id": DONE}
    yield Heard(
        at=at, milliseconds=30, direction="in", format="iso8583", name="cash_withdrawal", said=said,
        answered=answered, **common,
    )  # fmt: skip
    yield Heard(
        at=at + step, milliseconds=12, direction="out", format="json", endpoint="savings", name="withdraw", leg_id=LEG,
        said={"account": "SV0001", "amount": "500.00"}, answered={"status": "confirmed", "reference": "SV77"}, **common,
    )  # fmt: skip


@pytest.fixture
def page(browser: Browser, office_url: str, watched: str) -> Iterator[Page]:
    """Signed in as an integration engineer."""
    assert watched
    context = browser.new_context(bypass_csp=True, base_url=office_url)
    opened = context.new_page()
    sign_in(opened, "engineer")
    yield opened
    context.close()


def test_the_map_shows_what_flows_and_how_well_and_leads_to_the_messages(page: Page) -> None:
    page.goto("/exchange/")
    expect(page.locator("#n-channel-atm")).to_contain_text("2.0/s")
    expect(page.locator("#n-endpoint-savings")).to_contain_text("✖")
    expect(page.locator("#n-endpoint-savings")).to_contain_text("1 in doubt")
    expect(page.get_by_role("row", name="Cash withdrawal Savings")).to_contain_text("16%")
    page.locator("#e-service-cash_withdrawal-savings").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/exchange/messages?**")
    expect(page.locator("details.gx-message")).to_have_count(1)


def test_the_map_grows_while_one_looks_at_it_and_can_be_held(page: Page, watched: str) -> None:
    page.goto("/exchange/")
    expect(page.locator("#n-channel-pos")).to_contain_text("quiet")
    with psycopg.connect(watched, autocommit=True) as connection:
        connection.execute(_TRAFFIC.replace("'atm'", "'pos'"), [now(), uuid.uuid4(), "", 300, 0, 9])
    expect(page.locator("#n-channel-pos")).to_contain_text("1.0/s")
    page.get_by_role("button", name="Hold the picture").click()
    expect(page.get_by_role("button", name="Hold the picture")).to_have_attribute("aria-pressed", "true")


def test_a_message_is_found_while_typing_and_opens_to_its_masked_fields(page: Page) -> None:
    page.goto("/exchange/messages")
    page.locator("#q").press_sequentially("stan:000123")
    entry = page.locator("details.gx-message")
    expect(entry).to_have_count(1)
    entry.locator("summary").click()
    expect(entry).to_contain_text("622202******0000")
    expect(entry).to_contain_text("systems trace audit number")
    expect(entry).to_contain_text("•••")
    entry.get_by_role("link", name="The whole story of this request").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cash withdrawal")


def test_a_story_tells_each_step_and_is_on_the_audit_trail(page: Page, watched: str) -> None:
    page.goto(f"/exchange/requests/{LEG}")  # a leg leads to its request
    expect(page.locator(".gx-steps")).to_contain_text("Savings was asked for: withdraw. It answered after 12 ms")
    expect(page.locator(".gx-fall-row")).to_have_count(2)
    page.locator(".gx-wire summary").last.click()
    expect(page.locator(".gx-wire").last).to_contain_text("SV77")
    with psycopg.connect(watched) as connection:
        seen = connection.execute("SELECT actor FROM access_auditentry WHERE subject = %s", [f"request:{DONE}"])
        assert seen.fetchone() == ("staff:engineer",)


def test_an_open_story_goes_on_by_itself(page: Page, watched: str) -> None:
    page.goto(f"/exchange/requests/{OPEN}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("under way")
    with psycopg.connect(watched, autocommit=True) as connection:
        end = "UPDATE exchange_journalrequest SET state = 'closed', outcome = 'failed', closed_at = %s WHERE id = %s"
        connection.execute(end, [now(), OPEN])
    expect(page.get_by_role("heading", level=1)).to_contain_text("Failed")


def test_the_timeline_leads_an_engineer_of_compliance_to_the_story(
    browser: Browser, office_url: str, watched: str
) -> None:
    with psycopg.connect(watched, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO interactions_interaction (id, occurred_at, party_id, request_id, channel, kind, service,"
            " outcome, detail) VALUES (uuidv7(), %s, %s, %s, 'atm', 'transaction', 'cash_withdrawal', 'completed', %s)",
            [now(), WANG, DONE, json.dumps({"merchant": "ICBC"})],
        )
    for role, number in (("compliance", 1), ("agent", 0)):
        context = browser.new_context(base_url=office_url)
        page = context.new_page()
        sign_in(page, role)
        page.goto(f"/customers/{WANG}/?channel=atm")
        expect(page.locator("details.gx-entry").first).to_be_visible()
        assert page.locator(f'a[href="/exchange/requests/{DONE}"]').count() == number
        context.close()


@pytest.mark.parametrize("path", ["/exchange/", "/exchange/messages", f"/exchange/requests/{DONE}"])
def test_who_may_not_see_the_journal_sees_nothing(browser: Browser, office_url: str, watched: str, path: str) -> None:
    assert watched
    context = browser.new_context(base_url=office_url)
    page = context.new_page()
    sign_in(page, "agent")
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 403
    assert "ATM00001" not in page.content()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/exchange/", "/exchange/messages?q=000123", f"/exchange/requests/{DONE}"])
def test_axe_finds_nothing(page: Page, path: str, theme: str) -> None:
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    for entry in page.locator("details").all()[:3]:
        entry.locator("summary").first.click()
    page.add_script_tag(path=AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    faults = [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found["violations"]]
    assert faults == []
