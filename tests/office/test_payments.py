"""Somebody who has never seen the system follows one payment from the corporate's file to its story and its report."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.office.conftest import WANG

from guanxi.kernel.iso20022.messages import read_message

pytestmark = [pytest.mark.browser, pytest.mark.processes]
AXE = Path(__file__).parents[2] / "src/guanxi/office/static/bundle/axe.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
FILE, REJECTED = "00000000-0000-0000-0000-0000000000f1", "00000000-0000-0000-0000-0000000000f2"
_FILES = f"""
INSERT INTO exchange_paymentfile (id, party_id, way, name, content_hash, octets, received_at, state, message_id,
    message_name, initiating_party, reason, explanation, payments, accepted, rejected, pending, total, accepted_total,
    rejected_total, checked_at, done_at, duplicate_of_id)
VALUES ('{FILE}', '{WANG}', 'api', '', '\\x01', 70000, now() - interval '1 minute', 'processing', 'SALARIES-2026-05',
        'pain.001.001.09', 'Acme', '', '', 200, 150, 20, 20, 20100, 15000, 2000, now(), NULL, NULL),
       ('{REJECTED}', '{WANG}', 'sftp', 'again.xml', '\\x01', 70000, now(), 'rejected', '', '', '', 'AM05',
        'The same file was received before.', 0, 0, 0, 0, 0, 0, 0, NULL, now(), '{FILE}');
INSERT INTO exchange_paymentblock (file_id, position, payment_information_id, debtor, debtor_account, requested_on,
    reason, explanation)
VALUES ('{FILE}', 0, 'B1', 'Acme', 'SV0001', current_date, '', '');
INSERT INTO exchange_payment (id, file_id, position, block, instruction_id, end_to_end_id, amount, currency, creditor,
    creditor_account, creditor_agent, remittance, state, attempt, reason, explanation, reference)
SELECT md5(n::text)::uuid, '{FILE}', n, 0, '', 'INV-' || lpad(n::text, 4, '0'), n + 0.5, 'CNY', '王小明', 'SV' || n, '',
    'May', CASE WHEN n % 10 = 0 THEN 'rejected' WHEN n % 10 = 1 THEN 'pending' WHEN n > 190 THEN 'received'
    ELSE 'accepted' END, 0, CASE WHEN n % 10 = 0 THEN 'AC01' ELSE '' END, '', 'SV17'
FROM generate_series(0, 199) n;
INSERT INTO exchange_journalrequest (id, channel, idempotency_key, fingerprint, service, actor, party_id, arguments,
    state, outcome, reply, received_at, closed_at)
VALUES (md5('42')::uuid, 'corporate_file', 'f:42', '\\x00', 'credit_transfer', 'party:{WANG}', '{WANG}', '{{}}',
    'closed', 'completed', '{{}}', now(), now());
"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def office_with_files(office_database: str, office_url: str) -> str:
    """The office, once two payment files have come."""
    with psycopg.connect(office_database, autocommit=True) as connection:
        connection.execute(_FILES)
    return office_url


@pytest.fixture
def page(browser: Browser, office_with_files: str) -> Iterator[Page]:
    """Signed in as the engineer."""
    context = browser.new_context(bypass_csp=True, base_url=office_with_files, accept_downloads=True)
    opened = context.new_page()
    opened.goto("/sign-in/")
    opened.get_by_label("User name").fill("engineer")
    opened.get_by_label("Password").fill("guanxi")
    opened.get_by_role("button", name="Sign in").click()
    opened.wait_for_url("**/")
    yield opened
    context.close()


def test_one_payment_is_followed_from_the_file_to_its_story_and_the_status_file(page: Page) -> None:
    page.goto("/exchange/payments")
    page.get_by_role("link", name=re.compile("SALARIES-2026-05")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("SALARIES-2026-05")
    expect(page.locator(".gx-pay-life")).to_contain_text("85 % of 200 payments")
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Status report (pain.002)").click()
    body = read_message(Path(fetched.value.path()).read_bytes()).body
    assert body.original_message_id == "SALARIES-2026-05"
    assert len(body.transactions) == 200
    page.get_by_label("Find payments").press_sequentially("INV-0042")
    expect(page.locator("#payment-results tr")).to_have_count(1)
    page.get_by_role("link", name="Follow INV-0042").click()
    expect(page.locator("main")).to_contain_text("Payment from a file")


def test_payments_are_found_by_state_and_by_reason_and_page_after_page(page: Page) -> None:
    page.goto(f"/exchange/payments/{FILE}")
    page.get_by_label("State").select_option("pending")
    expect(page.locator("#payment-results tr")).to_have_count(20)
    page.get_by_role("link", name=re.compile("AC01 Account number wrong")).click()
    expect(page.locator("#payment-results tr")).to_have_count(20)
    page.goto(f"/exchange/payments/{FILE}")
    page.mouse.wheel(0, 50000)
    expect(page.locator("#payment-results tr").nth(100)).to_be_attached()


def test_a_file_refused_as_a_whole_says_why(page: Page) -> None:
    page.goto("/exchange/payments?state=rejected")
    page.get_by_role("link", name=re.compile("again.xml")).click()
    expect(page.locator("main")).to_contain_text("AM05 · Received before")
    page.get_by_role("link", name="The first one").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("SALARIES-2026-05")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "address", ["/exchange/payments", f"/exchange/payments/{FILE}", f"/exchange/payments/{REJECTED}"]
)
def test_everybody_can_use_the_pages(page: Page, address: str, theme: str) -> None:
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    page.emulate_media(reduced_motion="reduce")
    page.goto(address)
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []


def test_those_who_may_not_see_the_journal_see_no_payments(browser: Browser, office_with_files: str) -> None:
    context = browser.new_context(base_url=office_with_files)
    other = context.new_page()
    other.goto("/sign-in/")
    other.get_by_label("User name").fill("marketer")
    other.get_by_label("Password").fill("guanxi")
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/")
    for path in ("", f"/{FILE}", f"/{FILE}/results", f"/{FILE}/status", f"/{FILE}/live", "/live"):
        assert other.request.get(f"/exchange/payments{path}").status == 403
    context.close()
