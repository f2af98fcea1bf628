"""Formulas: a small typed language in Python's syntax, read with `ast` and turned into one SQL expression.

Nothing is ever evaluated here: PostgreSQL works the value out wherever the field is selected, filtered or sorted by, so
a formula is as fast as a column and can be indexed when it does not ask what day it is. What is empty stays empty (as
NULL does), a division by zero is empty, numbers are exact and rounded half up to eight places.

    years(birth_date, today()) >= 60 and tier in ("gold", "diamond")
    round(income / first(children, 1), 2) if income > 0 else 0

Length, nodes and the length of the SQL are bounded, which bounds the time that a value takes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from guanxi.parties.custom_fields.definition import FieldType
from guanxi.parties.custom_fields.errors import ValueRefused
from guanxi.parties.custom_fields.field import Field
from guanxi.parties.custom_fields.formula_functions import FUNCTIONS
from guanxi.parties.custom_fields.formula_pieces import (
    BOOLEAN,
    NUMBER,
    TEXT,
    Piece,
    need,
    rounded,
    same_kind,
    sized,
    text_literal,
    together,
)

_LONGEST: Final = 1000
_MOST_NODES: Final = 200
_ARITHMETIC: Final = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARE: Final = {ast.Eq: "=", ast.NotEq: "<>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_NUMBERS: Final = {FieldType.INTEGER, FieldType.DECIMAL}
_TEXTS: Final = {FieldType.TEXT, FieldType.CHOICE}


class Formula(NamedTuple):
    """What a formula comes to."""

    sql: str
    type: FieldType
    currency: str
    indexable: bool
    names: frozenset[str]  # of the fields that it uses


def names_in(text: str) -> frozenset[str]:
    """The fields that a formula speaks of; `ValueRefused` when it cannot be read."""
    tree = _read(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called)


def translate(text: str, fields: Mapping[str, Field], *, time_zone: str) -> Formula:
    """A formula over `fields` as SQL; `ValueRefused` says what is wrong with it. `time_zone` decides what today is."""
    piece = sized(_Translator(fields, time_zone).of(_read(text).body))
    sql = f"trim_scale(parties_bounded({piece.sql}))" if piece.kind in {NUMBER, FieldType.MONEY} else piece.sql
    if piece.kind is TEXT:
        sql = f'(left({piece.sql}, 400) COLLATE "C")'
    if piece.kind not in {NUMBER, FieldType.MONEY, TEXT, BOOLEAN, FieldType.DATE}:
        raise ValueRefused("A formula gives a number, an amount, a text, a date, or yes or no.")
    return Formula(sql, piece.kind, piece.currency, piece.immutable, piece.names)


def _read(text: str) -> ast.Expression:
    if len(text) > _LONGEST:
        raise ValueRefused("A formula has at most {longest} characters.", longest=_LONGEST)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueRefused(
            "This cannot be read at character {place}: {reason}", place=error.offset or 1, reason=error.msg
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise ValueRefused("This cannot be read as a formula.") from None
    if sum(1 for _ in ast.walk(tree)) > _MOST_NODES:
        raise ValueRefused("This formula is too long; make two of it.")
    return tree


class _Translator(NamedTuple):
    """From the tree to SQL: a node of any sort that is not named here is refused."""

    fields: Mapping[str, Field]
    time_zone: str

    def of(self, node: ast.expr) -> Piece:
        """The piece of SQL for a node."""
        visit = _VISITS.get(type(node))
        if visit is None:
            raise ValueRefused("“{what}” is not part of the language of formulas.", what=ast.unparse(node)[:60])
        return visit(self, node)

    def name(self, node: ast.Name) -> Piece:
        """A field, or yes and no."""
        if node.id in {"yes", "no"}:
            return Piece("true" if node.id == "yes" else "false", BOOLEAN)
        field = self.fields.get(node.id)
        if field is None:
            raise ValueRefused("There is no field “{name}”.", name=node.id)
        if field.type in _NUMBERS:
            return Piece(f"({field.sql})::numeric", NUMBER, names=frozenset({node.id}), immutable=field.indexable)
        kind = TEXT if field.type in _TEXTS else field.type
        sql = f"NULLIF({field.sql}, '')" if kind is TEXT else field.sql
        choices = tuple(choice.value for choice in field.definition.choices)
        return Piece(sql, kind, field.definition.currency, frozenset({node.id}), field.indexable, choices)

    def constant(self, node: ast.Constant) -> Piece:
        """A number, a text, yes or no."""
        value = node.value
        if isinstance(value, bool):
            return Piece("true" if value else "false", BOOLEAN)
        if isinstance(value, str):
            return Piece(text_literal(value), TEXT, literal=value)
        if isinstance(value, int | float):
            return _number(ast.unparse(node) if isinstance(value, int) else repr(value))
        raise ValueRefused("“{what}” is not part of the language of formulas.", what=ast.unparse(node)[:60])

    def arithmetic(self, node: ast.BinOp) -> Piece:
        """Numbers and amounts by + - * /, texts by +, days from dates by + and -."""
        sign = _ARITHMETIC.get(type(node.op))
        if sign is None:
            raise ValueRefused("Only + - * and / are known.")
        left, right = self.of(node.left), self.of(node.right)
        if sign == "+" and left.kind is TEXT and right.kind is TEXT:
            return together(f"({left.sql} || {right.sql})", TEXT, left, right)
        if left.kind is FieldType.DATE:
            return _of_dates(sign, left, right)
        return _of_numbers(sign, left, right)

    def unary(self, node: ast.UnaryOp) -> Piece:
        """Minus and not."""
        piece = self.of(node.operand)
        if isinstance(node.op, ast.Not):
            need(piece, BOOLEAN)
            return together(f"(NOT {piece.sql})", BOOLEAN, piece)
        if isinstance(node.op, ast.USub) and piece.kind in {NUMBER, FieldType.MONEY}:
            return piece._replace(sql=f"(- {piece.sql})")
        raise ValueRefused("Only a number can have a sign.")

    def both(self, node: ast.BoolOp) -> Piece:
        """And, or."""
        pieces = [need(self.of(each), BOOLEAN) for each in node.values]
        word = " AND " if isinstance(node.op, ast.And) else " OR "
        return together(f"({word.join(piece.sql for piece in pieces)})", BOOLEAN, *pieces)

    def compare(self, node: ast.Compare) -> Piece:
        """Comparisons, also several in a row: 18 <= age < 60."""
        operands = [node.left, *node.comparators]
        parts = [
            self._comparison(left, operator, right)
            for left, operator, right in zip(operands, node.ops, operands[1:], strict=False)
        ]
        return together(f"({' AND '.join(part.sql for part in parts)})", BOOLEAN, *parts)

    def _comparison(self, left_node: ast.expr, operator: ast.cmpop, right_node: ast.expr) -> Piece:
        left = self.of(left_node)
        if isinstance(operator, ast.In | ast.NotIn):
            return self._membership(left, right_node, absent=isinstance(operator, ast.NotIn))
        sign = _COMPARE.get(type(operator))
        if sign is None:
            raise ValueRefused("“is” is not known; write == or empty(...).")
        right = self.of(right_node)
        same_kind(left, right)
        if left.kind in {TEXT, BOOLEAN, FieldType.CHOICES, FieldType.PARTY} and sign not in {"=", "<>"}:
            raise ValueRefused("Only numbers, amounts and dates are before or after one another.")
        return together(f"({left.sql} {sign} {right.sql})", BOOLEAN, left, right)

    def _membership(self, left: Piece, node: ast.expr, *, absent: bool) -> Piece:
        if not isinstance(node, ast.Tuple | ast.List) or not node.elts:
            raise ValueRefused("After “in” stand the values in brackets: (1, 2).")
        among = [self.of(each) for each in node.elts]
        for each in among:
            same_kind(left, each)
        listed = ", ".join(each.sql for each in among)
        return together(f"({left.sql} {'NOT ' if absent else ''}IN ({listed}))", BOOLEAN, left, *among)

    def conditional(self, node: ast.IfExp) -> Piece:
        """One or the other: a if condition else b."""
        test, then, otherwise = need(self.of(node.test), BOOLEAN), self.of(node.body), self.of(node.orelse)
        return FUNCTIONS["when"](self.time_zone, [test, then, otherwise])

    def call(self, node: ast.Call) -> Piece:
        """One of the functions."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS or node.keywords:
            raise ValueRefused("There is no function “{name}”.", name=ast.unparse(node.func)[:60])
        return sized(FUNCTIONS[name](self.time_zone, [self.of(argument) for argument in node.args]))


