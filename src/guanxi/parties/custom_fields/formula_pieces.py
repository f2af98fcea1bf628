"""The pieces that formulas are put together from: an SQL expression and what is known of it."""

from __future__ import annotations

from typing import Final, NamedTuple

from guanxi.parties.custom_fields.definition import FieldType
from guanxi.parties.custom_fields.errors import ValueRefused

NUMBER: Final = FieldType.DECIMAL
TEXT: Final = FieldType.TEXT
BOOLEAN: Final = FieldType.BOOLEAN
_LONGEST_SQL: Final = 20_000
_ESCAPED: Final = str.maketrans({"'": "''", "\\": "\\\\", "%": "\\0025"})
_NAMES: Final = {
    FieldType.DECIMAL: "a number",
    FieldType.MONEY: "an amount",
    FieldType.TEXT: "a text",
    FieldType.BOOLEAN: "yes or no",
    FieldType.DATE: "a date",
    FieldType.CHOICES: "several choices",
    FieldType.PARTY: "a customer",
}


class Piece(NamedTuple):
    """An SQL expression, its type, and what it is made of."""

    sql: str
    kind: FieldType
    currency: str = ""
    names: frozenset[str] = frozenset()
    immutable: bool = True
    choices: tuple[str, ...] = ()  # of a field with choices
    literal: str | None = None


def together(sql: str, kind: FieldType, *pieces: Piece, currency: str = "") -> Piece:
    """A piece made of others."""
    names = frozenset().union(*(piece.names for piece in pieces))
    return sized(Piece(sql, kind, currency, names, all(piece.immutable for piece in pieces)))


def sized(piece: Piece) -> Piece:
    """The piece, unless it has grown beyond what is worked out in no time."""
    if len(piece.sql) > _LONGEST_SQL:
        raise ValueRefused("This formula, with the formulas that it uses, is too long.")
    return piece


def rounded(sql: str) -> str:
    """Numbers have eight places, halves away from zero."""
    return f"round({sql}, 8)"


def need(piece: Piece, *kinds: FieldType) -> Piece:
    """The piece, if it is of one of these kinds."""
    if piece.kind not in kinds:
        wanted = " or ".join(_NAMES[kind] for kind in kinds)
        raise ValueRefused("Here {wanted} is needed, and this is {found}.", wanted=wanted, found=_NAMES[piece.kind])
    return piece


def same_kind(left: Piece, right: Piece) -> None:
    """`ValueRefused` unless the two can be compared or added: of one type, one currency, and of the field's choices."""
    if left.kind is not right.kind and not _money_with_zero(left, right):
        raise ValueRefused("{left} and {right} do not go together.", left=_NAMES[left.kind], right=_NAMES[right.kind])
    if left.currency and right.currency and left.currency != right.currency:
        raise ValueRefused("{left} and {right} do not go together.", left=left.currency, right=right.currency)
    for field, other in ((left, right), (right, left)):
        if field.choices and other.literal is not None and other.literal not in field.choices:
            raise ValueRefused("“{value}” is none of the choices.", value=other.literal)


def _money_with_zero(left: Piece, right: Piece) -> bool:
    """An amount may be held against a plain number: income > 5000."""
    return {left.kind, right.kind} == {NUMBER, FieldType.MONEY} and not (left.names and right.names)


def text_literal(text: str) -> str:
    """A text in SQL, without the sign that a driver takes for a parameter (Unicode escape, SQL:2003 U&'...')."""
    if "\x00" in text:
        raise ValueRefused("This has characters that cannot be kept.")
    return f"(U&'{text.translate(_ESCAPED)}')"
