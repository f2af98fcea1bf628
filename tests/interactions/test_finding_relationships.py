"""Relationships are found in what the bank has, kept up when it changes, and not brought up again once rejected."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from guanxi.interactions.finding import find_for
from guanxi.interactions.regular_payments import regular_payments
from guanxi.kernel.identity import uuid7
from guanxi.parties.merge import merge
from guanxi.parties.relationships.queue import work_off

AT = dt.datetime(2026, 5, 20, tzinfo=dt.UTC)
HOME = "上海市浦东新区张杨路1518号仁恒花园3栋1202室"
Bank = psycopg.Connection[Any]


@pytest.fixture
def bank(database_url: str) -> Iterator[Bank]:
    """A bank without customers."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("TRUNCATE parties_party, parties_account, interactions_interaction CASCADE")
        connection.execute("TRUNCATE parties_relationshipdue, parties_findingrun")
        yield connection


def customer(
    bank: Bank, name: str, born: str = "1980-05-03", gender: str = "M", *, kind: str = "person", **contacts: str
) -> uuid.UUID:
    """Somebody, and where they are reached."""
    party = uuid7()
    bank.execute(
        "INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier,"
        " birth_date, created_at, updated_at) VALUES (%s, %s, %s, %s, '', %s, 'zh-Hans', '', '', '', %s, %s, %s)",
        [party, party.hex[-12:], kind, name, gender, born, AT, AT],
    )
    for contact, value in contacts.items():
        bank.execute(
            "INSERT INTO parties_contactpoint (party_id, kind, value, purpose, preferred, source, valid_from)"
            " VALUES (%s, %s, %s, 'home', true, 'savings', %s)",
            [party, contact, value, AT],
        )
    return party


def account(bank: Bank, owner: uuid.UUID, *authorised: uuid.UUID) -> str:
    """An account of `owner`, its number."""
    id_ = uuid7()
    bank.execute(
        "INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,"
        " available_balance) VALUES (%s, %s, 'savings', 'current', 'CNY', 'open', '', '2020-01-01', 1, 1)",
        [id_, id_.hex],
    )
    for party in (owner, *authorised):
        role = "owner" if party == owner else "authorised"
        bank.execute(
            "INSERT INTO parties_accountholder (account_id, party_id, role) VALUES (%s, %s, %s)", [id_, party, role]
        )
    return id_.hex


def pay(bank: Bank, party: uuid.UUID, counterparty: str, months: range, amount: int, service: str) -> None:
    """A payment in each of these months of 2026 and the year before."""
    for month in months:
        year, rest = divmod(2025 * 12 + month, 12)
        bank.execute(
            "INSERT INTO interactions_interaction (id, occurred_at, party_id, channel, kind, service, outcome, amount,"
            " currency, detail) VALUES (%s, %s, %s, 'back_office', 'transaction', %s, 'completed', %s, 'CNY', %s)",
            [
                *(uuid7(), dt.datetime(year, rest + 1, 10, tzinfo=dt.UTC), party, service, amount),
                psycopg.types.json.Jsonb({"counterparty_account": counterparty}),
            ],
        )


def work(bank: Bank) -> None:
    """Look at everybody."""
    bank.execute("INSERT INTO parties_relationshipdue (party_id) SELECT id FROM parties_party")
    work_off(bank, regular_payments, AT)


def open_(bank: Bank) -> list[tuple[Any, ...]]:
    """What stands now."""
    return bank.execute(
        "SELECT giver.name, relationship.kind, taker.name, relationship.state, relationship.origin"
        " FROM parties_relationship relationship JOIN parties_party giver ON giver.id = from_party_id"
        " JOIN parties_party taker ON taker.id = to_party_id WHERE valid_to IS NULL ORDER BY 2, 1, 3"
    ).fetchall()


