"""The functions that formulas have. Each takes the bank's time zone and its arguments, checked as it uses them."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Sequence
from typing import Final

from guanxi.parties.custom_fields.definition import FieldType
from guanxi.parties.custom_fields.errors import ValueRefused
from guanxi.parties.custom_fields.formula_pieces import (
    BOOLEAN,
    NUMBER,
    TEXT,
    Piece,
    need,
    same_kind,
    text_literal,
    together,
)

Function = Callable[[str, Sequence[Piece]], Piece]

_DATE: Final = FieldType.DATE
_MONEY: Final = FieldType.MONEY
_MOST_ROUNDED: Final = 8


def _takes(arguments: Sequence[Piece], *kinds: tuple[FieldType, ...]) -> None:
    """`ValueRefused` unless there is an argument for each of `kinds`, and of it."""
    if len(arguments) != len(kinds):
        raise ValueRefused("This function takes {number} values.", number=len(kinds))
    for argument, allowed in zip(arguments, kinds, strict=True):
        need(argument, *allowed)


def _simple(template: str, result: FieldType, *kinds: FieldType) -> Function:
    """A function that is an SQL expression over its arguments."""

    def function(time_zone: str, arguments: Sequence[Piece]) -> Piece:  # noqa: ARG001 - functions share one signature
        _takes(arguments, *((kind,) for kind in kinds))
        return together(template.format(*(argument.sql for argument in arguments)), result, *arguments)

    return function


def _today(time_zone: str, arguments: Sequence[Piece]) -> Piece:
    _takes(arguments)
    return Piece(f"(now() AT TIME ZONE {text_literal(time_zone)})::date", _DATE, immutable=False)


def _when(time_zone: str, arguments: Sequence[Piece]) -> Piece:  # noqa: ARG001 - as above
    if len(arguments) != 3:
        raise ValueRefused("This function takes {number} values.", number=3)
    test, then, otherwise = arguments
    need(test, BOOLEAN)
    same_kind(then, otherwise)
    sql = f"(CASE WHEN {test.sql} THEN {then.sql} ELSE {otherwise.sql} END)"
    return _like(then, otherwise, together(sql, then.kind, test, then, otherwise))


def _first(time_zone: str, arguments: Sequence[Piece]) -> Piece:  # noqa: ARG001 - as above
    return _of_several("COALESCE", arguments, arguments[0].kind if arguments else NUMBER)


def _extreme(name: str, time_zone: str, arguments: Sequence[Piece]) -> Piece:  # noqa: ARG001 - as above
    return _of_several(name, arguments, NUMBER, _MONEY, _DATE)


def _of_several(name: str, arguments: Sequence[Piece], *kinds: FieldType) -> Piece:
    if len(arguments) < 2:
        raise ValueRefused("This function takes two values or more.")
    for argument in arguments:
        need(argument, *kinds, *((NUMBER,) if _MONEY in kinds else ()))
        same_kind(arguments[0], argument)
    piece = together(f"{name}({', '.join(argument.sql for argument in arguments)})", arguments[0].kind, *arguments)
    return _like(*arguments, piece)


def _like(*pieces: Piece) -> Piece:
    """The last piece, as an amount if one of those before is one."""
    *parts, made = pieces
    amounts = [part for part in parts if part.kind is _MONEY]
    return made._replace(kind=_MONEY, currency=amounts[0].currency) if amounts else made


def _round(time_zone: str, arguments: Sequence[Piece]) -> Piece:  # noqa: ARG001 - as above
    if len(arguments) == 1:
        arguments = [*arguments, Piece("0::numeric", NUMBER)]
    _takes(arguments, (NUMBER, _MONEY), (NUMBER,))
    value, places = arguments
    number = places.sql.removesuffix("::numeric")
    if not number.isdecimal() or int(number) > _MOST_ROUNDED:
        raise ValueRefused("Round to a number of places from 0 to {most}.", most=_MOST_ROUNDED)
    return value._replace(sql=f"round({value.sql}, {int(number)})", literal=None)


def _of_number(name: str, time_zone: str, arguments: Sequence[Piece]) -> Piece:  # noqa: ARG001 - as above
    _takes(arguments, (NUMBER, _MONEY))
    return arguments[0]._replace(sql=f"{name}({arguments[0].sql})")


def _empty(time_zone: str, arguments: Sequence[Piece]) -> Piece:  # noqa: ARG001 - as above
    if len(arguments) != 1:
        raise ValueRefused("This function takes {number} values.", number=1)
    return together(f"({arguments[0].sql} IS NULL)", BOOLEAN, *arguments)


def _text(time_zone: str, arguments: Sequence[Piece]) -> Piece:  # noqa: ARG001 - as above
    _takes(arguments, (NUMBER, _MONEY, TEXT, _DATE))
    piece = arguments[0]
    shown = {
        _DATE: "(lpad(extract(year FROM {0})::text, 4, '0') || '-' || lpad(extract(month FROM {0})::text, 2, '0')"
        " || '-' || lpad(extract(day FROM {0})::text, 2, '0'))",
        TEXT: "{0}",
    }
    return together(shown.get(piece.kind, "trim_scale({0})::text").format(piece.sql), TEXT, piece)


def _date(time_zone: str, arguments: Sequence[Piece]) -> Piece:  # noqa: ARG001 - as above
    said = arguments[0].literal if len(arguments) == 1 else None
    try:
        day = dt.date.fromisoformat(said or "")
    except ValueError:
        raise ValueRefused('Write a date as date("2026-05-03").') from None
    return Piece(f"make_date({day.year}, {day.month}, {day.day})", _DATE)


def _has(time_zone: str, arguments: Sequence[Piece]) -> Piece:  # noqa: ARG001 - as above
    _takes(arguments, (FieldType.CHOICES,), (TEXT,))
    field, wanted = arguments
    if wanted.literal is None or wanted.literal not in field.choices:
        raise ValueRefused("“{value}” is none of the choices.", value=wanted.literal or "")
    return together(f"(COALESCE({field.sql}, '[]'::jsonb) @> jsonb_build_array({wanted.sql}))", BOOLEAN, field, wanted)


FUNCTIONS: Final[dict[str, Function]] = {
    "today": _today,
    "date": _date,
    "year": _simple("extract(year FROM {0})", NUMBER, _DATE),
    "month": _simple("extract(month FROM {0})", NUMBER, _DATE),
    "day": _simple("extract(day FROM {0})", NUMBER, _DATE),
    "years": _simple("parties_years_between({0}, {1})", NUMBER, _DATE, _DATE),
    "days": _simple("({1} - {0})::numeric", NUMBER, _DATE, _DATE),
    "when": _when,
    "first": _first,
    "empty": _empty,
    "min": functools.partial(_extreme, "LEAST"),
    "max": functools.partial(_extreme, "GREATEST"),
    "abs": functools.partial(_of_number, "abs"),
    "floor": functools.partial(_of_number, "floor"),
    "ceil": functools.partial(_of_number, "ceil"),
    "round": _round,
    "text": _text,
    "length": _simple("length({0})::numeric", NUMBER, TEXT),
    "contains": _simple("(strpos({0}, {1}) > 0)", BOOLEAN, TEXT, TEXT),
    "begins": _simple("starts_with({0}, {1})", BOOLEAN, TEXT, TEXT),
    "has": _has,
}
