"""The golden record follows its source records, says why, keeps what was, and gives people what they should look at."""

from __future__ import annotations

import datetime as dt

import msgspec

from guanxi.parties.merge import merge, undo_merge
from guanxi.parties.normalisation.record import RawDocument, RawParty
from guanxi.parties.survivorship.refresh import refresh_golden

AT = dt.datetime(2026, 5, 3, 9, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(days=1)


def test_each_field_is_chosen_by_its_rule_and_says_why(bank) -> None:
    wang = bank.party()
    bank.told(wang, "cards", AT, name="王小明", gender="男", birth_date="1980-05-03", phones=("13912345678",))
    bank.told(wang, "savings", AT - dt.timedelta(days=9), name="Wang Xiaoming", phones=("13987654321",))
    refresh_golden(bank.connection, [wang], AT)
    assert bank.golden(wang) == {
        "columns": ("王小明", "Wang Xiaoming", "1980-05-03", "M"),
        "contacts": [("phone", "+8613912345678", True), ("phone", "+8613987654321", False)],
        "identifiers": [],
    }
    assert bank.provenance(wang) == {
        "name": ("王小明", "cards", "agreed"),
        "latin_name": ("Wang Xiaoming", "savings", "alone"),
        "birth_date": ("1980-05-03", "cards", "alone"),
        "gender": ("M", "cards", "alone"),
        "phone": ("+8613912345678", "cards", "recency"),
    }


def test_a_second_time_changes_nothing(bank) -> None:
    wang = bank.party()
    bank.told(
        wang,
        "cards",
        name="王小明",
        phones=("13912345678",),
        emails=("w@example.com",),
        address="上海市中山路1号",
    )
    bank.told(wang, "savings", name="王晓明", documents=(RawDocument("11010519491231002X"),))
    first = refresh_golden(bank.connection, [wang], AT)
    again = refresh_golden(bank.connection, [wang], LATER)
    assert (first.changed, first.tasks) == ({wang}, 1)
    assert (again.changed, again.explained, again.tasks) == (frozenset(), frozenset(), 0)


def test_what_was_is_kept_when_a_source_tells_something_newer(bank) -> None:
    wang = bank.party()
    bank.told(wang, "cards", name="王小明", phones=("13912345678",))
    refresh_golden(bank.connection, [wang], AT)
    bank.told(wang, "savings", LATER, name="王小明", phones=("13987654321",))
    refresh_golden(bank.connection, [wang], LATER)
    rows = bank.connection.execute(
        "SELECT value, superseded_at FROM parties_provenance WHERE party_id = %s AND field = 'phone'"
        " ORDER BY chosen_at",
        [wang],
    ).fetchall()
    assert rows == [("+8613912345678", LATER), ("+8613987654321", None)]


def test_what_the_customer_said_here_is_weighed_too_and_stays(bank) -> None:
    wang = bank.party()
    bank.told(wang, "cards", AT, name="王小明", phones=("13912345678",))
    bank.connection.execute(
        "INSERT INTO parties_contactpoint (party_id, kind, value, purpose, preferred, source, valid_from)"
        " VALUES (%s, 'phone', '+8613911112222', 'home', true, 'mobile', %s)",
        [wang, LATER],
    )
    refresh_golden(bank.connection, [wang], LATER)
    assert bank.provenance(wang)["phone"] == ("+8613911112222", "mobile", "recency")
    assert bank.golden(wang)["contacts"] == [("phone", "+8613911112222", True), ("phone", "+8613912345678", False)]


def test_parties_without_mapped_records_stay_as_they_are(bank) -> None:
    demo = bank.party(AT - dt.timedelta(days=99), "李雷", latin_name="Li Lei")
    before = bank.golden(demo)
    assert refresh_golden(bank.connection, [demo], AT).changed == frozenset()
    assert bank.golden(demo) == before
    assert bank.provenance(demo) == {}


def test_a_merge_weighs_both_and_its_undo_restores_both(bank) -> None:
    keep = bank.party(AT - dt.timedelta(days=99), "李磊", gender="M")
    bank.connection.execute(
        "INSERT INTO parties_contactpoint (party_id, kind, value, purpose, preferred, source, valid_from)"
        " VALUES (%s, 'email', 'li@example.com', 'home', false, 'savings', %s)",
        [keep, AT],
    )
    absorb = bank.party()
    bank.told(absorb, "cards", name="李雷", birth_date="1980-05-03", phones=("13912345678",))
    refresh_golden(bank.connection, [absorb], AT)
    before = bank.golden(keep), bank.golden(absorb)
    move = merge(bank.connection, actor="staff:x", keep=keep, absorb=absorb, reason="same", at=LATER)
    refresh_golden(bank.connection, [absorb], LATER)
    assert bank.golden(keep)["columns"] == ("李雷", "Li Lei", "1980-05-03", "M")
    assert ("phone", "+8613912345678", True) in bank.golden(keep)["contacts"]
    assert [task[:2] for task in bank.tasks(keep)] == [("name", "conflict")]
    undo_merge(bank.connection, actor="staff:x", move_id=move, reason="not the same", at=LATER)
    refresh_golden(bank.connection, [keep, absorb], LATER)
    assert (bank.golden(keep), bank.golden(absorb)) == before
    assert bank.provenance(keep) == {}
    assert [task[3] for task in bank.tasks(keep)] == ["closed"]


def test_a_conflict_is_one_task_for_the_owner_of_who_says_otherwise_and_closes_by_itself(bank) -> None:
    wang = bank.party()
    bank.told(wang, "cards", name="王小明", birth_date="1980-05-03")
    wrong = bank.told(wang, "savings", name="王小明", birth_date="1980-05-04")
    refresh_golden(bank.connection, [wang], AT)
    refresh_golden(bank.connection, [wang], LATER)
    assert bank.tasks(wang) == [("birth_date", "conflict", "li", "open")]
    right = msgspec.json.encode(RawParty(name="王小明", birth_date="1980-05-03")).decode()
    bank.connection.execute("UPDATE parties_sourcerecord SET mapped = %s WHERE id = %s", [right, wrong])
    refresh_golden(bank.connection, [wang], LATER)
    assert bank.tasks(wang) == [("birth_date", "conflict", "li", "closed")]


def test_what_was_dismissed_is_not_asked_again_until_sources_say_something_else(bank) -> None:
    wang = bank.party()
    bank.told(wang, "cards", name="王小明", gender="M")
    bank.told(wang, "savings", name="王小明", gender="F")
    refresh_golden(bank.connection, [wang], AT)
    bank.connection.execute(
        "UPDATE parties_qualitytask SET state = 'dismissed', closed_at = %s WHERE party_id = %s", [AT, wang]
    )
    refresh_golden(bank.connection, [wang], LATER)
    assert [task[3] for task in bank.tasks(wang)] == ["dismissed"]
    bank.told(wang, "loans", name="王小明", gender="F")
    refresh_golden(bank.connection, [wang], LATER)
    assert sorted(task[3] for task in bank.tasks(wang)) == ["dismissed", "open"]


def test_a_wrong_document_is_a_task_and_a_placeholder_is_none(bank) -> None:
    wrong, nothing = bank.party(), bank.party()
    bank.told(wrong, "savings", name="王小明", documents=(RawDocument("110105194912310021", "resident_id"),))
    bank.told(nothing, "savings", name="王小明", documents=(RawDocument("000000", "passport"),))
    refresh_golden(bank.connection, [wrong, nothing], AT)
    assert bank.tasks(wrong) == [("identifier", "invalid", "li", "open")]
    assert bank.tasks(nothing) == []


def test_a_record_that_its_source_no_longer_has_says_nothing_while_others_do(bank) -> None:
    wang = bank.party()
    bank.told(wang, "cards", LATER, name="王小明", phones=("13912345678",))
    bank.told(wang, "savings", AT, name="王小明", phones=("13987654321",))
    bank.connection.execute("UPDATE parties_sourcerecord SET gone_at = %s WHERE source = 'cards'", [LATER])
    refresh_golden(bank.connection, [wang], LATER)
    assert bank.golden(wang)["contacts"] == [("phone", "+8613987654321", True)]


def test_records_are_scored_and_the_party_is_found_by_its_golden_name(bank) -> None:
    wang = bank.party()
    bank.told(wang, "cards", name="王小明", gender="M")
    bank.told(wang, "savings", name="王小明", gender="F")
    refresh_golden(bank.connection, [wang], AT)
    scores = bank.connection.execute(
        "SELECT source, validity, agreement FROM parties_recordscore ORDER BY source"
    ).fetchall()
    assert scores == [("cards", 1, 1), ("savings", 1, 0.5)]
    found = bank.connection.execute(
        "SELECT 1 FROM parties_partysearch WHERE party_id = %s AND tokens @@ '''n:王小明'''", [wang]
    )
    assert found.fetchone() is not None
