"""The demo bank is the same for the same seed, its numbers are right, its money adds up; a filled bank is refused."""

from __future__ import annotations

import datetime as dt
import json
import os

import django
import psycopg
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from guanxi.access.cards import is_card_number
from guanxi.demo.documents import hong_kong_check, resident_id
from guanxi.demo.errors import BankNotEmpty
from guanxi.demo.generate import Order, generate
from guanxi.demo.holdings import card_number
from guanxi.interactions import bulk_load
from guanxi.interactions.errors import MonthNotEmpty

django.setup()
UNTIL = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def order(database_url, folder):
    return Order(database_url, os.environ["GUANXI_SECRET_KEY"], folder, UNTIL, 60, 40, 7, 1)


def make(database_url, folder, *, replace=False):
    return generate(order(database_url, folder), replace=replace, progress=lambda *_: None)


def ask(database_url, question):
    with psycopg.connect(database_url) as connection:
        return connection.execute(question).fetchall()


FACTS = """
SELECT md5(string_agg(x, ',' ORDER BY x)) FROM (
    SELECT concat_ws('/', id, number, name, latin_name, birth_date, tier) x FROM parties_party
    UNION ALL SELECT concat_ws('/', id, number, ledger_balance) FROM parties_account
    UNION ALL SELECT concat_ws('/', id, extract(epoch FROM occurred_at), party_id, account_id, amount, service, detail)
        FROM interactions_interaction) facts
"""


@pytest.fixture(scope="module")
def bank(database_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    make(database_url, folder)
    return database_url, folder


def test_money_adds_up(bank):
    url, folder = bank
    wrong = """
    SELECT number FROM parties_account account LEFT JOIN (
        SELECT account_id, sum(amount) AS total FROM interactions_interaction WHERE outcome = 'completed' GROUP BY 1
    ) moved ON moved.account_id = account.id WHERE ledger_balance <> coalesce(total, 0)
    """
    below = """
    SELECT * FROM (SELECT account_id, sum(amount) OVER (PARTITION BY account_id ORDER BY occurred_at) AS standing
        FROM interactions_interaction WHERE outcome = 'completed') s JOIN parties_account a ON a.id = account_id
    WHERE system = 'savings' AND standing < 0
    """
    assert ask(url, wrong) == []
    assert ask(url, below) == []
    assert ask(url, "SELECT sum(amount) FROM interactions_interaction WHERE service = 'internal_transfer'")[0][0] == 0
    files = {
        row["account_number"]: row["opening_balance"] for row in pq.read_table(folder / "accounts.parquet").to_pylist()
    }
    assert files == dict(ask(url, "SELECT number, ledger_balance FROM parties_account"))


def test_the_star_is_there_and_the_files_name_what_is_in_the_bank(bank):
    url, folder = bank
    assert ask(url, "SELECT name FROM parties_party WHERE number = '100000001'") == [("王小明",)]
    wallets = pq.read_table(folder / "wallets.parquet").to_pylist()
    assert {wallet["pin"] for wallet in wallets if wallet["party_number"] == "100000001"} == {"1234"}
    assert all(is_card_number(wallet["pan"]) for wallet in wallets)
    terminals = json.loads((folder / "terminals.json").read_text())
    assert {(terminal["terminal_id"],) for terminal in terminals} == set(
        ask(url, "SELECT terminal_id FROM access_terminal")
    )
    assert ask(url, "SELECT count(*) FROM interactions_interaction WHERE occurred_at >= '2026-11-20 09:00+00'") == [
        (0,)
    ]


def test_codes_of_organisations_check(bank):
    codes = ask(bank[0], "SELECT value FROM parties_identifier WHERE kind = 'unified_social_credit_code'")
    assert codes
    assert all(uscc.calc_check_digit(code[:-1]) == code[-1] for (code,) in codes)


def test_a_filled_bank_is_refused_and_left_alone(bank, tmp_path):
    url, _ = bank
    before = ask(url, FACTS)
    with pytest.raises(BankNotEmpty):
        make(url, tmp_path)
    assert ask(url, FACTS) == before
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_gives_the_same_bank_also_after_a_broken_run(bank, tmp_path):
    url, _ = bank
    before = ask(url, FACTS)
    make(url, tmp_path, replace=True)
    assert ask(url, FACTS) == before
    with psycopg.connect(url) as connection:  # what a killed run leaves
        connection.execute("TRUNCATE interactions_interaction")
        bulk_load.begin(connection, UNTIL.date(), UNTIL.date())
        connection.execute("DELETE FROM parties_partysearch")
    make(url, tmp_path)
    assert ask(url, FACTS) == before
    assert len(ask(url, "SELECT 1 FROM pg_indexes WHERE tablename = 'parties_partysearch'")) == 3


def test_a_bulk_load_never_replaces_a_filled_month(bank):
    with psycopg.connect(bank[0]) as connection, pytest.raises(MonthNotEmpty):
        bulk_load.begin(connection, UNTIL.date(), UNTIL.date())


@given(st.dates(dt.date(1930, 1, 1), dt.date(2020, 1, 1)), st.integers(1, 999))
def test_resident_ids_check(birth, sequence):
    number = resident_id("110105", birth, sequence)
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], WEIGHTS, strict=True))
    assert "10X98765432"[total % 11] == number[17]


@given(st.integers(0, 10**9 - 2))
def test_card_numbers_pass_luhn(index):
    assert is_card_number(card_number("622202", index))


def test_hong_kong_identity_numbers_check():
    assert hong_kong_check("A123456") == "3"
    assert hong_kong_check("G123456") == "A"
