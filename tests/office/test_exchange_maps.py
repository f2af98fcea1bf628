"""An engineer tries a message map on the screen: step by step, what is left over, and nothing secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.office.test_browser import AXE, RULES, sign_in

from guanxi.exchange.maps.message_map import map_named

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


def test_a_pasted_message_is_converted_step_by_step_without_its_secrets(page: Page) -> None:
    page.goto("/exchange/maps?map=card-host")
    steps = page.locator(".gx-map-step")
    expect(steps.filter(has_text="operation_code")).to_contain_text("01")
    expect(page.locator("#conversion")).to_contain_text("500.00")
    expect(page.locator("#conversion")).to_contain_text("622202******7894")
    expect(page.locator(".gx-map-kept")).to_contain_text("GUANXI000000001")
    assert "6222021234567894" not in page.locator("#conversion").inner_text()
    assert "0123456789ABCDEF" not in page.locator("#conversion").inner_text()


def test_the_other_way_and_what_is_wrong_are_told_while_one_types(page: Page) -> None:
    page.goto("/exchange/maps?map=savings")
    page.get_by_label("From us to Savings").check()
    page.get_by_label("The message").fill('{"operation": "debit", "currency": "CNY", "amount": "5.00"}')
    expect(page.locator(".gx-map-results pre").first).to_contain_text('"amount":"5.00"')
    page.get_by_label("The message").fill('{"operation": "debit", "currency": "CNY", "amount": "5.0"}')
    expect(page.get_by_role("alert")).to_contain_text("rule amount amount")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, theme: str) -> None:
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    page.emulate_media(reduced_motion="reduce")
    page.goto("/exchange/maps?map=merchant-settlement")
    expect(page.locator(".gx-map-step").first).to_be_visible()
    page.add_script_tag(path=AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found["violations"]] == []


def test_a_role_that_may_not_see_messages_may_not_try_one(browser: Browser, office_url: str) -> None:
    context = browser.new_context(base_url=office_url)
    page = context.new_page()
    sign_in(page, "marketer")
    answer = page.goto("/exchange/maps")
    assert answer is not None
    assert answer.status == 403
    assert map_named("savings").title not in page.locator("main").inner_text()
    context.close()
