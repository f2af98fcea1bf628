"""From definitions to fields: where values stand, what formulas come to, and in which order."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Final

import msgspec

from guanxi.parties.custom_fields.builtin import BUILTIN
from guanxi.parties.custom_fields.definition import FieldDefinition, FieldType
from guanxi.parties.custom_fields.errors import ValueRefused
from guanxi.parties.custom_fields.field import PARTY, Field
from guanxi.parties.custom_fields.formula import names_in, translate
from guanxi.storage.configuration import configuration

NOBODY: Final = "nobody"  # a role that no one has
_SQL: Final = {
    FieldType.TEXT: """(({json}->>'{name}') COLLATE "C")""",
    FieldType.INTEGER: "(({json}->>'{name}')::bigint)",
    FieldType.DECIMAL: "(({json}->>'{name}')::numeric)",
    FieldType.MONEY: "(({json}->>'{name}')::numeric)",
    FieldType.DATE: "parties_iso_date({json}->>'{name}')",
    FieldType.BOOLEAN: "(({json}->>'{name}')::boolean)",
    FieldType.CHOICES: "({json}->'{name}')",
    FieldType.PARTY: "(({json}->>'{name}')::uuid)",
}


def fields_of(
    subject: str, defined: Mapping[str, FieldDefinition], row: str = ""
) -> tuple[dict[str, Field], dict[str, ValueRefused]]:
    """The fields of a subject by name, in order, and what is wrong with the formulas that are not among them.

    `row` is what SQL calls the row: `party` or `record` if nothing else is said.
    """
    row = row or ("party" if subject == PARTY else "record")
    found = {field.name: _of_row(field, row) for field in BUILTIN} if subject == PARTY else {}
    for name, definition in defined.items():
        if definition.type is not FieldType.FORMULA:
            found[name] = _stored(subject, name, definition, row)
    faults: dict[str, ValueRefused] = {}
    for name, definition in defined.items():
        if definition.type is FieldType.FORMULA:
            try:
                _add_formula(subject, name, defined, found, ())
            except ValueRefused as refused:
                faults[name] = refused
    first = [name for name in found if name not in defined]
    last = sorted((name for name in found if name in defined), key=lambda name: (defined[name].position, name))
    return {name: found[name] for name in (*first, *last)}, faults


def _of_row(field: Field, row: str) -> Field:
    """A built-in field of a row by another name; its SQL has no texts in which that name could stand."""
    return field if row == "party" else dataclasses.replace(field, sql=field.sql.replace("party.", f"{row}."))


def _stored(subject: str, name: str, definition: FieldDefinition, row: str) -> Field:
    """A field whose values stand in the JSON of its row. Its SQL is immutable, so that it can be indexed."""
    json = f"{row}.custom" if subject == PARTY else f"{row}.values"
    sql = _SQL.get(definition.type, _SQL[FieldType.TEXT]).format(json=json, name=name)
    return Field(name, definition, definition.type, sql, editable=True, subject=subject)


def _add_formula(
    subject: str,
    name: str,
    defined: Mapping[str, FieldDefinition],
    found: dict[str, Field],
    path: tuple[str, ...],
) -> None:
    """Add a formula to `found`, after the formulas that it uses."""
    if name in path:
        circle = " → ".join((*path[path.index(name) :], name))
        raise ValueRefused("This goes in a circle: {circle}", circle=circle)
    definition = defined[name]
    for used in sorted(names_in(definition.formula)):
        if used in defined and defined[used].type is FieldType.FORMULA and used not in found:
            _add_formula(subject, used, defined, found, (*path, name))
    formula = translate(definition.formula, found, time_zone=configuration().bank_time_zone)
    see = _seen_by([definition.see, *(found[used].definition.see for used in formula.names)])
    told = msgspec.structs.replace(definition, currency=formula.currency, places=8, required=False, see=see)
    found[name] = Field(name, told, formula.type, formula.sql, subject=subject, indexable=formula.indexable)


def _seen_by(rules: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Who may see all of these: a formula tells nobody what they may not see in the fields that it uses."""
    said = [set(rule) for rule in rules if rule]
    if not said:
        return ()
    return tuple(sorted(set.intersection(*said))) or (NOBODY,)
