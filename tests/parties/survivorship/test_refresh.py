"""The golden record follows its source records, says why, keeps what was, and gives people what they should look at."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from guanxi.kernel.identity import uuid7
from guanxi.parties.merge import merge, undo_merge
from guanxi.parties.normalisation.record import RawDocument, RawParty
from guanxi.parties.survivorship.refresh import refresh_golden

AT = dt.datetime(2026, 5, 3, 9, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(days=1)
Bank = psycopg.Connection[Any]


@pytest.fixture
def bank(database_url: str) -> Iterator[Bank]:
    """Two sources; changes are gone after the test."""
    with psycopg.connect(database_url) as connection:
        for name, trust, owner in (("cards", 0.9, "chen"), ("savings", 0.4, "li")):
            connection.execute(
                "INSERT INTO parties_source (name, title, kind, trust, owner, description, version, updated_at,"
                " updated_by) VALUES (%s, %s, 'file', %s, %s, '{}', 1, %s, 'test')",
                [name, name.title(), trust, owner, AT],
            )
        yield connection
        connection.rollback()


def party(bank: Bank, made_at: dt.datetime = AT, name: str = "?", **columns: str) -> uuid.UUID:
    party_id = uuid7()
    bank.execute(
        "INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier,"
        " created_at, updated_at) VALUES (%s, %s, 'person', %s, %s, %s, 'zh-Hans', '', '', '', %s, %s)",
        [
            party_id,
            party_id.hex[-12:],
            name,
            columns.get("latin_name", ""),
            columns.get("gender", ""),
            made_at,
            made_at,
        ],
    )
    return party_id


def told(bank: Bank, to: uuid.UUID, source: str, at: dt.datetime = AT, **raw: Any) -> uuid.UUID:
    record = uuid7()
    mapped = msgspec.json.encode(RawParty(**raw)).decode()
    bank.execute(
        "INSERT INTO parties_sourcerecord (id, source, key, version, content, mapped, received_at, told_at)"
        " VALUES (%s, %s, %s, 1, '{}', %s, %s, %s)",
        [record, source, record.hex, mapped, at, at],
    )
    bank.execute(
        "INSERT INTO parties_link (source_record_id, party_id, evidence, confidence, how, linked_at)"
        " VALUES (%s, %s, '{}', 1, 'automatic', %s)",
        [record, to, at],
    )
    return record


def golden(bank: Bank, party_id: uuid.UUID) -> dict[str, Any]:
    """What the party's record says at present."""
    columns = bank.execute(
        "SELECT name, latin_name, birth_date::text, gender FROM parties_party WHERE id = %s", [party_id]
    ).fetchone()
    assert columns is not None
    contacts = bank.execute(
        "SELECT kind, value, preferred FROM parties_contactpoint WHERE party_id = %s AND valid_to IS NULL"
        " ORDER BY kind, preferred DESC, value",
        [party_id],
    ).fetchall()
    identifiers = bank.execute(
        "SELECT kind, value FROM parties_identifier WHERE party_id = %s ORDER BY kind, value", [party_id]
    ).fetchall()
    return {"columns": columns, "contacts": contacts, "identifiers": identifiers}


def provenance(bank: Bank, party_id: uuid.UUID) -> dict[str, tuple[str, str, str]]:
    rows = bank.execute(
        "SELECT field, value, source, rule FROM parties_provenance WHERE party_id = %s AND superseded_at IS NULL",
        [party_id],
    ).fetchall()
    return {field: (value, source, rule) for field, value, source, rule in rows}


def tasks(bank: Bank, party_id: uuid.UUID) -> list[tuple[str, str, str, str]]:
    return bank.execute(
        "SELECT field, kind, owner, state FROM parties_qualitytask WHERE party_id = %s ORDER BY made_at, field, id",
        [party_id],
    ).fetchall()


