"""Whether a field can be defined so: everything that is wrong, told by the part of the definition where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from guanxi.kernel.money import CURRENCIES
from guanxi.parties.custom_fields import values
from guanxi.parties.custom_fields.builtin import RESERVED
from guanxi.parties.custom_fields.definition import (
    LONGEST_INDEXED,
    LONGEST_TEXT,
    MOST_PLACES,
    FieldDefinition,
    FieldType,
)
from guanxi.parties.custom_fields.errors import ValueRefused
from guanxi.parties.custom_fields.fields_of_subject import fields_of
from guanxi.parties.custom_fields.formula_functions import FUNCTIONS

Faults = dict[str, ValueRefused]

MOST_FIELDS: Final = 200
_MOST_CHOICES: Final = 500
_LONGEST_TITLE: Final = 80
_LONGEST_HELP: Final = 300
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CHOICE: Final = re.compile(r"[^\s,;、，][^,;、，\n]{0,59}")
_ORDERED: Final = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY, FieldType.DATE})
_WITH_CHOICES: Final = frozenset({FieldType.CHOICE, FieldType.CHOICES})
_KINDS: Final = frozenset({"person", "organisation", "staff"})
_WORDS: Final = RESERVED | set(FUNCTIONS) | {"yes", "no"}


def name_fault(name: str) -> ValueRefused | None:
    """What is wrong with a name for a field or a kind of records."""
    if not _NAME.fullmatch(name):
        return ValueRefused("A name begins with a small letter and has small letters, digits and _, at most 40.")
    if name in _WORDS:
        return ValueRefused("“{name}” is a word that is taken already.", name=name)
    return None


def faults_of_definition(
    subject: str, name: str, definition: FieldDefinition, defined: Mapping[str, FieldDefinition]
) -> Faults:
    """What is wrong with `definition` as field `name` beside the other fields of the subject."""
    faults = {part: fault for part, check in _CHECKS for fault in [_fault_of(check, definition)] if fault}
    if not faults:
        faults |= _faults_together(subject, name, {**defined, name: definition})
    return faults


def _fault_of(check: Callable[[FieldDefinition], None], definition: FieldDefinition) -> ValueRefused | None:
    try:
        check(definition)
    except ValueRefused as refused:
        return refused
    return None


def _faults_together(subject: str, name: str, defined: Mapping[str, FieldDefinition]) -> Faults:
    """What shows only when the field stands among the others: its own formula, and those that use it."""
    fields, faults = fields_of(subject, defined)
    found: Faults = {}
    if name in faults:
        found["formula"] = faults[name]
    elif defined[name].searchable and not fields[name].indexable:
        found["searchable"] = ValueRefused("What asks for today, or looks elsewhere, cannot have an index.")
    for other, fault in faults.items():
        if other != name and not found:
            found["type"] = ValueRefused("The formula of “{other}” would not hold: {why}", other=other, why=str(fault))
    return found


def _check_title(definition: FieldDefinition) -> None:
    said = (definition.title.en, definition.title.zh_hans, definition.title.zh_hant)
    if not any(title.strip() for title in said):
        raise ValueRefused("Give it a title in one language at least.")
    if any(len(title) > _LONGEST_TITLE for title in said):
        raise ValueRefused("A title has at most {longest} characters.", longest=_LONGEST_TITLE)


def _check_help(definition: FieldDefinition) -> None:
    said = (definition.help.en, definition.help.zh_hans, definition.help.zh_hant)
    if any(len(text) > _LONGEST_HELP for text in said):
        raise ValueRefused("This has at most {longest} characters.", longest=_LONGEST_HELP)


def _check_kinds(definition: FieldDefinition) -> None:
    if not set(definition.kinds) <= _KINDS:
        raise ValueRefused("There are persons, organisations and members of staff.")


def _check_longest(definition: FieldDefinition) -> None:
    if definition.type is FieldType.TEXT and not 1 <= definition.longest <= LONGEST_TEXT:
        raise ValueRefused("A text has from 1 to {longest} characters.", longest=LONGEST_TEXT)


def _check_places(definition: FieldDefinition) -> None:
    if definition.type is FieldType.DECIMAL and not 0 <= definition.places <= MOST_PLACES:
        raise ValueRefused("A number has from 0 to {most} decimal places.", most=MOST_PLACES)


def _check_currency(definition: FieldDefinition) -> None:
    if definition.type is FieldType.MONEY and definition.currency not in CURRENCIES:
        raise ValueRefused("Choose a currency that the bank keeps.")


def _check_bounds(definition: FieldDefinition) -> None:
    if definition.type not in _ORDERED and (definition.minimum or definition.maximum):
        raise ValueRefused("Only numbers, amounts and dates have bounds.")
    low, high = (_bound(definition, text) for text in (definition.minimum, definition.maximum))
    if low is not None and high is not None and low > high:
        raise ValueRefused("The smallest is above the largest.")


def _bound(definition: FieldDefinition, text: str) -> Any:  # noqa: ANN401 - int, Decimal or date
    if definition.type is FieldType.MONEY and definition.currency not in CURRENCIES:
        return None
    return values.bound(definition, definition.type, text)


def _check_pattern(definition: FieldDefinition) -> None:
    if not definition.pattern:
        return
    if definition.type is not FieldType.TEXT:
        raise ValueRefused("Only a text has a pattern.")
    if len(definition.pattern) > 200:
        raise ValueRefused("This has at most {longest} characters.", longest=200)
    values.pattern_of(definition.pattern)


def _check_choices(definition: FieldDefinition) -> None:
    if definition.type not in _WITH_CHOICES:
        if definition.choices:
            raise ValueRefused("Only a choice has choices.")
        return
    said = [choice.value for choice in definition.choices]
    if not any(not choice.retired for choice in definition.choices):
        raise ValueRefused("Give one choice at least.")
    if len(said) > _MOST_CHOICES:
        raise ValueRefused("A field has at most {most} choices.", most=_MOST_CHOICES)
    for value in said:
        if not _CHOICE.fullmatch(value) or value != value.strip():
            raise ValueRefused("“{value}” cannot be a choice: at most 60 characters, no comma.", value=value[:60])
    _check_told_apart(definition)


def _check_told_apart(definition: FieldDefinition) -> None:
    """A text must mean one choice, by value or by title."""
    meant: dict[str, str] = {}
    for choice in definition.choices:
        for word in {choice.value, choice.title.en, choice.title.zh_hans, choice.title.zh_hant} - {""}:
            if meant.setdefault(word.casefold(), choice.value) != choice.value:
                raise ValueRefused("“{value}” would mean two of the choices.", value=word)
    if len({choice.value for choice in definition.choices}) < len(definition.choices):
        raise ValueRefused("Each choice stands once.")


def _check_formula(definition: FieldDefinition) -> None:
    if definition.type is not FieldType.FORMULA:
        if definition.formula:
            raise ValueRefused("Only a formula has a formula.")
    elif definition.required or definition.edit:
        raise ValueRefused("A formula is worked out; nobody fills it in.")


def _check_searchable(definition: FieldDefinition) -> None:
    if definition.searchable and definition.type is FieldType.TEXT and definition.longest > LONGEST_INDEXED:
        raise ValueRefused("A text that is searched has at most {longest} characters.", longest=LONGEST_INDEXED)


_CHECKS: Final[tuple[tuple[str, Callable[[FieldDefinition], None]], ...]] = (
    ("title", _check_title),
    ("help", _check_help),
    ("kinds", _check_kinds),
    ("longest", _check_longest),
    ("places", _check_places),
    ("currency", _check_currency),
    ("minimum", _check_bounds),
    ("pattern", _check_pattern),
    ("choices", _check_choices),
    ("formula", _check_formula),
    ("searchable", _check_searchable),
)
