"""Loads keep every version, change nothing twice, and are not led astray by what sources send."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.parties.intake.conftest import AT, CARDS, HEADINGS, Desk

from guanxi.parties.intake.description import Column
from guanxi.parties.intake.errors import (
    DescriptionInvalid,
    FullLoadMissing,
    LoadStateForbidden,
    LoadUnderWay,
    SourceChanged,
)
from guanxi.parties.intake.operations import (
    confirm_load,
    decide_held,
    drop_load,
    resume_load,
    save_source,
    stop_load,
)
from guanxi.parties.intake.states import HeldState, LoadState
from guanxi.parties.models import HeldRow, Source

WANG = "A1,王小明,1980-05-03,13912345678,110105198005030014\n"
LI = "A2,李娜,1985-12-25,13812345679,\n"
ZHANG = "A3,张伟,1979-01-17,13700001111,\n"
SOMEBODY_ELSE = "A1,赵丽华,1961-09-09,13655556666,\n"

_PARTY = """
SELECT party_id FROM parties_link l JOIN parties_sourcerecord r ON r.id = source_record_id
WHERE source = %s AND key = 'A1' AND superseded_at IS NULL
"""


def _file(*rows: str) -> str:
    return HEADINGS + "".join(rows)


def test_a_full_load_brings_records_and_they_are_resolved(desk: Desk) -> None:
    load = desk.load(_file(WANG, LI, "A4,王小明,1980-05-03,13912345678,110105198005030014\n"))
    assert (load.state, load.added, load.resolved, load.share) == (LoadState.COMPLETE, 3, 3, 1)
    parties = desk.rows(
        "SELECT r.key, l.party_id FROM parties_sourcerecord r JOIN parties_link l ON l.source_record_id = r.id"
        " WHERE r.source = %s",
        desk.name,
    )
    of = dict(parties)
    assert of["A1"] == of["A4"] != of["A2"]


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    desk.load(_file(WANG, LI))
    again = desk.load(_file(WANG, LI))
    assert again.state == LoadState.REPEATED
    assert "nothing has been changed" in again.sentence
    shuffled = desk.load(_file(LI, WANG))
    assert (shuffled.unchanged, shuffled.added, shuffled.changed) == (2, 0, 0)
    assert len(desk.versions("A1")) == 1


def test_a_changed_row_supersedes_and_keeps_its_number_and_its_party(desk: Desk) -> None:
    ouyang = "A1,欧阳珊珊,1971-02-03,13700009999,\n"
    desk.load(_file(ouyang, LI))
    before = desk.rows(_PARTY, desk.name)
    load = desk.load(_file(ouyang.replace("13700009999", "13555556666"), LI))
    assert (load.changed, load.unchanged) == (1, 1)
    first, second = desk.versions("A1")
    assert (first[0], first[3]) == (1, False)
    assert (second[0], second[3]) == (2, True)
    assert first[1] == second[1]
    assert desk.rows(_PARTY, desk.name) == before


def test_who_is_not_in_a_full_load_is_gone_and_may_return(desk: Desk) -> None:
    desk.load(_file(WANG, LI, ZHANG))
    assert desk.load(_file(WANG, LI)).gone == 1
    assert [version[4] for version in desk.versions("A3")] == [True]
    assert desk.load(_file(WANG, LI, ZHANG)).changed == 1
    assert [version[3:] for version in desk.versions("A3")] == [(False, True), (True, False)]


def test_a_delta_leaves_the_others_alone(desk: Desk) -> None:
    desk.load(_file(WANG, LI))
    load = desk.load(_file(ZHANG, WANG.replace("13912345678", "13555556666")), "delta")
    assert (load.added, load.changed, load.gone) == (1, 1, 0)


def test_in_a_delta_the_later_row_of_a_key_counts_and_both_are_kept(desk: Desk) -> None:
    desk.load(_file(WANG, LI))
    changes = [WANG.replace("13912345678", phone) for phone in ("13555556666", "13555557777")]
    assert desk.load(_file(*changes), "delta").changed == 2
    assert [version[0] for version in desk.versions("A1")] == [1, 2, 3]


def test_a_delta_may_say_who_is_deleted(desk: Desk) -> None:
    desk.describe(columns=(*CARDS.columns, Column(name="flag", means="deleted")))
    headings = HEADINGS.replace("\n", ",flag\n")
    desk.load(headings + WANG.replace("\n", ",\n") + LI.replace("\n", ",\n"))
    load = desk.load(headings + "A1,,,,,Y\nA9,,,,,Y\n", "delta")
    assert (load.gone, load.rejected) == (1, 0)
    assert desk.versions("A1")[0][4] is True


def test_a_delta_before_its_full_load_is_refused(desk: Desk) -> None:
    with pytest.raises(FullLoadMissing):
        desk.line_up(_file(WANG), "delta")
    assert desk.rows("SELECT count(*) FROM parties_load WHERE source_id = %s", desk.name) == [(0,)]


def test_rows_that_cannot_be_taken_are_told_one_by_one(desk: Desk) -> None:
    rows = [WANG, "A2,李娜\n", ",赵敏,,,\n", "A5,,1990-01-01,,\n", WANG.replace("王小明", "王晓明"), WANG]
    load = desk.load(_file(*rows))
    told = desk.rows("SELECT row, reason FROM parties_rejection WHERE load_id = %s ORDER BY row", load.id)
    assert told == [
        (3, "it has 2 cells where there are 5 columns"),
        (4, "it has no key"),
        (5, "nothing in it says who it is"),
        (6, "its key A1 stands in row 2 already, with something else"),
    ]
    assert (load.added, load.rejected, load.unchanged) == (1, 4, 1)


def test_a_record_whose_row_cannot_be_read_is_not_gone(desk: Desk) -> None:
    desk.load(_file(WANG, LI, ZHANG))
    assert desk.load(_file(WANG, "A2,李娜\n")).gone == 1
    assert desk.versions("A2")[0][4] is False
    assert desk.versions("A3")[0][4] is True


def test_a_file_that_was_cut_short_has_to_be_confirmed(desk: Desk) -> None:
    many = [f"B{n},王{n},,{13900000000 + n},\n" for n in range(100)]
    desk.load(_file(*many))
    load = desk.load(_file(*many[:50]))
    assert (load.state, load.gone) == (LoadState.DOUBTFUL, 0)
    assert "50 of 100 records are not in this file" in load.sentence
    confirm_load(load_id=load.id, actor="staff:engineer", at=AT)
    assert (desk.run(load).state, load.gone) == (LoadState.COMPLETE, 50)
    again = desk.load(_file(*many[:10]))
    drop_load(load_id=again.id, actor="staff:engineer", at=AT)
    again.refresh_from_db()
    assert (again.state, again.gone) == (LoadState.STOPPED, 0)


def test_a_number_that_was_given_to_somebody_else_is_held(desk: Desk) -> None:
    desk.load(_file(WANG, LI))
    load = desk.load(_file(SOMEBODY_ELSE, LI))
    assert (load.held, load.changed, load.gone) == (1, 0, 0)
    assert [version[2] for version in desk.versions("A1")] == ["王小明"]
    held = HeldRow.objects.get(load=load)
    assert held.reason == "name, birth_date"
    decide_held(held_id=held.id, decision=HeldState.ANOTHER, actor="staff:engineer", at=AT)
    first, second = desk.versions("A1")
    assert (first[3], second[2], second[3]) == (False, "赵丽华", True)
    assert first[1] != second[1]
    assert desk.versions("A1~1") == [(1, first[1], "王小明", True, True)]
    with pytest.raises(LoadStateForbidden):
        decide_held(held_id=held.id, decision=HeldState.SAME, actor="staff:engineer", at=AT)


@pytest.mark.parametrize(
    "changed",
    [
        "A1,王小明,1961-09-09,13655556666,\n",
        "A1,赵小明,1980-05-03,13655556666,\n",
        "A1,赵丽华,1961-09-09,13655556666,110105198005030014\n",
    ],
)
def test_a_change_of_one_thing_is_no_other_person(desk: Desk, changed: str) -> None:
    desk.load(_file(WANG))
    assert desk.load(_file(changed)).changed == 1


def test_what_was_dismissed_is_not_held_again(desk: Desk) -> None:
    desk.load(_file(WANG, LI))
    load = desk.load(_file(SOMEBODY_ELSE, LI))
    held = HeldRow.objects.get(load=load)
    decide_held(held_id=held.id, decision=HeldState.DISMISSED, actor="staff:engineer", at=AT)
    assert desk.load(_file(LI, SOMEBODY_ELSE)).held == 0
    assert [version[2] for version in desk.versions("A1")] == ["王小明"]


def test_a_held_row_lapses_when_the_source_corrects_itself(desk: Desk) -> None:
    desk.load(_file(WANG, LI))
    load = desk.load(_file(SOMEBODY_ELSE, LI))
    desk.load(_file(WANG, LI, ZHANG))
    assert HeldRow.objects.get(load=load).state == HeldState.LAPSED


def test_one_load_of_a_source_at_a_time(desk: Desk) -> None:
    desk.line_up(_file(WANG))
    with pytest.raises(LoadUnderWay):
        desk.line_up(_file(LI))


def test_two_processes_do_not_run_one_load(desk: Desk) -> None:
    import psycopg

    load = desk.line_up(_file(WANG))
    with psycopg.connect(desk.url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(4716, hashtext(%s))", [desk.name])
        with pytest.raises(LoadUnderWay):
            desk.run(load)
    assert desk.run(load).state == LoadState.COMPLETE


def test_a_load_is_stopped_and_goes_on(desk: Desk) -> None:
    load = desk.line_up(_file(WANG, LI))
    stop_load(load_id=load.id, actor="staff:engineer", at=AT)
    assert desk.run(load).state == LoadState.STOPPED
    resume_load(load_id=load.id, actor="staff:engineer", at=AT)
    assert (desk.run(load).state, load.added) == (LoadState.COMPLETE, 2)


def test_an_older_load_does_not_go_on_after_a_newer(desk: Desk) -> None:
    load = desk.line_up(_file(WANG, LI))
    stop_load(load_id=load.id, actor="staff:engineer", at=AT)
    desk.run(load)
    desk.load(_file(ZHANG))
    with pytest.raises(LoadStateForbidden):
        resume_load(load_id=load.id, actor="staff:engineer", at=AT)


def test_placeholders_are_told_and_bring_nobody_together(desk: Desk) -> None:
    names = ["王小明", "李娜", "张伟", "赵敏", "陈静", "杨洋"]
    load = desk.load(_file(*(f"P{n},{name},19{70 + n}-03-0{n + 1},13800138000,\n" for n, name in enumerate(names))))
    assert load.doubts == {"phone: a placeholder": 6}
    assert desk.rows(
        "SELECT count(DISTINCT party_id) FROM parties_link l JOIN parties_sourcerecord r ON r.id = source_record_id"
        " WHERE source = %s",
        desk.name,
    ) == [(6,)]


def test_a_new_meaning_is_applied_to_what_is_there(desk: Desk) -> None:
    desk.load(_file(WANG, LI))
    desk.describe(columns=(*CARDS.columns[:2], Column(name="born"), *CARDS.columns[3:]))
    load = desk.load(_file(WANG, LI))
    assert (load.changed, load.state) == (2, LoadState.COMPLETE)
    assert len(desk.versions("A1")) == 1
    assert desk.rows(
        "SELECT mapped ? 'birth_date' FROM parties_sourcerecord WHERE source = %s AND key = 'A1'", desk.name
    ) == [(False,)]


def test_a_file_of_another_source_is_refused(desk: Desk) -> None:
    load = desk.load("something,else\n1,2\n")
    assert load.state == LoadState.FAILED
    assert "The file has no column id, name, born" in load.sentence


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"\x00" * 100])
def test_what_is_no_file_fails_clearly(desk: Desk, content: bytes) -> None:
    load = desk.load(content)
    assert load.state == LoadState.FAILED
    assert load.sentence.startswith("The file")


def test_characters_that_are_none_cost_their_field_alone(desk: Desk) -> None:
    desk.describe(encoding="utf-8")
    load = desk.load(_file(WANG).encode().replace("小".encode(), b"\xff") + _file(LI).encode()[len(HEADINGS) :])
    assert (load.added, load.rejected) == (2, 0)
    told = desk.rows("SELECT field, reason FROM parties_rejection WHERE load_id = %s", load.id)
    assert told == [("name", "it has characters that cannot be read")]
    assert desk.versions("A1")[0][2] is None


def test_an_empty_column_is_no_trouble(desk: Desk) -> None:
    load = desk.load(_file("A1,王小明,,,\n", "A2,李娜,,,\n"))
    assert (load.added, load.rejected, load.doubts) == (2, 0, {})


def test_sources_are_versioned_and_refuse_what_is_older(desk: Desk) -> None:
    desk.describe(country="HK")
    assert Source.objects.get(name=desk.name).version == 2
    assert desk.rows(
        "SELECT version, reason FROM parties_sourceversion WHERE source_id = %s ORDER BY 1", desk.name
    ) == [
        (1, "a test"),
        (2, "a test"),
    ]
    told = {
        "name": desk.name,
        "title": "x",
        "trust": 0.5,
        "owner": "",
        "reason": "",
        "actor": "staff:engineer",
        "at": AT,
    }
    with pytest.raises(SourceChanged):
        save_source(**told, description=CARDS, from_version=1)
    with pytest.raises(DescriptionInvalid):
        save_source(**{**told, "trust": 2}, description=CARDS, from_version=2)


def test_an_unknown_source_begins_with_its_first_version(make_desk: Callable[[str], Desk]) -> None:
    made = make_desk("brand-new")
    made.describe()
    assert Source.objects.get(name="brand-new").version == 1