def test_each_field_is_chosen_by_its_rule_and_says_why(bank: Bank) -> None:
    wang = party(bank)
    told(bank, wang, "cards", AT, name="王小明", gender="男", birth_date="1980-05-03", phones=("13912345678",))
    told(bank, wang, "savings", AT - dt.timedelta(days=9), name="Wang Xiaoming", phones=("13987654321",))
    refresh_golden(bank, [wang], AT)
    assert golden(bank, wang) == {
        "columns": ("王小明", "Wang Xiaoming", "1980-05-03", "M"),
        "contacts": [("phone", "+8613912345678", True), ("phone", "+8613987654321", False)],
        "identifiers": [],
    }
    assert provenance(bank, wang) == {
        "name": ("王小明", "cards", "agreed"),
        "latin_name": ("Wang Xiaoming", "savings", "alone"),
        "birth_date": ("1980-05-03", "cards", "alone"),
        "gender": ("M", "cards", "alone"),
        "phone": ("+8613912345678", "cards", "recency"),
    }


def test_a_second_time_changes_nothing(bank: Bank) -> None:
    wang = party(bank)
    told(
        bank,
        wang,
        "cards",
        name="王小明",
        phones=("13912345678",),
        emails=("w@example.com",),
        address="上海市中山路1号",
    )
    told(bank, wang, "savings", name="王晓明", documents=(RawDocument("11010519491231002X"),))
    first = refresh_golden(bank, [wang], AT)
    again = refresh_golden(bank, [wang], LATER)
    assert (first.changed, first.tasks) == ({wang}, 1)
    assert (again.changed, again.explained, again.tasks) == (frozenset(), frozenset(), 0)


def test_what_was_is_kept_when_a_source_tells_something_newer(bank: Bank) -> None:
    wang = party(bank)
    told(bank, wang, "cards", name="王小明", phones=("13912345678",))
    refresh_golden(bank, [wang], AT)
    told(bank, wang, "savings", LATER, name="王小明", phones=("13987654321",))
    refresh_golden(bank, [wang], LATER)
    rows = bank.execute(
        "SELECT value, superseded_at FROM parties_provenance WHERE party_id = %s AND field = 'phone'"
        " ORDER BY chosen_at",
        [wang],
    ).fetchall()
    assert rows == [("+8613912345678", LATER), ("+8613987654321", None)]


def test_what_the_customer_said_here_is_weighed_too_and_stays(bank: Bank) -> None:
    wang = party(bank)
    told(bank, wang, "cards", AT, name="王小明", phones=("13912345678",))
    bank.execute(
        "INSERT INTO parties_contactpoint (party_id, kind, value, purpose, preferred, source, valid_from)"
        " VALUES (%s, 'phone', '+8613911112222', 'home', true, 'mobile', %s)",
        [wang, LATER],
    )
    refresh_golden(bank, [wang], LATER)
    assert provenance(bank, wang)["phone"] == ("+8613911112222", "mobile", "recency")
    assert golden(bank, wang)["contacts"] == [("phone", "+8613911112222", True), ("phone", "+8613912345678", False)]


def test_parties_without_mapped_records_stay_as_they_are(bank: Bank) -> None:
    demo = party(bank, AT - dt.timedelta(days=99), "李雷", latin_name="Li Lei")
    before = golden(bank, demo)
    assert refresh_golden(bank, [demo], AT).changed == frozenset()
    assert golden(bank, demo) == before
    assert provenance(bank, demo) == {}


def test_a_merge_weighs_both_and_its_undo_restores_both(bank: Bank) -> None:
    keep = party(bank, AT - dt.timedelta(days=99), "李磊", gender="M")
    bank.execute(
        "INSERT INTO parties_contactpoint (party_id, kind, value, purpose, preferred, source, valid_from)"
        " VALUES (%s, 'email', 'li@example.com', 'home', false, 'savings', %s)",
        [keep, AT],
    )
    absorb = party(bank)
    told(bank, absorb, "cards", name="李雷", birth_date="1980-05-03", phones=("13912345678",))
    refresh_golden(bank, [absorb], AT)
    before = golden(bank, keep), golden(bank, absorb)
    move = merge(bank, actor="staff:x", keep=keep, absorb=absorb, reason="same", at=LATER)
    refresh_golden(bank, [absorb], LATER)
    assert golden(bank, keep)["columns"] == ("李雷", "Li Lei", "1980-05-03", "M")
    assert ("phone", "+8613912345678", True) in golden(bank, keep)["contacts"]
    assert [task[:2] for task in tasks(bank, keep)] == [("name", "conflict")]
    undo_merge(bank, actor="staff:x", move_id=move, reason="not the same", at=LATER)
    refresh_golden(bank, [keep, absorb], LATER)
    assert (golden(bank, keep), golden(bank, absorb)) == before
    assert provenance(bank, keep) == {}
    assert [task[3] for task in tasks(bank, keep)] == ["closed"]


