"""What a bank employee does, in a real browser: sign in, find, open, watch the timeline grow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.office.conftest import ENTRY, WANG

from guanxi.kernel.clock import now

pytestmark = [pytest.mark.browser, pytest.mark.processes]
AXE = Path(__file__).parents[2] / "src/guanxi/office/static/bundle/axe.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, office_url: str) -> Iterator[Page]:
    """Signed in as an agent."""
    context = browser.new_context(bypass_csp=True, base_url=office_url)  # axe-core is put into the page
    opened = context.new_page()
    sign_in(opened, "agent")
    yield opened
    context.close()


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill("guanxi")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


@pytest.mark.parametrize("text", ["王小明", "wang xiao", "wxm", "13912345678", "SV0001", "100000001"])
def test_a_customer_is_found_while_typing(page: Page, text: str) -> None:
    page.goto("/customers/")
    page.locator("input.form-control-lg").press_sequentially(text)
    expect(page.locator("#results a[data-result]").first).to_contain_text("王小明")


def test_the_palette_finds_a_customer_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("wang")
    expect(page.locator("#palette-results a[data-result]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("王小明")


def test_an_entry_appears_on_the_open_page_when_it_happens_and_only_once(page: Page, office_database: str) -> None:
    page.goto(f"/customers/{WANG}/")
    expect(page.locator("details.gx-entry").first).to_contain_text("Purchase")
    before = page.locator("details.gx-entry").count()
    with psycopg.connect(office_database, autocommit=True) as connection:
        connection.execute(ENTRY, [now(), WANG, "atm", "cash_withdrawal", -500])
        connection.execute("SELECT pg_notify('interactions', %s)", [f'["{WANG}"]'])
    expect(page.locator("details.gx-entry").first).to_contain_text("Cash withdrawal", timeout=1000)
    expect(page.locator("details.gx-entry").first).to_contain_text("−¥500.00")
    assert page.locator("details.gx-entry").count() == before + 1


def test_an_entry_opens_to_its_legs(page: Page) -> None:
    page.goto(f"/customers/{WANG}/?channel=pos")
    page.locator("details.gx-entry summary").first.click()
    expect(page.locator("details.gx-entry").first).to_contain_text("Savings · withdraw")


def test_older_entries_come_when_one_scrolls_down(page: Page) -> None:
    page.goto(f"/customers/{WANG}/?channel=pos")
    page.mouse.wheel(0, 20000)
    expect(page.locator("details.gx-entry")).to_have_count(40)


def test_the_language_changes_everywhere(page: Page) -> None:
    page.goto(f"/customers/{WANG}/")
    page.get_by_label("Language").select_option("zh-hant")
    expect(page.get_by_role("heading", name="時間線")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hant")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/customers/", f"/customers/{WANG}/"])
def test_axe_finds_nothing(page: Page, path: str, theme: str) -> None:
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    page.add_script_tag(path=AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    faults = [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found["violations"]]
    assert faults == []


def test_a_role_without_customers_sees_none(browser: Browser, office_url: str, office_database: str) -> None:
    context = browser.new_context(base_url=office_url)
    page = context.new_page()
    sign_in(page, "marketer")
    answer = page.goto(f"/customers/{WANG}/")
    assert answer is not None
    assert answer.status == 403
    assert "王小明" not in page.content()
    with psycopg.connect(office_database) as connection:
        seen = connection.execute(
            "SELECT count(*) FROM access_auditentry WHERE actor = 'staff:marketer' AND action = 'view_customer'"
        ).fetchone()
    assert seen == (0,)
    context.close()
