"""Somebody makes a peer on the screen, finds a file, follows its life, and releases one from quarantine."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.office.test_browser import AXE, RULES, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.processes]
ARCHIVED, ASIDE, ANSWER = (f"00000000-0000-0000-0000-0000000000e{number}" for number in range(3))
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5dYbFe4kJQY2kX5rZxZkq1b3X0m0T1m3u6m2lYqk9a"
_PEER = {
    "host": "sftp.acme.example",
    "port": 22,
    "user": "bank",
    "host_key": HOST_KEY,
    "credential": "env:GUANXI_CREDENTIAL_ACME",
    "inbound": "out",
    "outbound": "in",
    "kinds": ["pain.001 *.xml"],
}
_FILES = f"""
INSERT INTO exchange_filepeer (name, enabled, content, version) VALUES ('acme', false, %s, 1);
INSERT INTO exchange_file (id, peer_id, direction, name, kind, state, size, so_far, first_at, changed_at, attempts,
    moved_to, code, sentence, answers_id)
VALUES ('{ARCHIVED}', 'acme', 'in', 'salaries-november.xml', 'pain.001', 'archived', 70000, 70000,
        now() - interval '2 minutes', now(), 0, 'archive/salaries-november.xml.1', '', '', NULL),
       ('{ASIDE}', 'acme', 'in', 'half.xml', 'pain.001', 'quarantined', 7000, 7000, now() - interval '1 minute', now(),
        0, 'quarantine/half.xml.2', 'exchange.file_refused', 'Its checksum is another one.', NULL),
       ('{ANSWER}', 'acme', 'out', 'pain.002-salaries-november.xml', 'pain.002', 'sending', 9000, 3000, now(), now(), 0,
        '', '', '', '{ARCHIVED}');
INSERT INTO exchange_filecontent (file_id, compressed) VALUES ('{ASIDE}', '\\x789c030000000001');
INSERT INTO exchange_fileevent (file_id, at, state, actor, sentence)
SELECT '{ARCHIVED}', now(), state, 'system:files', ''
FROM unnest(ARRAY['seen', 'transferring', 'received', 'handled', 'archived']) AS state;
"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def office_with_files(office_database: str, office_url: str) -> str:
    with psycopg.connect(office_database, autocommit=True) as connection:
        first, _, rest = _FILES.partition(";")
        connection.execute(first, [json.dumps(_PEER)])
        connection.execute(rest)
    return office_url


@pytest.fixture
def page(browser: Browser, office_with_files: str) -> Iterator[Page]:
    """Signed in as an engineer."""
    context = browser.new_context(bypass_csp=True, base_url=office_with_files)
    opened = context.new_page()
    sign_in(opened, "engineer")
    yield opened
    context.close()


def test_a_file_is_found_and_its_life_followed(page: Page) -> None:
    page.goto("/exchange/files")
    expect(page.locator(".gx-pay-file")).to_have_count(3)
    page.get_by_label("Name").fill("salaries")
    expect(page.locator(".gx-pay-file")).to_have_count(2)
    page.get_by_label("Direction").select_option("in")
    expect(page.locator(".gx-pay-file")).to_have_count(1)
    page.locator(".gx-pay-file").click()
    expect(page.locator(".gx-file-life strong")).to_have_text(
        ["Seen", "Transferring", "Received", "Handled", "Archived"]
    )
    page.get_by_role("link", name="Its answer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("pain.002")


def test_a_file_is_released_from_quarantine_and_that_is_on_record(page: Page, office_database: str) -> None:
    page.goto(f"/exchange/files/{ASIDE}")
    page.get_by_role("button", name="Release").click()
    expect(page.locator(".gx-file-life")).to_contain_text("released from quarantine")
    with psycopg.connect(office_database) as connection:
        told = connection.execute(
            "SELECT actor, action FROM access_auditentry WHERE subject = %s", [f"file:{ASIDE}"]
        ).fetchall()
    assert told == [("staff:engineer", "release_file")]


def test_a_peer_is_made_and_edited(page: Page, office_database: str) -> None:
    page.goto("/exchange/files")
    page.get_by_role("link", name="New peer").click()
    filled = {"name": "beta", "host": "127.0.0.1", "port": "1", "user": "bank", "host_key": HOST_KEY, "outbound": "in"}
    for field, value in {**filled, "credential": "hunter2", "reason": "a new customer"}.items():
        page.locator(f"[name={field}]").fill(value)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".invalid-feedback")).to_contain_text("env:GUANXI_CREDENTIAL_NAME")
    page.locator("[name=credential]").fill("env:GUANXI_CREDENTIAL_BETA")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#tried")).to_contain_text("env:GUANXI_CREDENTIAL_BETA is not there")
    page.get_by_label("Why").fill("a new customer")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".gx-versions li")).to_contain_text("a new customer")
    with psycopg.connect(office_database) as connection:
        row = connection.execute("SELECT content ->> 'outbound', version FROM exchange_filepeer WHERE name = 'beta'")
        assert row.fetchone() == ("in", 1)


@pytest.mark.parametrize("path", ["/exchange/files", f"/exchange/files/{ARCHIVED}", "/exchange/files/peers/at/acme"])
def test_everybody_can_use_the_pages(page: Page, path: str) -> None:
    page.goto(path)
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
