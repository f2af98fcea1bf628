"""A steward decides doubtful pairs by keyboard alone, sees why, takes one back, and moves a threshold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.office.test_browser import AXE, RULES, browser, sign_in

from guanxi.kernel.clock import now
from guanxi.kernel.identity import uuid7

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.processes]
FAMILIES = ("李建国", "张海东", "刘思涛", "陈志强", "赵文博")
_RESOLVE = """
import sys
import psycopg
from guanxi.kernel.clock import now
from guanxi.parties.resolve_all import resolve_everything

with psycopg.connect(sys.argv[1]) as connection:
    resolve_everything(connection, now(), lambda *_: None)
"""
Bank = psycopg.Connection[Any]


def tell(bank: Bank, key: str, mapped: dict[str, Any], source: str = "savings") -> None:
    bank.execute(
        "INSERT INTO parties_sourcerecord (id, source, key, version, content, mapped, received_at)"
        " VALUES (%s, %s, %s, 1, '{}', %s, %s)",
        [uuid7(), source, key, json.dumps(mapped), now()],
    )


@pytest.fixture(scope="module")
def doubtful(office_database: str) -> str:
    """Fathers and sons of one name and telephone: five pairs that nobody can tell without looking."""
    with psycopg.connect(office_database, autocommit=True) as connection:
        for number, name in enumerate(FAMILIES):
            shared = {"name": name, "phones": [f"1391{number}345678"], "address": f"北京市朝阳区建国路{number + 1}号"}
            tell(connection, f"SV{number}", {"birth_date": f"196{number}-05-03", **shared})
            tell(connection, f"CC{number}", {"birth_date": f"198{number}-11-02", **shared}, source="cards")
        connection.execute("SELECT setval('parties_reviewpair_id_seq', 1)")
    subprocess.run([sys.executable, "-c", _RESOLVE, office_database], check=True, env={**os.environ})
    return office_database


@pytest.fixture
def page(browser: Browser, office_url: str, doubtful: str) -> Iterator[Page]:  # noqa: ARG001 - the pairs are there
    context = browser.new_context(base_url=office_url, bypass_csp=True)
    opened = context.new_page()
    sign_in(opened, "supervisor")
    yield opened
    context.close()


def open_pairs(database: str) -> int:
    with psycopg.connect(database) as connection:
        return connection.execute("SELECT FROM parties_reviewpair WHERE closed_at IS NULL").rowcount


def press(page: Page, key: str) -> None:
    """A key, and what follows from it is on the screen."""
    with page.expect_response("**/review/answer"):
        page.keyboard.press(key)
    expect(page.locator("#review button:disabled")).to_have_count(0)


def test_pairs_are_decided_by_keyboard_and_the_last_is_taken_back(page: Page, doubtful: str) -> None:
    assert open_pairs(doubtful) == 5
    page.goto("/records/review/")
    expect(page.locator(".gx-review-head")).to_contain_text("5 left")
    expect(page.locator(".gx-differs mark").first).to_be_visible()
    first = page.locator(".gx-pair thead").inner_text()
    press(page, "d")
    expect(page.locator(".gx-review-head")).to_contain_text("4 left")
    assert page.locator(".gx-pair thead").inner_text() != first
    press(page, "s")
    press(page, "k")
    expect(page.locator(".gx-review-head")).to_contain_text("2 left")
    assert open_pairs(doubtful) == 3
    press(page, "u")
    expect(page.get_by_role("status")).to_contain_text("taken back")
    expect(page.locator(".gx-review-head")).to_contain_text("3 left")
    press(page, "u")
    press(page, "u")
    expect(page.locator(".gx-review-head")).to_contain_text("5 left")
    assert page.locator(".gx-pair thead").inner_text() == first
    assert open_pairs(doubtful) == 5


def test_the_waterfall_says_in_words_what_speaks_for_and_against(page: Page) -> None:
    page.goto("/records/review/")
    expect(page.locator(".gx-step-for").filter(has_text="The names are the same")).to_contain_text("×")
    expect(page.locator(".gx-step-against").filter(has_text="Born on different days")).to_contain_text("÷")
    expect(page.locator(".gx-step-total")).to_be_visible()


def test_two_reviewers_have_different_pairs_before_them(page: Page, browser: Browser, office_url: str) -> None:
    page.goto("/records/review/")
    context = browser.new_context(base_url=office_url)
    other = context.new_page()
    sign_in(other, "analyst")
    other.goto("/records/review/")
    assert other.locator(".gx-pair thead").inner_text() != page.locator(".gx-pair thead").inner_text()
    context.close()


def test_who_is_no_steward_sees_no_pair_and_decides_nothing(browser: Browser, office_url: str, doubtful: str) -> None:
    context = browser.new_context(base_url=office_url)
    page = context.new_page()
    sign_in(page, "agent")
    assert page.goto("/records/review/").status == 403  # type: ignore[union-attr]
    token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")
    before = open_pairs(doubtful)
    for path, form in (("answer", {"act": "same", "low": "1", "high": "2"}), ("thresholds", {"automatic": "1"})):
        answer = page.request.post(
            f"/records/review/{path}", form={**form, "csrfmiddlewaretoken": token}, headers={"Referer": office_url}
        )
        assert answer.status == 403
    assert open_pairs(doubtful) == before
    context.close()


def test_a_threshold_is_moved_with_a_reason_and_audited(page: Page, doubtful: str) -> None:
    page.goto("/records/review/quality")
    expect(page.get_by_text("Too few pairs have been decided").first).to_be_visible()
    page.get_by_label("Linked without asking from").fill("12.5")
    page.get_by_label("Why").fill("Two wrong links were found in May.")
    page.get_by_role("button", name="Move the thresholds").click()
    expect(page.get_by_role("status")).to_contain_text("Version 1")
    with psycopg.connect(doubtful) as connection:
        model = connection.execute(
            "SELECT (body ->> 'automatic')::float, made_by FROM parties_resolutionmodel WHERE active"
        )
        assert model.fetchone() == (12.5, "staff:supervisor")
        audited = connection.execute("SELECT actor FROM access_auditentry WHERE action = 'move_thresholds'")
        assert audited.fetchall() == [("staff:supervisor",)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/records/review/", "/records/review/quality"])
@pytest.mark.usefixtures("doubtful")
def test_axe_finds_nothing(browser: Browser, office_url: str, path: str, scheme: Any) -> None:
    context = browser.new_context(base_url=office_url, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    sign_in(page, "supervisor")
    page.goto(path)
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=f"{shots}/{path.strip('/').replace('/', '-')}-{scheme}.png", full_page=True)
    page.add_script_tag(path=AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    assert [violation["id"] for violation in found["violations"]] == []
    context.close()
