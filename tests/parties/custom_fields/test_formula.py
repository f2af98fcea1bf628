"""Formulas: what they come to, what is refused, and that no text of theirs becomes anything but a value."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.kernel.money import Money
from guanxi.parties.custom_fields.definition import FieldDefinition, FieldType, Words
from guanxi.parties.custom_fields.fields_of_subject import fields_of
from guanxi.parties.fields import PARTY, Field, FieldUnknown, ValueRefused, field_for, fields_for, set_fields

from .conftest import AGENT, AT, DEFINITIONS, LI, WANG, define

Connection = psycopg.Connection[Any]
_STORED = {
    name: FieldDefinition(
        type=FieldType(said["type"]),
        title=Words(name),
        currency=said.get("currency", ""),
        choices=(),
    )
    for name, said in DEFINITIONS.items()
}
VALUES = {
    "nickname": "o'老\\王%s",
    "children": 2,
    "share": Decimal("0.3333"),
    "income": Money(Decimal("1000.50"), "CNY"),
    "wedding": dt.date(2012, 2, 29),
    "risk": "high",
    "hobbies": ("tea", "chess"),
    "resident": True,
}


def compiled(formula: str, name: str = "answer", **others: str) -> Field:
    defined = {**_STORED}
    for each, text in {name: formula, **others}.items():
        defined[each] = FieldDefinition(type=FieldType.FORMULA, title=Words(each), formula=text)
    fields, faults = fields_of(PARTY, defined)
    if name in faults:
        raise faults[name]
    return fields[name]


def answer(connection: Connection, field: Field) -> Any:
    row = connection.execute(f"SELECT {field.sql} FROM parties_party party WHERE id = %s", [WANG]).fetchone()
    return field.load(row[0])


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("children * 2 + 1", Decimal(5)),
        ("children / 3", Decimal("0.66666667")),
        ("-children / 0", None),
        ("income / children", Money(Decimal("500.25"), "CNY")),
        ("income / income", Decimal(1)),
        ("income + 100 > 1000 and resident", True),
        ("not resident or children >= 3", False),
        ("1 < children <= 2", True),
        ('"many" if children > 1 else "few"', "many"),
        ('when(risk == "high", 2, 1) + when(risk in ("low", "high"), 10, 20)', Decimal(12)),
        ('nickname + "%s" + "\'; DROP TABLE x; --"', "o'老\\王%s%s'; DROP TABLE x; --"),
        ("length(nickname)", Decimal(7)),
        ('contains(nickname, "老")', True),
        ('begins(plate, "京")', None),
        ('years(wedding, date("2026-02-28"))', Decimal(13)),
        ("days(wedding, wedding + 30)", Decimal(30)),
        ("wedding - 60", dt.date(2011, 12, 31)),
        ("wedding + 999999999999", None),
        ("year(wedding) * 100 + month(wedding)", Decimal(201202)),
        ("text(wedding)", "2012-02-29"),
        ('text(children) + " children"', "2 children"),
        ("round(income / 7, 1)", Money(Decimal("142.90"), "CNY")),
        ('first(plate, nickname, "none")', "o'老\\王%s"),
        ("max(children, 7, share)", Decimal(7)),
        ('has(hobbies, "tea") and not has(hobbies, "golf")', None),
        ("empty(plate)", True),
        ("birth_date", dt.date(1980, 5, 3)),
        ("999999999999999 * 10", None),
        ("resident == yes", True),
    ],
)
def test_a_formula_comes_to_its_value(connection: Connection, formula: str, expected: Any) -> None:
    set_fields(connection, actor=AGENT, party=WANG, changes=VALUES, at=AT)
    if "has(" in formula:
        define(connection, "answer", {"type": "formula", "formula": formula})
        assert answer(connection, field_for(AGENT, "answer", on=connection)) is True
        return
    assert answer(connection, compiled(formula)) == expected


@pytest.mark.parametrize(
    "formula",
    [
        *("", "1 +", "((((", "x" * 2000, "+".join(["1"] * 300), "(" * 300 + "1" + ")" * 300),
        *(
            "__import__('os')",
            "name.upper()",
            "[x for x in name]",
            "lambda: 1",
            "name[0]",
            "f'{name}'",
            "children ** 9",
        ),
        *("unknown + 1", "income + children", "income * income", "name > 1", 'name > "a"', "children and resident"),
        *("name + 1", "birth_date + birth_date", "nothing(1)", "round(share, children)", "when(1, 2, 3)", "date(name)"),
        *("today", "hobbies", "b'x'", "None", "children is None", "1 in children", "1e999", "years(1, 2)", "'\\x00'"),
        *("resident if resident else 1", "round(children, 9)", "min(children)", "first()", "today(1)"),
    ],
)
def test_what_is_no_formula_is_refused_with_a_reason(formula: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        compiled(formula)
    assert str(refused.value).strip()


def test_a_choice_that_there_is_not_is_noticed(connection: Connection) -> None:
    define(connection, "answer", {"type": "formula", "formula": 'tier == "golden"'})
    with pytest.raises(FieldUnknown):
        field_for(AGENT, "answer", on=connection)


def test_formulas_use_formulas_but_never_in_a_circle() -> None:
    assert compiled("double + 1", double="children * 2").type is FieldType.DECIMAL
    with pytest.raises(ValueRefused, match="answer → one → two → answer"):
        compiled("one + 1", one="two + 1", two="answer + 1")
    with pytest.raises(ValueRefused, match="answer → answer"):
        compiled("answer + 1")
    grown = {f"f{number}": f"f{number + 1} + f{number + 1}" for number in range(1, 30)}
    with pytest.raises(ValueRefused, match="too long"):
        compiled("f1 + f1", **grown, f30="children")


def test_what_asks_for_today_cannot_be_indexed() -> None:
    assert not compiled("years(birth_date, today())").indexable
    assert not compiled('begins(phone, "+86")').indexable
    assert compiled("years(birth_date, wedding)").indexable


def test_a_formula_tells_nobody_what_they_may_not_see(connection: Connection) -> None:
    define(connection, "loud", {"type": "formula", "formula": "length(secret)"})
    assert "loud" not in {field.name for field in fields_for(AGENT, on=connection)}


def test_a_formula_is_filtered_and_sorted_by_like_a_field(connection: Connection) -> None:
    define(connection, "twice", {"type": "formula", "formula": "children * 2"})
    set_fields(connection, actor=AGENT, party=WANG, changes={"children": 4}, at=AT)
    set_fields(connection, actor=AGENT, party=LI, changes={"children": 3}, at=AT)
    field = field_for(AGENT, "twice", on=connection)
    asked = field.filter_sql("at_least", field.operand("at_least", ["5"]))
    statement = f"SELECT id, {field.sql} FROM parties_party party WHERE {asked.sql} ORDER BY {field.sort_sql}"
    rows = connection.execute(statement, asked.parameters).fetchall()
    assert [(row[0], field.show(field.load(row[1]), "en")) for row in rows] == [(LI, "6"), (WANG, "8")]


_NUMBERS = st.decimals(min_value=-(10**7), max_value=10**7, places=4, allow_nan=False)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(left=_NUMBERS, right=_NUMBERS, sign=st.sampled_from("+-*/"))
def test_arithmetic_is_exact_to_eight_places(connection: Connection, left: Decimal, right: Decimal, sign: str) -> None:
    reckon = {"+": left + right, "-": left - right, "*": left * right, "/": left / right if right else None}[sign]
    expected = None if reckon is None else reckon.quantize(Decimal("1e-8"), ROUND_HALF_UP)
    field = compiled(f"({left:f}) {sign} ({right:f})")
    assert answer(connection, field) == expected


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40))
def test_a_text_in_a_formula_stays_the_text_that_it_is(connection: Connection, text: str) -> None:
    assert (answer(connection, compiled(f"text({text!r})")) or "") == text
