"""What a filter asks of a field, as SQL. Texts compare by code point (`COLLATE "C"`): so a prefix uses an index."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec

from guanxi.kernel.money import Money
from guanxi.parties.custom_fields.definition import FieldType
from guanxi.parties.custom_fields.errors import ValueRefused


class Operator(StrEnum):
    """How a value is compared."""

    IS = "is"
    IS_NOT = "is_not"  # also true where there is no value
    IN = "in"
    CONTAINS = "contains"
    BEGINS = "begins"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    BETWEEN = "between"  # both ends included
    HAS = "has"  # any of these choices
    HAS_ALL = "has_all"
    LACKS = "lacks"  # none of these choices
    EMPTY = "empty"
    FILLED = "filled"


class Condition(NamedTuple):
    """A boolean SQL expression with `%s` for each parameter, as psycopg has them."""

    sql: str
    parameters: tuple[Any, ...] = ()


_KNOWN: Final = (Operator.EMPTY, Operator.FILLED)
_SAME: Final = (Operator.IS, Operator.IS_NOT, Operator.IN)
_ORDER: Final = (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST, Operator.BETWEEN)
OPERATORS: Final[dict[FieldType, tuple[Operator, ...]]] = {
    FieldType.TEXT: (Operator.CONTAINS, Operator.BEGINS, *_SAME, *_KNOWN),
    FieldType.INTEGER: (*_SAME, *_ORDER, *_KNOWN),
    FieldType.DECIMAL: (*_SAME, *_ORDER, *_KNOWN),
    FieldType.MONEY: (*_SAME, *_ORDER, *_KNOWN),
    FieldType.DATE: (*_SAME, *_ORDER, *_KNOWN),
    FieldType.BOOLEAN: (Operator.IS, Operator.IS_NOT, *_KNOWN),
    FieldType.CHOICE: (*_SAME, *_KNOWN),
    FieldType.CHOICES: (Operator.HAS, Operator.HAS_ALL, Operator.LACKS, *_KNOWN),
    FieldType.PARTY: (*_SAME, *_KNOWN),
}
LISTED: Final = frozenset({Operator.IN, Operator.HAS, Operator.HAS_ALL, Operator.LACKS})
_COMPARE: Final = {
    Operator.IS: "{sql} = {value}",
    Operator.IS_NOT: "{sql} IS DISTINCT FROM {value}",
    Operator.LESS: "{sql} < {value}",
    Operator.AT_MOST: "{sql} <= {value}",
    Operator.MORE: "{sql} > {value}",
    Operator.AT_LEAST: "{sql} >= {value}",
    Operator.IN: "{sql} = ANY({value}[])",
    Operator.BEGINS: "{sql} LIKE {value}",
    Operator.CONTAINS: "{sql} ILIKE {value}",
}
CASTS: Final = {
    FieldType.INTEGER: "bigint",
    FieldType.DECIMAL: "numeric",
    FieldType.MONEY: "numeric",
    FieldType.DATE: "date",
    FieldType.BOOLEAN: "boolean",
    FieldType.PARTY: "uuid",
}


def comparison(kind: FieldType, sql: str, operator: Operator, value: Any) -> Condition:  # noqa: ANN401 - by its type
    """Whether `sql`, of type `kind`, compares so with `value` (a tuple where the operator takes several)."""
    if operator not in OPERATORS[kind]:
        raise ValueRefused("This field cannot be asked “{operator}”.", operator=operator.value)
    if operator in _KNOWN:
        return _known(kind, sql, filled=operator is Operator.FILLED)
    if operator is Operator.BETWEEN:
        cast = CASTS[kind]
        low, high = (_bare(each) for each in value)
        return Condition(f"({sql} >= %s::{cast} AND {sql} <= %s::{cast})", (low, high))
    if kind is FieldType.CHOICES:
        return _of_choices(sql, operator, tuple(value))
    bare = [_bare(each) for each in value] if operator is Operator.IN else _bare(value)
    if operator in {Operator.BEGINS, Operator.CONTAINS}:
        bare = ("%" if operator is Operator.CONTAINS else "") + _escaped(str(bare)) + "%"
    return Condition(_COMPARE[operator].format(sql=sql, value=f"%s::{CASTS.get(kind, 'text')}"), (bare,))


def _known(kind: FieldType, sql: str, *, filled: bool) -> Condition:
    empty = {
        FieldType.CHOICES: f"COALESCE({sql}, '[]'::jsonb) = '[]'::jsonb",
        FieldType.TEXT: f"COALESCE({sql}, '') = ''",
    }
    asked = empty.get(kind, f"{sql} IS NULL")
    if kind is FieldType.CHOICE:
        asked = empty[FieldType.TEXT]
    return Condition(f"NOT ({asked})" if filled else f"({asked})")


def _of_choices(sql: str, operator: Operator, values: Sequence[str]) -> Condition:
    """Each choice is asked for by `@>`, which the field's index answers."""
    if operator is Operator.HAS_ALL:
        return Condition(f"{sql} @> %s::jsonb", (msgspec.json.encode(list(values)).decode(),))
    any_of = " OR ".join(f"{sql} @> %s::jsonb" for _ in values) or "false"
    parameters = tuple(msgspec.json.encode([value]).decode() for value in values)
    if operator is Operator.LACKS:
        return Condition(f"({any_of}) IS NOT TRUE", parameters)
    return Condition(f"({any_of})", parameters)


def _bare(value: Any) -> Any:  # noqa: ANN401 - by its type
    return value.amount if isinstance(value, Money) else value


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
