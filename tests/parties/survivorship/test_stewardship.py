"""People edit the rules, fix values, and settle tasks; all of it is on record and can be taken back."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from guanxi.parties.custom_fields.registry import EVERYTHING, Editor
from guanxi.parties.custom_fields.writing import set_fields, take_back
from guanxi.parties.survivorship.errors import PinRefused, RulesChanged, RulesInvalid, TaskSettled
from guanxi.parties.survivorship.pins import pin, unpin
from guanxi.parties.survivorship.refresh import refresh_golden
from guanxi.parties.survivorship.rule_operations import (
    choose_anew,
    how_many_behind,
    preview,
    save_rules,
    versions,
)
from guanxi.parties.survivorship.rules import DEFAULT, Criterion, Rule
from guanxi.parties.survivorship.snapshots import take_snapshot
from guanxi.parties.survivorship.task_operations import Settlement, assign_tasks, reopen_task, settle_tasks

AT = dt.datetime(2026, 5, 3, 9, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(days=1)
WHO = "staff:analyst"


def _actions(bank) -> list[str]:
    return [row[0] for row in bank.rows("SELECT action FROM access_auditentry ORDER BY sequence")]


def _disagreeing(bank) -> uuid.UUID:
    wang = bank.party()
    bank.told(wang, "cards", name="王小明", gender="M", phones=("13912345678",))
    bank.told(wang, "savings", AT - dt.timedelta(days=9), name="王小明", gender="F", phones=("13987654321",))
    refresh_golden(bank.connection, [wang], AT)
    return wang


def test_a_pin_stands_until_it_is_taken_off_and_settles_the_conflict(bank) -> None:
    wang = _disagreeing(bank)
    assert bank.provenance(wang)["gender"] == ("M", "cards", "trust")
    pin(bank.connection, actor=WHO, party=wang, field="gender", value="F", reason="passport seen", at=AT)
    assert bank.provenance(wang)["gender"] == ("F", "savings", "pin")
    assert bank.golden(wang)["columns"][3] == "F"
    assert bank.tasks(wang) == [("gender", "conflict", "li", "closed")]
    unpin(bank.connection, actor=WHO, party=wang, field="gender", reason="another person's passport", at=LATER)
    assert bank.provenance(wang)["gender"] == ("M", "cards", "trust")
    assert _actions(bank) == ["pin_field", "unpin_field"]
    pins = bank.rows("SELECT reason, by, undone_by FROM parties_pin")
    assert pins == [("passport seen", WHO, WHO)]


def test_a_value_that_no_source_says_can_be_pinned_and_takes_its_usual_form(bank) -> None:
    wang = _disagreeing(bank)
    pin(bank.connection, actor=WHO, party=wang, field="phone", value="138 1111 2222", reason="told me", at=AT)
    assert bank.golden(wang)["contacts"][0] == ("phone", "+8613811112222", True)
    assert bank.provenance(wang)["phone"] == ("+8613811112222", "", "pin")
    pin(bank.connection, actor=WHO, party=wang, field="phone", value="13811113333", reason="corrected", at=LATER)
    assert bank.golden(wang)["contacts"][0][1] == "+8613811113333"
    assert ("phone", "+8613811112222", True) not in bank.golden(wang)["contacts"]
    unpin(bank.connection, actor=WHO, party=wang, field="phone", reason="no", at=LATER)
    assert [each[1] for each in bank.golden(wang)["contacts"]] == ["+8613912345678", "+8613987654321"]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("gender", "other", "why"),
        ("birth_date", "never", "why"),
        ("phone", "1", "why"),
        ("shoe_size", "42", "why"),
        ("identifier", "1", "why"),
        ("name", "", "why"),
        ("name", "王" * 201, "why"),
        ("name", "王小明", " "),
    ],
)
def test_what_cannot_be_a_value_is_not_pinned(bank, field: str, value: str, reason: str) -> None:
    wang = _disagreeing(bank)
    before = bank.golden(wang)
    with pytest.raises(PinRefused):
        pin(bank.connection, actor=WHO, party=wang, field=field, value=value, reason=reason, at=AT)
    assert bank.golden(wang) == before
    assert _actions(bank) == []


def test_nothing_is_taken_off_where_nothing_is_pinned(bank) -> None:
    with pytest.raises(PinRefused):
        unpin(bank.connection, actor=WHO, party=_disagreeing(bank), field="name", reason="why", at=AT)


def test_what_is_entered_by_hand_stands_against_sources_until_it_is_taken_back(bank) -> None:
    wang, editor = _disagreeing(bank), Editor("staff:agent", EVERYTHING, edits=True)
    done = set_fields(bank.connection, actor=editor, party=wang, changes={"name": "王晓明"}, at=LATER)
    refresh_golden(bank.connection, [wang], LATER)
    assert bank.golden(wang)["columns"][0] == "王晓明"
    assert bank.provenance(wang)["name"] == ("王晓明", "", "pin")
    take_back(bank.connection, actor=editor, change=done.change, at=LATER)
    assert bank.golden(wang)["columns"][0] == "王小明"
    assert bank.provenance(wang)["name"][2] == "agreed"


def test_rules_are_tried_then_kept_then_followed(bank) -> None:
    wang = _disagreeing(bank)
    draft = {**DEFAULT, "gender": Rule(order=(Criterion.TRUST,), trust={"savings": 1.0})}
    before = bank.golden(wang)
    tried = preview(bank.connection, draft, AT)
    assert (tried.examined, tried.parties, tried.changing, tried.by_field) == (1, 1, 1, {"gender": 1})
    assert tried.examples[0][1:] == ("王小明", "gender", "M", "cards", "F", "savings", "trust")
    assert bank.golden(wang) == before
    version = save_rules(
        bank.connection, rules=draft, actor=WHO, reason="Savings sees documents", at=AT, from_version=0
    )
    assert (version, how_many_behind(bank.connection)) == (1, 1)
    assert (choose_anew(bank.connection, LATER), choose_anew(bank.connection, LATER)) == (1, 0)
    assert bank.provenance(wang)["gender"] == ("F", "savings", "trust")
    assert versions(bank.connection)[0].changes == [
        ("gender.order", "majority > trust > completeness > recency", "trust"),
        ("gender.trust", "", "savings 1"),
    ]
    assert _actions(bank) == ["change_survivorship"]


def test_rules_that_cannot_be_kept_change_nothing(bank) -> None:
    wrong = {**DEFAULT, "name": Rule(order=())}
    with pytest.raises(RulesInvalid) as refused:
        save_rules(bank.connection, rules=wrong, actor=WHO, reason="", at=AT, from_version=0)
    assert set(refused.value.faults) == {"name", "reason"}
    with pytest.raises(RulesChanged):
        save_rules(bank.connection, rules=DEFAULT, actor=WHO, reason="why", at=AT, from_version=7)
    assert versions(bank.connection) == []
    assert _actions(bank) == []


def test_tasks_are_given_settled_and_opened_again(bank) -> None:
    wang = _disagreeing(bank)
    (task,) = (row[0] for row in bank.rows("SELECT id FROM parties_qualitytask"))
    assign_tasks(bank.connection, actor=WHO, tasks=[task], owner="zhao", at=AT)
    assert bank.tasks(wang) == [("gender", "conflict", "zhao", "assigned")]
    dismissed = {"tasks": [task], "settlement": Settlement.DISMISSED, "reason": "known"}
    settle_tasks(bank.connection, actor=WHO, at=AT, **dismissed)
    with pytest.raises(TaskSettled):
        settle_tasks(bank.connection, actor=WHO, at=AT, **dismissed)
    refresh_golden(bank.connection, [wang], LATER)
    assert bank.tasks(wang) == [("gender", "conflict", "zhao", "dismissed")]
    reopen_task(bank.connection, actor=WHO, task=task, at=LATER)
    assert bank.tasks(wang) == [("gender", "conflict", "zhao", "assigned")]
    assert _actions(bank) == ["assign_quality_task", "settle_quality_task", "reopen_quality_task"]


def test_a_day_of_each_source_is_kept_once(bank) -> None:
    _disagreeing(bank)
    assert take_snapshot(bank.connection, AT) == 2
    assert take_snapshot(bank.connection, AT + dt.timedelta(hours=2)) == 2
    rows = bank.rows(
        "SELECT source, records, agreement, timeliness > 0.98, open_tasks FROM parties_sourcescore ORDER BY source"
    )
    assert rows == [("cards", 1, 1.0, True, 0), ("savings", 1, 0.5, True, 1)]
