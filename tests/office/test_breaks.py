"""A person works through breaks: sees both sides, writes down why, decides; the audit trail knows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.office.test_browser import AXE, RULES, sign_in

from guanxi.kernel.clock import now

pytestmark = [pytest.mark.browser, pytest.mark.processes]
BREAKS = {
    "state_differs": uuid.UUID(int=0xF1),
    "missing_here": uuid.UUID(int=0xF2),
    "overdue": uuid.UUID(int=0xF3),
}
_BREAK = """
INSERT INTO exchange_break (id, found_at, system, kind, subject, day, ours, theirs, state)
VALUES (%s, %s, 'savings', %s, %s, '2026-05-07', %s, %s, 'open')
"""
OURS = '{"operation": "transfer", "status": "confirmed", "account": "SV1", "amount": "10.00", "currency": "CNY"}'
THEIRS = '{"operation": "transfer", "status": "reversed", "account": "SV1", "amount": "10.00", "currency": "CNY"}'
LATE = '{"operation": "debit", "content": {"account": "SV1", "amount": "7.00", "currency": "CNY"}, "state": "in_doubt"}'


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def broken(office_database: str) -> str:
    """Three breaks wait."""
    sides = {"state_differs": (OURS, THEIRS), "missing_here": (None, THEIRS), "overdue": (LATE, None)}
    with psycopg.connect(office_database, autocommit=True) as connection:
        for kind, (ours, theirs) in sides.items():
            connection.execute(_BREAK, [BREAKS[kind], now(), kind, str(BREAKS[kind]), ours, theirs])
        connection.execute(
            "INSERT INTO exchange_reconciliation (system, day, at, ours, theirs, breaks, failure)"
            " VALUES ('savings', current_date - 1, now(), 1200, 1201, 2, ''),"
            " ('loans', current_date - 1, now(), 17, 17, 0, '')"
        )
    return office_database


@pytest.fixture
def page(browser: Browser, office_url: str, broken: str) -> Iterator[Page]:  # noqa: ARG001 - the breaks are there
    context = browser.new_context(base_url=office_url)
    opened = context.new_page()
    sign_in(opened, "engineer")
    yield opened
    context.close()


def test_what_waits_is_listed_and_the_days_are_shown(page: Page) -> None:
    page.goto("/exchange/breaks")
    expect(page.locator(".gx-break")).to_have_count(3)
    expect(page.get_by_text("3 breaks wait for a person")).to_be_visible()
    expect(page.locator(".gx-day-broken")).to_contain_text("2 breaks")
    page.get_by_label("Kind").select_option("overdue")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".gx-break")).to_have_count(1)


def test_both_sides_stand_beside_each_other_and_a_decision_needs_a_reason(page: Page, broken: str) -> None:
    page.goto(f"/exchange/breaks/{BREAKS['state_differs']}")
    row = page.locator(".gx-differs")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Confirmed")
    expect(row).to_contain_text("Reversed")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status")).to_contain_text("Write down why")
    page.get_by_label("What you found out").fill("Corrected by hand in the branch.")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status")).to_contain_text("on record")
    expect(page.locator(".gx-notes")).to_contain_text("Corrected by hand in the branch.")
    expect(page.get_by_role("button", name="Accept")).to_have_count(0)
    with psycopg.connect(broken) as connection:
        matter = connection.execute(
            "SELECT state, decision, decided_by FROM exchange_break WHERE id = %s", [BREAKS["state_differs"]]
        )
        assert matter.fetchone() == ("decided", "accept", "engineer")
        audited = connection.execute(
            "SELECT action, actor FROM access_auditentry WHERE subject = %s", [f"break:{BREAKS['state_differs']}"]
        )
        assert audited.fetchall() == [("decide_break", "staff:engineer")]


def test_somebody_takes_a_break_and_writes_down_what_was_found(page: Page, broken: str) -> None:
    page.goto(f"/exchange/breaks/{BREAKS['overdue']}")
    page.get_by_role("button", name="I work on it").click()
    page.get_by_label("What you found out").fill("Their host was down from 9 to 11.")
    page.get_by_role("button", name="Note", exact=True).click()
    expect(page.locator(".gx-notes")).to_contain_text("staff:engineer")
    with psycopg.connect(broken) as connection:
        matter = connection.execute("SELECT state, owner FROM exchange_break WHERE id = %s", [BREAKS["overdue"]])
        assert matter.fetchone() == ("taken", "engineer")


def test_who_may_only_look_cannot_decide_and_nothing_changes(browser: Browser, office_url: str, broken: str) -> None:
    context = browser.new_context(base_url=office_url)
    page = context.new_page()
    sign_in(page, "compliance")
    page.goto(f"/exchange/breaks/{BREAKS['missing_here']}")
    expect(page.locator(".gx-decide")).to_have_count(0)
    token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")
    answer = page.request.post(
        f"/exchange/breaks/{BREAKS['missing_here']}/act",
        form={"act": "accept", "text": "no", "csrfmiddlewaretoken": token},
        headers={"Referer": office_url},
    )
    assert answer.status == 403
    with psycopg.connect(broken) as connection:
        matter = connection.execute("SELECT state FROM exchange_break WHERE id = %s", [BREAKS["missing_here"]])
        assert matter.fetchone() == ("open",)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/exchange/breaks", f"/exchange/breaks/{BREAKS['missing_here']}"])
@pytest.mark.usefixtures("broken")
def test_axe_finds_nothing(browser: Browser, office_url: str, path: str, scheme: str) -> None:
    context = browser.new_context(base_url=office_url, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    sign_in(page, "engineer")
    page.goto(path)
    page.add_script_tag(path=AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    assert [violation["id"] for violation in found["violations"]] == []
    context.close()
