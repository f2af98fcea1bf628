"""The one registry of fields: whatever shows, asks, writes, imports or exports a value of a party goes by it.

Fields that are built in and fields that were defined on screen are described alike, by `Field`:

    fields = fields_for(staff)                       # what this member of staff may see, in the order of forms
    field = field_for(staff, "birth_date")           # one of them; `FieldUnknown` when there is none to be seen
    field.title("zh-hans"), field.type, field.choices, field.required, field.editable, field.operators
    value = field.parse("2026-05-03")                # from a form or a file; `ValueRefused` says why not
    field.show(value, "zh-hans")                     # for people
    field.write(value)                               # for an input or a cell: `parse` takes it back
    field.store(value)                               # for JSON: the API, the history

A value is `str`, `int`, `Decimal`, `Money`, `date`, `bool`, a tuple of choices, a party's `UUID`, or `None` for none.

Queries name the party's row `party`. Select `field.sql` and hand what comes to `field.load`; order by
`field.sort_sql` (empty where there is no order); filter by `field.filter_sql(operator, value)`, which gives an
expression and its parameters for psycopg (`%s`), with the operators of `custom_fields.conditions.Operator`:

    condition = field.filter_sql("at_least", field.operand("at_least", ["2000-01-01"]))
    f"SELECT party.id, {field.sql} FROM parties_party party
      WHERE party.merged_into_id IS NULL AND {condition.sql} ORDER BY {field.sort_sql}, party.id LIMIT 50"

Values are written by `set_fields` alone, and by `set_fields_of_many` for a bulk edit or an import: checked, kept in the
history, audited, in the caller's transaction. What was written together is taken back together by `take_back`.

All of it works on a psycopg connection without Django; in the office `on` may be left out for Django's own connection,
and `staff` may be given for an `Editor`. `set_fields` takes the connection first: `present_connection()` in the office.
"""

from __future__ import annotations

from guanxi.parties.custom_fields.conditions import OPERATORS, Condition, Operator
from guanxi.parties.custom_fields.definition import Choice, FieldDefinition, FieldType, Words
from guanxi.parties.custom_fields.errors import (
    FieldNotEditable,
    FieldsError,
    FieldsInvalid,
    FieldUnknown,
    ValueRefused,
)
from guanxi.parties.custom_fields.field import PARTY, Field
from guanxi.parties.custom_fields.registry import EVERYTHING, Editor, all_fields, editor_of, field_for, fields_for
from guanxi.parties.custom_fields.values import Value
from guanxi.parties.custom_fields.writing import (
    Changed,
    Outcome,
    faults_of,
    set_fields,
    set_fields_of_many,
    take_back,
)

__all__ = [
    "EVERYTHING",
    "OPERATORS",
    "PARTY",
    "Changed",
    "Choice",
    "Condition",
    "Editor",
    "Field",
    "FieldDefinition",
    "FieldNotEditable",
    "FieldType",
    "FieldUnknown",
    "FieldsError",
    "FieldsInvalid",
    "Operator",
    "Outcome",
    "Value",
    "ValueRefused",
    "Words",
    "all_fields",
    "editor_of",
    "faults_of",
    "field_for",
    "fields_for",
    "set_fields",
    "set_fields_of_many",
    "take_back",
]