def test_a_couple_at_one_address_is_proposed_with_its_evidence_and_only_once(bank: Bank) -> None:
    customer(bank, "王小明", address=HOME)
    customer(bank, "李娜", "1982-02-01", "F", address="上海市浦东新区张杨路1518号 仁恒花园3栋1202室")
    work(bank)
    assert [(row[1], row[3], row[4]) for row in open_(bank)] == [("spouse", "proposed", "found")]
    row = bank.execute("SELECT confidence, evidence FROM parties_relationship").fetchone()
    assert row is not None
    assert 0.7 < row[0] < 1
    assert [fact["sign"] for fact in row[1]] == ["address", "years"]
    assert bank.execute("SELECT what, actor FROM parties_relationshipevent").fetchall() == [
        ("proposed", "system:relationships")
    ]
    work(bank)
    assert len(open_(bank)) == 1


def test_whoever_changes_is_looked_at_without_being_asked_for(bank: Bank) -> None:
    customer(bank, "王小明", address=HOME)
    customer(bank, "李娜", "1982-02-01", "F", address=HOME)
    work_off(bank, regular_payments, AT)
    assert [row[1] for row in open_(bank)] == ["spouse"]
    assert work_off(bank, regular_payments, AT).parties == 0


def test_a_dormitory_is_no_family(bank: Bank) -> None:
    for number in range(12):
        customer(bank, f"王{'一二三四五六七八九十百千'[number]}", f"19{80 + number}-01-01", address=HOME)
    work(bank)
    assert open_(bank) == []


def test_a_ninth_at_an_address_makes_a_family_doubtful(bank: Bank) -> None:
    customer(bank, "王小明", address=HOME)
    customer(bank, "李娜", "1982-02-01", "F", address=HOME)
    work(bank)
    assert open_(bank)
    for number in range(7):
        customer(bank, f"赵{'一二三四五六七'[number]}", address=HOME)
    work(bank)
    assert open_(bank) == []
    assert bank.execute("SELECT count(*) FROM parties_relationshipevent WHERE what = 'withdrawn'").fetchone() == (1,)


def test_moving_away_withdraws_what_nobody_has_confirmed(bank: Bank) -> None:
    customer(bank, "王小明", address=HOME)
    wife = customer(bank, "李娜", "1982-02-01", "F", address=HOME)
    work(bank)
    bank.execute("UPDATE parties_contactpoint SET valid_to = %s WHERE party_id = %s", [AT, wife])
    work(bank)
    assert open_(bank) == []
    bank.execute("UPDATE parties_contactpoint SET valid_to = NULL WHERE party_id = %s", [wife])
    work(bank)
    assert [row[1] for row in open_(bank)] == ["spouse"]


def test_what_was_rejected_is_never_proposed_again_even_after_a_merge(bank: Bank) -> None:
    customer(bank, "王小明", address=HOME)
    wife = customer(bank, "李娜", "1982-02-01", "F", address=HOME)
    work(bank)
    bank.execute("UPDATE parties_relationship SET state = 'rejected', decided_by = 'staff:x', decided_at = %s", [AT])
    again = customer(bank, "李娜", "1982-02-01", "F", address=HOME)
    with bank.transaction():
        merge(bank, actor="staff:x", keep=again, absorb=wife, reason="one", at=AT)
    work(bank)
    assert [row[3] for row in open_(bank) if row[1] == "spouse"] == ["rejected"]


def test_merged_parties_are_read_through(bank: Bank) -> None:
    husband = customer(bank, "王小明")
    moved = customer(bank, "王小明", address=HOME)
    customer(bank, "李娜", "1982-02-01", "F", address=HOME)
    with bank.transaction():
        merge(bank, actor="staff:x", keep=husband, absorb=moved, reason="one", at=AT)
    work(bank)
    found = bank.execute("SELECT from_party_id, to_party_id FROM parties_relationship").fetchall()
    assert len(found) == 1
    assert husband in found[0]


