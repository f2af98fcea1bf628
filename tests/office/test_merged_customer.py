"""Two records of one customer, made one: everything stands on one page; taken apart, on two again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect
from tests.office.conftest import ENTRY, WANG
from tests.office.test_browser import browser, page

from guanxi.kernel.clock import now
from guanxi.parties.merge import merge, undo_merge
from guanxi.parties.split import split

__all__ = ["browser", "page"]
pytestmark = [pytest.mark.browser, pytest.mark.processes]
TWIN = uuid.UUID(int=0xA2)
ACCOUNT = uuid.UUID(int=0xC2)
_TWIN = f"""
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier,
    created_at, updated_at)
VALUES ('{TWIN}', '100000002', 'person', '王晓明', '', 'M', 'zh-Hans', '101', '', '', now(), now());
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
VALUES ('{ACCOUNT}', 'SV0002', 'savings', 'current', 'CNY', 'open', '101', '2020-01-01', 777.25, 777.25);
INSERT INTO parties_accountholder (account_id, party_id, role) VALUES ('{ACCOUNT}', '{TWIN}', 'owner');
"""
_WHO = {"actor": "staff:supervisor", "reason": "one passport"}


@pytest.fixture
def bank(office_database: str) -> Iterator[psycopg.Connection]:
    """The office's database, in which there is a second 王."""
    with psycopg.connect(office_database, autocommit=True) as connection:
        if not connection.execute("SELECT FROM parties_party WHERE id = %s", [TWIN]).rowcount:
            connection.execute(_TWIN)
            connection.execute(ENTRY.replace("NULL, %s", f"'{ACCOUNT}', %s"), [now(), TWIN, "atm", "withdrawal", -88])
        yield connection


def test_what_a_merged_customer_had_stands_on_the_page_of_the_one_that_stays(
    page: Page, bank: psycopg.Connection
) -> None:
    move = merge(bank, keep=WANG, absorb=TWIN, at=now(), **_WHO)
    page.goto(f"/customers/{TWIN}/")
    page.wait_for_url(f"**/customers/{WANG}/")
    expect(page.locator(".gx-left")).to_contain_text("777.25")
    expect(page.locator(".gx-timeline")).to_contain_text("88.00")
    bank.execute(ENTRY, [now(), TWIN, "pos", "purchase", -99])
    bank.execute("SELECT pg_notify('interactions', %s)", [f'["{TWIN}"]'])
    expect(page.locator(".gx-timeline")).to_contain_text("99.00")
    undo_merge(bank, move_id=move, at=now(), **_WHO)
    page.goto(f"/customers/{WANG}/")
    expect(page.locator(".gx-timeline")).to_contain_text("POS")
    expect(page.locator(".gx-timeline")).not_to_contain_text("88.00")
    page.goto(f"/customers/{TWIN}/")
    expect(page.locator(".gx-timeline")).to_contain_text("88.00")


def test_the_history_of_an_account_goes_along_when_it_is_parted(page: Page, bank: psycopg.Connection) -> None:
    move = split(bank, party=TWIN, records=[], accounts=[ACCOUNT], at=now(), **_WHO)
    row = bank.execute("SELECT other_id FROM parties_move WHERE id = %s", [move]).fetchone()
    assert row is not None
    page.goto(f"/customers/{row[0]}/")
    expect(page.locator(".gx-timeline")).to_contain_text("88.00")
    expect(page.locator(".gx-left")).to_contain_text("777.25")
    page.goto(f"/customers/{TWIN}/")
    expect(page.locator(".gx-timeline")).to_contain_text("99.00")
    expect(page.locator(".gx-timeline")).not_to_contain_text("88.00")
