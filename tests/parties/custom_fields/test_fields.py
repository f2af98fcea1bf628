"""The registry: fields built in and defined on screen are read, asked, shown and written alike."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from guanxi.kernel.money import Money
from guanxi.parties.errors import PartyUnknown
from guanxi.parties.fields import (
    Editor,
    Field,
    FieldNotEditable,
    FieldsInvalid,
    FieldUnknown,
    ValueRefused,
    faults_of,
    field_for,
    fields_for,
    set_fields,
    set_fields_of_many,
    take_back,
)

from .conftest import AGENT, AT, ENGINEER, FIRM, GONE, LI, WANG

Connection = psycopg.Connection[Any]

VALUES: dict[str, tuple[str, Any]] = {
    "nickname": ("老王", "老王"),
    "plate": ("京A12345", "京A12345"),
    "children": ("1,2", 12),
    "share": ("0.1250", Decimal("0.1250")),
    "income": ("CNY 12,345.50", Money(Decimal("12345.50"), "CNY")),
    "wedding": ("2010年5月3日", dt.date(2010, 5, 3)),
    "resident": ("是", True),
    "risk": ("高", "high"),
    "hobbies": ("tea、golf", ("tea", "golf")),
    "guardian": (str(LI), LI),
    "birth_date": ("1981/02/03", dt.date(1981, 2, 3)),
    "tier": ("Diamond", "diamond"),
    "phone": ("+8613912345678", "+8613912345678"),
    "name": ("王晓明", "王晓明"),
}


def field(connection: Connection, name: str) -> Field:
    return field_for(AGENT, name, on=connection)


def found(connection: Connection, name: str, operator: str, *texts: str) -> set[uuid.UUID]:
    """The parties that a filter of one field finds."""
    asked = field(connection, name)
    condition = asked.filter_sql(operator, asked.operand(operator, texts))
    statement = f"SELECT party.id FROM parties_party party WHERE merged_into_id IS NULL AND {condition.sql}"
    return {row[0] for row in connection.execute(statement, condition.parameters)}


def value_of(connection: Connection, name: str, party: uuid.UUID = WANG) -> Any:
    asked = field(connection, name)
    row = connection.execute(f"SELECT {asked.sql} FROM parties_party party WHERE id = %s", [party]).fetchone()
    return asked.load(row[0])


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_read_from_text_written_and_read_back(connection: Connection, name: str) -> None:
    text, value = VALUES[name]
    asked = field(connection, name)
    assert asked.parse(text) == value
    assert asked.parse(asked.write(value)) == value
    set_fields(connection, actor=AGENT, party=WANG, changes={name: value}, at=AT)
    assert value_of(connection, name) == value
    set_fields(connection, actor=AGENT, party=WANG, changes={name: None}, at=AT) if not asked.required else None
    assert asked.required or value_of(connection, name) is None


@pytest.mark.parametrize(
    ("name", "operator", "texts", "expected"),
    [
        ("nickname", "begins", ["老"], {WANG}),
        ("nickname", "contains", ["王"], {WANG}),
        ("nickname", "contains", ["%"], set()),
        ("nickname", "is_not", ["老王"], {LI, FIRM}),
        ("children", "between", ["1", "12"], {WANG}),
        ("children", "less", ["12"], set()),
        ("share", "at_least", ["0.125"], {WANG}),
        ("income", "more", ["12,345"], {WANG}),
        ("wedding", "at_most", ["2010-05-03"], {WANG}),
        ("resident", "is", ["yes"], {WANG}),
        ("risk", "in", ["low", "high"], {WANG}),
        ("hobbies", "has", ["golf", "chess"], {WANG}),
        ("hobbies", "has_all", ["golf", "chess"], set()),
        ("hobbies", "lacks", ["chess"], {WANG, LI, FIRM}),
        ("hobbies", "empty", [], {LI, FIRM}),
        ("guardian", "is", [str(LI)], {WANG}),
        ("guardian", "filled", [], {WANG}),
        ("name", "begins", ["远东"], {FIRM}),
        ("birth_date", "is", ["1980-05-03"], {LI, FIRM}),
        ("tier", "empty", [], set()),
        ("phone", "begins", ["+86139"], {WANG}),
        ("phone", "empty", [], {LI, FIRM}),
        ("phone", "is_not", ["+8613912345678"], {LI, FIRM}),
        ("gender", "empty", [], {WANG, LI, FIRM}),
    ],
)
def test_a_filter_finds_those_it_describes(
    connection: Connection, name: str, operator: str, texts: list[str], expected: set[uuid.UUID]
) -> None:
    changes = {name: value for name, (_, value) in VALUES.items()}
    set_fields(connection, actor=AGENT, party=WANG, changes=changes, at=AT)
    assert found(connection, name, operator, *texts) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nickname", "一二三四五六七八九"),
        ("plate", "粤A12345"),
        ("children", "1.5"),
        ("children", "31"),
        ("children", "9" * 60),
        ("children", "NaN"),
        ("share", "0.00001"),
        ("share", "1e30"),
        ("income", "-1"),
        ("income", "5 USD"),
        ("income", "1.005"),
        ("wedding", "1899-12-31"),
        ("wedding", "2026-02-30"),
        ("resident", "perhaps"),
        ("risk", "odd"),
        ("hobbies", "tea, rugby"),
        ("guardian", "王"),
    ],
)
def test_a_value_that_breaks_its_rules_is_refused(connection: Connection, name: str, text: str) -> None:
    with pytest.raises(ValueRefused):
        field(connection, name).parse(text)


def test_values_are_shown_in_the_language_of_the_reader(connection: Connection) -> None:
    assert field(connection, "risk").show("high", "zh-hans") == "高"
    assert field(connection, "risk").show("high", "zh-hant") == "高"
    assert field(connection, "risk").show("high", "en") == "High"
    assert field(connection, "resident").show(True, "zh-hant") == "是"
    assert field(connection, "income").show(Money(Decimal(1234), "CNY"), "en") == "1,234.00 CNY"
    assert field(connection, "customer_since").title("zh-hant") == "開戶日期"


def test_fields_stand_in_their_order_and_only_for_those_who_may_see_them(connection: Connection) -> None:
    names = [each.name for each in fields_for(AGENT, on=connection)]
    assert names.index("name") < names.index("nickname") < names.index("hobbies")
    assert "secret" not in names
    assert field_for(Editor("staff:qi", "compliance", edits=False), "secret", on=connection).editable is False
    assert not any(each.editable for each in fields_for(ENGINEER, on=connection))


def test_what_may_not_be_changed_is_not_and_nothing_else_either(connection: Connection) -> None:
    for name, refusal in (("told", FieldNotEditable), ("secret", FieldUnknown), ("number", FieldNotEditable)):
        with pytest.raises(refusal):
            set_fields(connection, actor=AGENT, party=WANG, changes={"nickname": "x", name: "y"}, at=AT)
    with pytest.raises(PartyUnknown):
        set_fields(connection, actor=AGENT, party=uuid.UUID(int=99), changes={"nickname": "x"}, at=AT)
    assert value_of(connection, "nickname") is None
    assert connection.execute("SELECT count(*) FROM access_auditentry").fetchone() == (0,)


def test_every_fault_of_a_bulk_change_is_told_and_nothing_is_kept(connection: Connection) -> None:
    changes: dict[uuid.UUID, dict[str, Any]] = {
        WANG: {"nickname": "good", "children": 99},
        LI: {"guardian": uuid.UUID(int=99)},
        FIRM: {"guardian": LI},
        GONE: {"nickname": "merged"},
    }
    told = {WANG: {"children"}, LI: {"guardian"}, FIRM: {"guardian"}, GONE: {"nickname"}}
    foreseen = faults_of(connection, actor=AGENT, changes=changes)
    with pytest.raises(FieldsInvalid) as refused:
        set_fields_of_many(connection, actor=AGENT, changes=changes, at=AT)
    for faults in (foreseen, refused.value.of_party):
        assert {party: set(of_field) for party, of_field in faults.items()} == told
    assert value_of(connection, "nickname") is None


def test_a_change_stands_in_the_history_and_the_audit_trail_and_can_be_taken_back(connection: Connection) -> None:
    set_fields(connection, actor=AGENT, party=WANG, changes={"nickname": "old", "tier": "gold"}, at=AT)
    changes = {WANG: {"nickname": "new", "phone": "+8613900000001"}, LI: {"nickname": "new"}}
    outcome = set_fields_of_many(connection, actor=AGENT, changes=changes, at=AT)
    assert [(each.field, each.before, each.after) for each in outcome.changed if each.party == WANG] == [
        ("nickname", "old", "new"),
        ("phone", None, "+8613900000001"),
    ]
    set_fields(connection, actor=AGENT, party=LI, changes={"nickname": "newer"}, at=AT)
    back = take_back(connection, actor=AGENT, change=outcome.change, at=AT)
    assert [value_of(connection, "nickname"), value_of(connection, "phone")] == ["old", None]
    assert [(each.party, each.field) for each in back.kept] == [(LI, "nickname")]
    assert value_of(connection, "nickname", LI) == "newer"
    actions = [row[0] for row in connection.execute("SELECT action FROM access_auditentry ORDER BY sequence")]
    assert actions == ["set_fields", "set_fields", "set_fields", "take_back_fields"]
    with pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute("DELETE FROM parties_fieldchange")


def test_what_is_so_already_is_no_change(connection: Connection) -> None:
    assert set_fields(connection, actor=AGENT, party=WANG, changes={"name": "王小明"}, at=AT).changed == []
    assert connection.execute("SELECT count(*) FROM access_auditentry").fetchone() == (0,)


def test_a_retired_choice_may_stay_where_it_was(connection: Connection) -> None:
    connection.execute("""UPDATE parties_party SET custom = '{"risk": "odd"}' WHERE id = %s""", [WANG])
    set_fields(connection, actor=AGENT, party=WANG, changes={"risk": "odd"}, at=AT)
    with pytest.raises(FieldsInvalid):
        set_fields(connection, actor=AGENT, party=LI, changes={"risk": "odd"}, at=AT)


def test_a_changed_name_is_found_at_once(connection: Connection) -> None:
    set_fields(connection, actor=AGENT, party=LI, changes={"name": "韩梅梅"}, at=AT)
    statement = "SELECT count(*) FROM parties_partysearch WHERE tokens::text LIKE '%%韩梅梅%%'"
    assert connection.execute(statement).fetchone() == (1,)