def test_whoever_may_sign_for_an_account_is_its_signatory_as_long_as_the_account_says_so(bank: Bank) -> None:
    company = customer(bank, "远东贸易有限公司", kind="organisation", gender="")
    clerk = customer(bank, "赵敏", "1990-01-01", "F")
    account(bank, company, clerk)
    work(bank)
    assert open_(bank) == [("赵敏", "authorised_signatory", "远东贸易有限公司", "confirmed", "source")]
    bank.execute("DELETE FROM parties_accountholder WHERE role = 'authorised'")
    work(bank)
    assert open_(bank) == []


def test_wages_make_an_employer_and_rent_does_not(bank: Bank) -> None:
    company = customer(bank, "远东贸易有限公司", kind="organisation", gender="")
    workers = [customer(bank, name, "1990-01-01", "F") for name in ("赵敏", "周芷若")]
    number = account(bank, company)
    for place, worker in enumerate(workers):
        pay(bank, worker, number, range(6, 16), 9_000 + place, "salary")
    landlord = customer(bank, "黄药师", "1950-01-01")
    pay(bank, landlord, number, range(6, 16), 5_000, "transfer_in")
    work(bank)
    assert [(row[0], row[1], row[2]) for row in open_(bank) if row[1] == "employer"] == [
        ("远东贸易有限公司", "employer", "周芷若"),
        ("远东贸易有限公司", "employer", "赵敏"),
    ]
    row = bank.execute("SELECT evidence FROM parties_relationship WHERE kind = 'employer'").fetchone()
    assert row is not None
    assert (row[0][0]["sign"], row[0][0]["months"], row[0][0]["typical"][:3]) == ("salary", 10, "9,0")


def test_a_change_of_the_employer_loses_none_of_its_people(bank: Bank) -> None:
    company = customer(bank, "远东贸易有限公司", kind="organisation", gender="")
    worker = customer(bank, "赵敏", "1990-01-01", "F")
    pay(bank, worker, account(bank, company), range(6, 16), 9_000, "salary")
    work(bank)
    bank.execute("UPDATE parties_party SET name = '远东有限公司' WHERE id = %s", [company])
    work(bank)
    assert [row[1] for row in open_(bank)] == ["employer"]


def test_a_member_of_staff_who_is_a_customer_is_recognised(bank: Bank) -> None:
    customer(bank, "陈晓雯", "1990-01-01", "F", phone="+8613912345678")
    customer(bank, "陈晓雯", "1990-01-01", "F", kind="staff", phone="13912345678")
    work(bank)
    assert [(row[1], row[3]) for row in open_(bank)] == [("staff_identity", "proposed")]


def test_a_run_over_all_goes_on_where_it_was_broken_off(bank: Bank, database_url: str) -> None:
    customer(bank, "王小明", address=HOME)
    customer(bank, "李娜", "1982-02-01", "F", address=HOME)
    bank.execute("TRUNCATE parties_relationshipdue")
    bank.execute(
        "INSERT INTO parties_findingrun (id, state, keyed, parties, done, proposed, withdrawn, started_by, started_at)"
        " VALUES (%s, 'running', false, 2, 0, 0, 0, 'staff:x', %s)",
        [uuid7(), AT],
    )
    asked = iter([False, False, True])
    work_off(bank, regular_payments, AT, time_is_up=lambda: next(asked))
    assert bank.execute("SELECT state, done FROM parties_findingrun").fetchone() == ("running", 2)
    find_for(database_url, AT, 60)
    assert bank.execute("SELECT state, done, proposed FROM parties_findingrun").fetchone() == ("done", 4, 1)


def test_what_became_of_a_relationship_is_not_rewritten(bank: Bank) -> None:
    customer(bank, "王小明", address=HOME)
    customer(bank, "李娜", "1982-02-01", "F", address=HOME)
    work(bank)
    with pytest.raises(psycopg.errors.RestrictViolation):
        bank.execute("UPDATE parties_relationshipevent SET what = 'confirmed'")