def test_a_conflict_is_one_task_for_the_owner_of_who_says_otherwise_and_closes_by_itself(bank: Bank) -> None:
    wang = party(bank)
    told(bank, wang, "cards", name="王小明", birth_date="1980-05-03")
    wrong = told(bank, wang, "savings", name="王小明", birth_date="1980-05-04")
    refresh_golden(bank, [wang], AT)
    refresh_golden(bank, [wang], LATER)
    assert tasks(bank, wang) == [("birth_date", "conflict", "li", "open")]
    right = msgspec.json.encode(RawParty(name="王小明", birth_date="1980-05-03")).decode()
    bank.execute("UPDATE parties_sourcerecord SET mapped = %s WHERE id = %s", [right, wrong])
    refresh_golden(bank, [wang], LATER)
    assert tasks(bank, wang) == [("birth_date", "conflict", "li", "closed")]


def test_what_was_dismissed_is_not_asked_again_until_sources_say_something_else(bank: Bank) -> None:
    wang = party(bank)
    told(bank, wang, "cards", name="王小明", gender="M")
    told(bank, wang, "savings", name="王小明", gender="F")
    refresh_golden(bank, [wang], AT)
    bank.execute("UPDATE parties_qualitytask SET state = 'dismissed', closed_at = %s WHERE party_id = %s", [AT, wang])
    refresh_golden(bank, [wang], LATER)
    assert [task[3] for task in tasks(bank, wang)] == ["dismissed"]
    told(bank, wang, "loans", name="王小明", gender="F")
    refresh_golden(bank, [wang], LATER)
    assert sorted(task[3] for task in tasks(bank, wang)) == ["dismissed", "open"]


def test_a_wrong_document_is_a_task_and_a_placeholder_is_none(bank: Bank) -> None:
    wrong, nothing = party(bank), party(bank)
    told(bank, wrong, "savings", name="王小明", documents=(RawDocument("110105194912310021", "resident_id"),))
    told(bank, nothing, "savings", name="王小明", documents=(RawDocument("000000", "passport"),))
    refresh_golden(bank, [wrong, nothing], AT)
    assert tasks(bank, wrong) == [("identifier", "invalid", "li", "open")]
    assert tasks(bank, nothing) == []


def test_a_record_that_its_source_no_longer_has_says_nothing_while_others_do(bank: Bank) -> None:
    wang = party(bank)
    told(bank, wang, "cards", LATER, name="王小明", phones=("13912345678",))
    told(bank, wang, "savings", AT, name="王小明", phones=("13987654321",))
    bank.execute("UPDATE parties_sourcerecord SET gone_at = %s WHERE source = 'cards'", [LATER])
    refresh_golden(bank, [wang], LATER)
    assert golden(bank, wang)["contacts"] == [("phone", "+8613987654321", True)]


def test_records_are_scored_and_the_party_is_found_by_its_golden_name(bank: Bank) -> None:
    wang = party(bank)
    told(bank, wang, "cards", name="王小明", gender="M")
    told(bank, wang, "savings", name="王小明", gender="F")
    refresh_golden(bank, [wang], AT)
    scores = bank.execute("SELECT source, validity, agreement FROM parties_recordscore ORDER BY source").fetchall()
    assert scores == [("cards", 1, 1), ("savings", 1, 0.5)]
    found = bank.execute("SELECT 1 FROM parties_partysearch WHERE party_id = %s AND tokens @@ '''n:王小明'''", [wang])
    assert found.fetchone() is not None
