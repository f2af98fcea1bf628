"""Two parties made one are seen as one everywhere, and taken apart again they are exactly what they were."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.kernel.identity import uuid7
from guanxi.parties.errors import MergeRefused, MoveNotUndone, SplitRefused
from guanxi.parties.merge import merge, records_of, undo_merge
from guanxi.parties.split import split, undo_split

AT = dt.datetime(2026, 5, 3, tzinfo=dt.UTC)
WHO = {"actor": "staff:supervisor", "reason": "the same passport", "at": AT}
Bank = psycopg.Connection[Any]


@pytest.fixture
def bank(database_url: str) -> Iterator[Bank]:
    """A connection whose changes are gone after the test."""
    with psycopg.connect(database_url) as connection:
        yield connection
        connection.rollback()


def party(bank: Bank, *, kind: str = "person", records: int = 1, accounts: int = 1) -> uuid.UUID:
    """A party with source records, and with accounts and a card on each."""
    party_id = uuid7()
    bank.execute(
        "INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier,"
        " created_at, updated_at) VALUES (%s, %s, %s, '王小明', '', '', 'zh-Hans', '', '', '', %s, %s)",
        [party_id, party_id.hex[-12:], kind, AT, AT],
    )
    for _ in range(records):
        record = uuid7()
        bank.execute(
            "INSERT INTO parties_sourcerecord (id, source, key, version, content, received_at)"
            " VALUES (%s, 'savings', %s, 1, '{\"name\": \"王晓明\"}', %s)",
            [record, record.hex, AT],
        )
        bank.execute(
            "INSERT INTO parties_link (source_record_id, party_id, evidence, confidence, how, linked_at)"
            " VALUES (%s, %s, '{}', 1, 'automatic', %s)",
            [record, party_id, AT],
        )
    for _ in range(accounts):
        account = uuid7()
        bank.execute(
            "INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on,"
            " ledger_balance, available_balance)"
            " VALUES (%s, %s, 'savings', 'current', 'CNY', 'open', '', '2020-01-01', 1, 1)",
            [account, account.hex],
        )
        bank.execute(
            "INSERT INTO parties_accountholder (account_id, party_id, role) VALUES (%s, %s, 'owner')",
            [account, party_id],
        )
        bank.execute(
            "INSERT INTO parties_card (id, number_hash, masked_number, kind, product, account_id, party_id, status,"
            " expires_on, issued_on, pin_verification_value, pin_failures) VALUES (%s, %s, '622202******0001', 'debit',"
            " 'debit', %s, %s, 'active', '2030-01-01', '2020-01-01', '', 0)",
            [uuid7(), account.bytes, account, party_id],
        )
    return party_id


def state(bank: Bank) -> list[Any]:
    """Everything that a merge or a split may touch, but for the notes of what was done."""
    return [
        bank.execute(question).fetchall()
        for question in (
            "SELECT id, number, name, merged_into_id FROM parties_party ORDER BY id",
            "SELECT source_record_id, party_id, how, confidence FROM parties_link ORDER BY 1",
            "SELECT id, account_id, party_id, role FROM parties_accountholder ORDER BY id",
            "SELECT id, account_id, party_id FROM parties_card ORDER BY id",
            "SELECT account_id, from_party_id, to_party_id FROM parties_handover WHERE active ORDER BY id",
        )
    ]


def accounts_of(bank: Bank, party_id: uuid.UUID) -> list[uuid.UUID]:
    return [
        row[0] for row in bank.execute("SELECT account_id FROM parties_accountholder WHERE party_id = %s", [party_id])
    ]


def test_a_merge_taken_back_leaves_everything_as_it_was(bank: Bank) -> None:
    keep, absorb = party(bank), party(bank)
    before = state(bank)
    move = merge(bank, keep=keep, absorb=absorb, **WHO)
    assert set(records_of(bank, keep)) == {*records_of(bank, absorb), *records_of(bank, keep)}
    assert len(records_of(bank, keep)) == 2
    undo_merge(bank, move_id=move, **WHO)
    assert state(bank) == before


def test_an_earlier_merge_is_taken_back_below_a_later_one(bank: Bank) -> None:
    a, b, c = party(bank), party(bank), party(bank)
    first = merge(bank, keep=b, absorb=c, **WHO)
    second = merge(bank, keep=a, absorb=b, **WHO)
    undo_merge(bank, move_id=first, **WHO)
    assert len(records_of(bank, a)) == 2
    assert len(records_of(bank, c)) == 1
    undo_merge(bank, move_id=second, **WHO)
    assert [len(records_of(bank, each)) for each in (a, b, c)] == [1, 1, 1]


def test_what_makes_no_sense_is_refused_and_changes_nothing(bank: Bank) -> None:
    person, company, other = party(bank), party(bank, kind="organisation"), party(bank)
    move = merge(bank, keep=person, absorb=other, **WHO)
    before = state(bank)
    for keep, absorb in ((person, person), (person, company), (company, other), (other, company)):
        with pytest.raises(MergeRefused):
            merge(bank, keep=keep, absorb=absorb, **WHO)
    assert state(bank) == before
    undo_merge(bank, move_id=move, **WHO)
    with pytest.raises(MoveNotUndone):
        undo_merge(bank, move_id=move, **WHO)


def test_a_split_takes_what_is_chosen_along_and_can_be_taken_back(bank: Bank) -> None:
    whole = party(bank, records=3, accounts=2)
    before = state(bank)
    record, account = records_of(bank, whole)[0], accounts_of(bank, whole)[0]
    move = split(bank, party=whole, records=[record], accounts=[account], **WHO)
    parted = bank.execute("SELECT other_id FROM parties_move WHERE id = %s", [move]).fetchone()
    assert parted is not None
    assert records_of(bank, parted[0]) == [record]
    assert accounts_of(bank, parted[0]) == [account]
    assert accounts_of(bank, whole) != [account]
    undo_split(bank, move_id=move, **WHO)
    after = state(bank)
    after[0] = [row for row in after[0] if row[0] != parted[0]]
    assert after == before
    assert len(records_of(bank, whole)) == 3


def test_a_split_that_leaves_nothing_or_takes_what_is_not_there_is_refused(bank: Bank) -> None:
    whole, stranger = party(bank, records=2), party(bank)
    records = records_of(bank, whole)
    before = state(bank)
    for chosen, accounts in (([], []), (records, []), ([records[0], 10**9], []), ([], accounts_of(bank, stranger))):
        with pytest.raises(SplitRefused):
            split(bank, party=whole, records=chosen, accounts=accounts, **WHO)
    assert state(bank) == before


def test_a_split_whose_parts_have_moved_on_is_not_taken_back(bank: Bank) -> None:
    whole = party(bank, records=3)
    first, second, _ = records_of(bank, whole)
    move = split(bank, party=whole, records=[first, second], accounts=[], **WHO)
    row = bank.execute("SELECT other_id FROM parties_move WHERE id = %s", [move]).fetchone()
    assert row is not None
    split(bank, party=row[0], records=[second], accounts=[], **WHO)
    with pytest.raises(MoveNotUndone):
        undo_split(bank, move_id=move, **WHO)


def test_moves_and_verdicts_cannot_be_changed(bank: Bank) -> None:
    move = merge(bank, keep=party(bank), absorb=party(bank), **WHO)
    with pytest.raises(psycopg.errors.RestrictViolation):
        bank.execute("DELETE FROM parties_move WHERE id = %s", [move])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8), st.randoms())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_merged_and_in_whatever_order_taken_back_all_is_as_before(
    bank: Bank, wanted: list[tuple[int, int]], random: Any
) -> None:
    parties = [party(bank) for _ in range(6)]
    before = state(bank)
    moves = []
    for keep, absorb in wanted:
        try:
            moves.append(merge(bank, keep=parties[keep], absorb=parties[absorb], **WHO))
        except MergeRefused:
            continue
    random.shuffle(moves)
    for move in moves:
        undo_merge(bank, move_id=move, **WHO)
    assert state(bank) == before
    bank.rollback()
