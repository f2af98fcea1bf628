"""The channel lab in a real browser, before a real gateway and bank: what is keyed at a machine is on the timeline."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright
from tests.integrity.demo_installation import Installation, installation
from tests.office.conftest import chromium

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.fixture(scope="module")
def bank() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="guanxi-lab-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with installation(Path(folder), customers=100) as running:
            running.start("office")
            yield running


@pytest.fixture(scope="module")
def lab(bank: Installation, chromium: str) -> Iterator[Page]:
    """The lab, opened by an agent."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(base_url=bank.configuration.office_url)
        page.goto("/sign-in/")
        page.get_by_label("User name").fill("agent")
        page.get_by_label("Password").fill("guanxi")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        yield page
        browser.close()


def _machine(lab: Page, name: str) -> Locator:
    lab.goto(f"/lab/#{name}")
    lab.reload()  # an address that differs in its fragment only is not loaded anew
    machine = lab.locator(f"#{name}")
    expect(machine).to_be_visible()
    return machine


def test_a_withdrawal_keyed_at_the_atm_appears_on_the_open_timeline(lab: Page) -> None:
    atm = _machine(lab, "atm")
    atm.locator("[data-card]").first.click()
    lab.keyboard.type("1234")
    lab.keyboard.press("Enter")
    atm.locator("[data-side-key='0']").click()  # withdraw
    atm.locator("[data-side-key='1']").click()  # 200
    expect(atm.locator("[data-screen]")).to_contain_text("200.00")
    grown = lab.locator("#grown .gx-entry").first
    expect(grown).to_contain_text("Cash withdrawal", timeout=1000)
    expect(grown).to_contain_text("200.00")


def test_a_wrong_pin_gives_no_money_and_is_on_the_timeline_too(lab: Page) -> None:
    atm = _machine(lab, "atm")
    atm.locator("[data-card]").first.click()
    lab.keyboard.type("4321")
    lab.keyboard.press("Enter")
    atm.locator("[data-side-key='0']").click()
    atm.locator("[data-side-key='0']").click()
    expect(lab.locator("#grown .gx-entry").first).to_have_attribute("data-outcome", "declined")
    expect(atm.locator("[data-drawer]")).to_be_disabled()


def test_every_machine_is_drawn_and_the_wire_is_shown(lab: Page) -> None:
    for name in ("atm", "pos", "mobile", "internet"):
        _machine(lab, name)
    atm = _machine(lab, "atm")
    atm.locator("[data-card]").first.click()
    lab.keyboard.type("1234")
    lab.keyboard.press("Enter")
    atm.locator("[data-side-key='1']").click()  # balance
    expect(lab.locator("[data-wire]")).to_contain_text("0210", timeout=10_000, use_inner_text=False)