def _number(text: str) -> Piece:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= 10**15:
        raise ValueRefused("“{what}” is larger than can be kept.", what=text[:40])
    return Piece(f"{value:f}::numeric", NUMBER)


def _of_numbers(sign: str, left: Piece, right: Piece) -> Piece:
    """Amounts are added to amounts of their currency, multiplied by numbers, and divided by either."""
    money = FieldType.MONEY
    for piece in (left, right):
        if piece.kind not in {NUMBER, money}:
            raise ValueRefused("Only numbers and amounts can be reckoned with.")
    if sign in "+-":
        same_kind(left, right)
    if sign == "*" and left.kind is money and right.kind is money:
        raise ValueRefused("An amount cannot be multiplied by an amount.")
    if sign == "/" and right.kind is money:
        same_kind(left, right)
        return together(rounded(f"round({left.sql}, 40) / NULLIF({right.sql}, 0)"), NUMBER, left, right)
    kind, currency = (money, left.currency or right.currency) if money in {left.kind, right.kind} else (NUMBER, "")
    sql = f"round({left.sql}, 40) / NULLIF({right.sql}, 0)" if sign == "/" else f"{left.sql} {sign} {right.sql}"
    return together(rounded(sql), kind, left, right, currency=currency)


def _of_dates(sign: str, left: Piece, right: Piece) -> Piece:
    if sign == "-" and right.kind is FieldType.DATE:
        return together(f"({left.sql} - {right.sql})::numeric", NUMBER, left, right)
    if sign in "+-" and right.kind is NUMBER:
        return together(
            f"parties_days_after({left.sql}, {'-' if sign == '-' else ''}({right.sql}))", FieldType.DATE, left, right
        )
    raise ValueRefused("To a date, days can be added; from a date, days or a date can be taken away.")


_VISITS: Final[dict[type[ast.expr], Callable[[_Translator, ast.expr], Piece]]] = {
    ast.Name: _Translator.name,  # type: ignore[dict-item]
    ast.Constant: _Translator.constant,  # type: ignore[dict-item]
    ast.BinOp: _Translator.arithmetic,  # type: ignore[dict-item]
    ast.UnaryOp: _Translator.unary,  # type: ignore[dict-item]
    ast.BoolOp: _Translator.both,  # type: ignore[dict-item]
    ast.Compare: _Translator.compare,  # type: ignore[dict-item]
    ast.IfExp: _Translator.conditional,  # type: ignore[dict-item]
    ast.Call: _Translator.call,  # type: ignore[dict-item]
}
