"""Defining fields: what is refused, versions to go back to, values that survive removal and a change of type."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest

from guanxi.parties.custom_fields.defining import (
    Said,
    change_field,
    create_field,
    preview_change,
    remove_field,
    restore_field,
    roll_back_field,
    standing,
)
from guanxi.parties.custom_fields.definition import FieldDefinition
from guanxi.parties.custom_fields.errors import DefinitionChanged, DefinitionInvalid
from guanxi.parties.fields import FieldUnknown, field_for, fields_for, set_fields, set_fields_of_many

from .conftest import AGENT, AT, FIRM, LI, WANG

Connection = psycopg.Connection[Any]
SAID = Said("staff:sun", "as agreed", AT)


def definition(**said: Any) -> FieldDefinition:
    return msgspec.convert({"title": {"en": "A field"}, **said}, FieldDefinition)


def value_of(connection: Connection, name: str, party: uuid.UUID = WANG) -> Any:
    field = field_for(AGENT, name, on=connection)
    row = connection.execute(f"SELECT {field.sql} FROM parties_party party WHERE id = %s", [party]).fetchone()
    return field.load(row[0])


@pytest.mark.parametrize(
    ("part", "name", "said"),
    [
        ("name", "Plate", {"type": "text"}),
        ("name", "birth_date", {"type": "text"}),
        ("name", "lambda", {"type": "text"}),
        ("name", "round", {"type": "text"}),
        ("name", "nickname", {"type": "text"}),
        ("title", "new", {"type": "text", "title": {}}),
        ("longest", "new", {"type": "text", "longest": 5000}),
        ("places", "new", {"type": "decimal", "places": 9}),
        ("currency", "new", {"type": "money", "currency": "XXX"}),
        ("minimum", "new", {"type": "integer", "minimum": "9", "maximum": "1"}),
        ("minimum", "new", {"type": "date", "minimum": "tomorrow"}),
        ("minimum", "new", {"type": "text", "minimum": "1"}),
        ("pattern", "new", {"type": "text", "pattern": "(?=x)"}),
        ("pattern", "new", {"type": "text", "pattern": "(a"}),
        ("choices", "new", {"type": "choice"}),
        ("choices", "new", {"type": "choice", "choices": [{"value": "a,b"}]}),
        ("choices", "new", {"type": "choice", "choices": [{"value": "a"}, {"value": "A"}]}),
        ("formula", "new", {"type": "formula", "formula": "new + 1"}),
        ("formula", "new", {"type": "formula", "formula": "unknown + 1"}),
        ("formula", "new", {"type": "formula", "formula": "1", "required": True}),
        ("searchable", "new", {"type": "text", "longest": 1000, "searchable": True}),
        ("searchable", "new", {"type": "formula", "formula": "years(birth_date, today())", "searchable": True}),
    ],
)
def test_a_bad_definition_is_refused_where_it_is_bad(
    connection: Connection, part: str, name: str, said: dict[str, Any]
) -> None:
    with pytest.raises(DefinitionInvalid) as refused:
        create_field(connection, "", name, definition(**said), SAID)
    assert list(refused.value.faults) == [part]
    assert connection.execute("SELECT count(*) FROM access_auditentry").fetchone() == (0,)


def test_a_field_is_there_for_everybody_as_soon_as_it_is_defined(connection: Connection) -> None:
    create_field(connection, "", "shoe_size", definition(type="integer"), SAID)
    set_fields(connection, actor=AGENT, party=WANG, changes={"shoe_size": 43}, at=AT)
    assert value_of(connection, "shoe_size") == 43
    row = connection.execute("SELECT actor, action, subject FROM access_auditentry ORDER BY sequence").fetchone()
    assert row == ("staff:sun", "define_field", "field:party.shoe_size")


def test_a_removed_field_comes_back_with_its_values(connection: Connection) -> None:
    set_fields(connection, actor=AGENT, party=WANG, changes={"nickname": "老王"}, at=AT)
    remove_field(connection, "", "nickname", SAID, from_version=1)
    assert "nickname" not in {field.name for field in fields_for(AGENT, on=connection)}
    with pytest.raises(DefinitionInvalid, match="was, a field"):
        create_field(connection, "", "nickname", definition(type="integer"), SAID)
    restore_field(connection, "", "nickname", SAID, from_version=2)
    assert value_of(connection, "nickname") == "老王"


def test_what_a_formula_uses_is_not_removed_and_keeps_a_type_that_it_can_use(connection: Connection) -> None:
    create_field(connection, "", "twice", definition(type="formula", formula="children * 2"), SAID)
    with pytest.raises(DefinitionInvalid, match="twice"):
        remove_field(connection, "", "children", SAID, from_version=1)
    with pytest.raises(DefinitionInvalid, match="twice"):
        change_field(connection, "", "children", definition(type="text"), SAID, from_version=1)


def test_a_type_changes_only_when_every_value_can_follow(connection: Connection) -> None:
    values = {WANG: {"nickname": "12"}, LI: {"nickname": "0.5"}, FIRM: {"nickname": "zwölf"}}
    set_fields_of_many(connection, actor=AGENT, changes=values, at=AT)
    number = definition(type="decimal", places=2)
    seen = preview_change(connection, "", "nickname", number)
    assert (seen.number, seen.refused, seen.examples[0].value) == (3, 1, "zwölf")
    with pytest.raises(DefinitionInvalid, match="1 of 3 values") as refused:
        change_field(connection, "", "nickname", number, SAID, from_version=1)
    assert list(refused.value.faults) == ["type"]
    set_fields(connection, actor=AGENT, party=FIRM, changes={"nickname": "12"}, at=AT)
    change_field(connection, "", "nickname", number, SAID, from_version=1)
    assert [value_of(connection, "nickname", party) for party in (WANG, LI)] == [Decimal(12), Decimal("0.5")]
    change_field(connection, "", "nickname", definition(type="text"), SAID, from_version=2)
    assert value_of(connection, "nickname") == "12"


def test_an_earlier_version_can_be_gone_back_to_but_not_past_somebody_else(connection: Connection) -> None:
    before = standing(connection, "", "risk").definition
    more = definition(type="choice", choices=[{"value": "low"}, {"value": "high"}, {"value": "odd"}, {"value": "new"}])
    change_field(connection, "", "risk", more, SAID, from_version=1)
    with pytest.raises(DefinitionChanged):
        change_field(connection, "", "risk", before, SAID, from_version=1)
    set_fields(connection, actor=AGENT, party=WANG, changes={"risk": "new"}, at=AT)
    with pytest.raises(DefinitionInvalid, match="none of the choices"):
        roll_back_field(connection, "", "risk", SAID, to_version=1, from_version=2)
    set_fields(connection, actor=AGENT, party=WANG, changes={"risk": "low"}, at=AT)
    roll_back_field(connection, "", "risk", SAID, to_version=1, from_version=2)
    assert standing(connection, "", "risk").definition == before
    with pytest.raises(FieldUnknown):
        roll_back_field(connection, "", "risk", SAID, to_version=9, from_version=3)


def test_conversions_stand_in_the_history(connection: Connection) -> None:
    set_fields(connection, actor=AGENT, party=WANG, changes={"resident": True}, at=AT)
    change_field(connection, "", "resident", definition(type="text"), SAID, from_version=1)
    rows = connection.execute("SELECT before::text, after::text FROM parties_fieldchange ORDER BY id").fetchall()
    assert rows == [(None, "true"), ("true", '"yes"')]
    assert value_of(connection, "resident") == "yes"
