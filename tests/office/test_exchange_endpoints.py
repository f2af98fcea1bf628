"""An engineer edits endpoints and routes on the screen: faults by field, versions, and why it goes where."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.office.test_browser import AXE, RULES, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, office_url: str) -> Iterator[Page]:
    """Signed in as an engineer."""
    context = browser.new_context(bypass_csp=True, base_url=office_url)
    opened = context.new_page()
    sign_in(opened, "engineer")
    yield opened
    context.close()


def test_an_endpoint_is_edited_and_put_back(page: Page, office_database: str) -> None:
    page.goto("/exchange/endpoints")
    page.get_by_role("link", name="savings").click()
    page.get_by_label("Address").fill("nowhere at all")
    page.get_by_label("Why").fill("to try")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing has been saved")
    expect(page.locator(".invalid-feedback")).to_contain_text("Write it as http://")
    page.get_by_label("Address").fill("http://127.0.0.1:1/savings")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#tried")).to_contain_text("There is no answer.", timeout=15_000)
    page.get_by_label("Why").fill("it has moved")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".gx-versions li").first).to_contain_text("it has moved")
    expect(page.locator(".gx-versions li").first).to_contain_text("http://127.0.0.1:1/savings")
    page.get_by_role("button", name="Back to version 1").click()
    expect(page.locator(".gx-versions li").first).to_contain_text("back to version 1")
    expect(page.get_by_label("Address")).to_have_value("{sandbox}/savings")
    with psycopg.connect(office_database) as connection:
        told = connection.execute(
            "SELECT action FROM access_auditentry WHERE subject = 'endpoint:savings' ORDER BY sequence"
        ).fetchall()
    assert told == [("change_endpoint",), ("roll_back_endpoint",)]


def test_a_rule_is_made_and_explains_itself(page: Page) -> None:
    page.goto("/exchange/routes/new")
    page.get_by_label("Name").fill("large amounts")
    page.get_by_label("Business system").fill("savings")
    page.get_by_label("Amount from").fill("5000")
    page.get_by_label("Endpoints").fill("integrated, savings")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("textbox", name="Amount").fill("4999")
    expect(page.locator(".gx-decided")).to_contain_text("It goes to savings.")
    expect(page.locator(".gx-steps li").first).to_contain_text("It does not fit.")
    page.get_by_role("textbox", name="Amount").fill("5000")
    expect(page.locator(".gx-decided")).to_contain_text("It goes to integrated.")


@pytest.mark.parametrize(
    "path", ["endpoints", "endpoints/at/cards", "endpoints/new", "routes?system=savings", "routes/new"]
)
def test_the_pages_have_no_accessibility_fault(page: Page, path: str) -> None:
    for scheme in ("light", "dark"):
        page.goto(f"/exchange/{path}")
        page.evaluate("scheme => document.documentElement.setAttribute('data-bs-theme', scheme)", scheme)
        page.add_script_tag(path=str(AXE))
        found = page.evaluate("rules => axe.run(document, rules)", RULES)
        assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found["violations"]] == []
