"""The rules a map is made of. Each converts both ways: `read` from the wire's values, `write` back to them.

A rule that cannot convert raises `ValueError` with the reason; the engine adds which map, rule, field and row it was.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

import msgspec

from guanxi.exchange.maps.tree import Tree
from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.money import CURRENCIES, currency_from_numeric, from_minor_units, parse_amount

Lookup = Callable[[str], Any]  # a canonical field that another rule owns, by its path
Values = Sequence[Any]


class Condition(msgspec.Struct, forbid_unknown_fields=True):
    """The rule applies where the canonical `field` is one of `any_of`."""

    field: str
    any_of: list[str]


class Rule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """What all rules have. `secret` values are shown to nobody."""

    name: str = ""
    when: Condition | None = None
    required: bool = False
    secret: bool = False

    @property
    def wires(self) -> list[str]:
        """Where on the wire it reads and writes."""
        return [self.wire]  # type: ignore[attr-defined]

    @property
    def fields(self) -> list[str]:
        """Which canonical fields it owns."""
        return [self.field]  # type: ignore[attr-defined]

    @property
    def needs(self) -> list[str]:
        """Which canonical fields of other rules it looks at."""
        return [self.when.field] if self.when else []

    def read(self, values: Values, look: Lookup) -> Values:
        """The canonical values for those on the wire."""
        raise NotImplementedError

    def write(self, values: Values, look: Lookup) -> Values:
        """The wire's values for the canonical ones."""
        raise NotImplementedError

    def faults(self) -> list[str]:
        """What makes no sense in it."""
        return []


class Copy(Rule, tag="copy"):
    """The same under another name; filled up to `width` with `pad` on `side`, or a JSON number or truth value."""

    wire: str
    field: str
    pad: str = ""
    side: Literal["left", "right"] = "right"
    width: int = 0
    type: Literal["text", "number", "flag"] = "text"

    def read(self, values: Values, look: Lookup) -> Values:
        value = _FROM_TYPE[self.type](values[0])
        if not self.pad:
            return [value]
        return [value.lstrip(self.pad) if self.side == "left" else value.rstrip(self.pad)]

    def write(self, values: Values, look: Lookup) -> Values:
        value = _text(values[0])
        if self.pad:
            value = value.rjust(self.width, self.pad) if self.side == "left" else value.ljust(self.width, self.pad)
            if len(value) > self.width:
                raise ValueError(f"it is longer than {self.width}")
        return [_TO_TYPE[self.type](value)]

    def faults(self) -> list[str]:
        return ["pad is one character and needs a width"] if self.pad and (len(self.pad) > 1 or not self.width) else []


class Constant(Rule, tag="constant"):
    """Always `value` on the wire, nothing in the canonical message. Another value than this is kept as it came."""

    wire: str
    value: str | int

    @property
    def fields(self) -> list[str]:
        return []


class Code(Rule, tag="code"):
    """A code of the peer's for a word of ours. `otherwise` says whether a code that `table` lacks is kept as it is."""

    wire: str
    field: str
    table: dict[str, str]
    otherwise: Literal["refuse", "keep"] = "refuse"

    def read(self, values: Values, look: Lookup) -> Values:
        code = _text(values[0])
        if code not in self.table and self.otherwise == "refuse":
            raise ValueError("the code is not in the table")
        return [self.table.get(code, code)]

    def write(self, values: Values, look: Lookup) -> Values:
        word = _text(values[0])
        found = next((code for code, meaning in self.table.items() if meaning == word), None)
        if found is None and self.otherwise == "refuse":
            raise ValueError("no code of the table means this")
        return [word if found is None else found]

    def faults(self) -> list[str]:
        return [] if self.table else ["its table is empty"]


class Amount(Rule, tag="amount"):
    """Money by the exponent that ISO 4217 gives its currency: minor units on the wire, or decimal text or number."""

    wire: str
    field: str
    currency: str  # the canonical field that names it, or the alphabetic code itself
    unit: Literal["minor", "decimal"] = "decimal"
    digits: int = 0  # minor units are filled up with zeros to this many
    pad: str = "0"
    number: bool = False

    @property
    def needs(self) -> list[str]:
        return [*super().needs, *([] if self.currency in CURRENCIES else [self.currency])]

    def read(self, values: Values, look: Lookup) -> Values:
        currency, value = self._currency(look), values[0]
        text = str(value) if self.number and isinstance(value, Decimal | int) else _text(value)
        try:
            if self.unit == "decimal":
                return [_plain(parse_amount(_shaped(_AMOUNT, text.strip()), currency).amount)]
            return [_plain(from_minor_units(int(_shaped(_UNITS, text.strip())), currency).amount)]
        except (InvalidValue, InvalidOperation) as error:
            raise ValueError(str(error)) from None

    def write(self, values: Values, look: Lookup) -> Values:
        try:
            money = parse_amount(_shaped(_AMOUNT, _text(values[0])), self._currency(look))
        except InvalidValue as error:
            raise ValueError(str(error)) from None
        if self.unit == "decimal":
            return [money.amount if self.number else _plain(money.amount).rjust(self.digits, self.pad)]
        if money.amount < 0 or (self.digits and money.minor_units >= 10**self.digits):
            raise ValueError("the field cannot hold this amount")
        text = str(money.minor_units).rjust(self.digits, self.pad)
        return [Decimal(text) if self.number else text]

    def _currency(self, look: Lookup) -> str:
        currency = self.currency if self.currency in CURRENCIES else look(self.currency)
        if currency not in CURRENCIES:
            raise ValueError("its currency is not known")
        return str(currency)


class CurrencyCode(Rule, tag="currency"):
    """An ISO 4217 currency: numeric (156) on the wire, alphabetic (CNY) in the canonical message."""

    wire: str
    field: str

    def read(self, values: Values, look: Lookup) -> Values:
        try:
            return [currency_from_numeric(_text(values[0]))]
        except InvalidValue as error:
            raise ValueError(str(error)) from None

    def write(self, values: Values, look: Lookup) -> Values:
        if values[0] not in CURRENCIES:
            raise ValueError("it is not a currency this bank keeps")
        return [CURRENCIES[values[0]][0]]


class Time(Rule, tag="time"):
    """A date or time: the same parts (YYYY YY MM DD hh mm ss) by other patterns. YY is a year of this century.

    What the wire leaves out is left out of the canonical text, too, which is then like XML Schema's `--MM-DD`.
    """

    wire: str | list[str]
    field: str
    pattern: str | list[str]
    becomes: str

    @property
    def wires(self) -> list[str]:
        return [self.wire] if isinstance(self.wire, str) else self.wire

    @property
    def patterns(self) -> list[str]:
        """One pattern for each place on the wire."""
        return [self.pattern] if isinstance(self.pattern, str) else self.pattern

    def read(self, values: Values, look: Lookup) -> Values:
        parts: dict[str, str] = {}
        for pattern, value in zip(self.patterns, values, strict=True):
            parts |= _parts(pattern, _text(value))
        return [_filled(self.becomes, parts)]

    def write(self, values: Values, look: Lookup) -> Values:
        parts = _parts(self.becomes, _text(values[0]))
        return [_filled(pattern, parts) for pattern in self.patterns]

    def faults(self) -> list[str]:
        if len(self.patterns) != len(self.wires):
            return ["it needs one pattern for each place on the wire"]
        ours = sorted(part.replace("YYYY", "YY") for part in _TIME_PART.findall(self.becomes))
        theirs = sorted(part.replace("YYYY", "YY") for pattern in self.patterns for part in _TIME_PART.findall(pattern))
        return [] if ours == theirs else ["its patterns do not have the same parts"]


class Split(Rule, tag="split"):
    """One place on the wire, cut by `widths` or at `separator`, for several canonical fields."""

    wire: str
    into: list[str]
    widths: list[int] = []
    separator: str = ""

    @property
    def fields(self) -> list[str]:
        return self.into

    def read(self, values: Values, look: Lookup) -> Values:
        text = _text(values[0])
        if self.separator:
            return _exactly(text.split(self.separator), len(self.into))
        if len(text) != sum(self.widths):
            raise ValueError(f"it is not {sum(self.widths)} long")
        ends = [sum(self.widths[: at + 1]) for at in range(len(self.widths))]
        return [text[end - width : end] for end, width in zip(ends, self.widths, strict=True)]

    def write(self, values: Values, look: Lookup) -> Values:
        return [self.separator.join(_text(value) for value in values)]

    def faults(self) -> list[str]:
        by_width = len(self.widths) == len(self.into)
        return [] if bool(self.separator) != by_width else ["it is cut by a separator or by one width a field"]


class Join(Rule, tag="join"):
    """Several places on the wire, put together with `separator` for one canonical field."""

    wire: list[str]
    field: str
    separator: str

    @property
    def wires(self) -> list[str]:
        return self.wire

    def read(self, values: Values, look: Lookup) -> Values:
        return [self.separator.join(_text(value) for value in values)]

    def write(self, values: Values, look: Lookup) -> Values:
        return _exactly(_text(values[0]).split(self.separator), len(self.wire))

    def faults(self) -> list[str]:
        return [] if self.separator else ["without a separator it could not be taken apart again"]


class Each(Rule, tag="each"):
    """A group that repeats: `rules` convert each of its rows, whose paths begin at the row (at the top with `/`)."""

    wire: str
    field: str
    rules: list[AnyRule]


AnyRule = Copy | Constant | Code | Amount | CurrencyCode | Time | Split | Join | Each

_AMOUNT: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,8})?")
_UNITS: Final = re.compile(r"-?[0-9]{1,18}")
_TIME_PART: Final = re.compile(r"YYYY|YY|MM|DD|hh|mm|ss")


def label(rule: Rule) -> str:
    """What people call `rule`: its name, or what it does and where."""
    return rule.name or f"{rule.__struct_config__.tag} {' + '.join(rule.wires)}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("it is not text")
    return value


def _shaped(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError("it is not an amount")
    return text


def _plain(amount: Decimal) -> str:
    return f"{amount or abs(amount):f}"


def _exactly(parts: list[str], count: int) -> list[str]:
    if len(parts) != count:
        raise ValueError(f"it has {len(parts)} parts for {count} fields")
    return parts


def _number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise ValueError("it is not a number")
    return str(value)


def _to_number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("it is not a number") from None
    if not number.is_finite():
        raise ValueError("it is not a number")
    return number


def _flag(value: object) -> str:
    if not isinstance(value, bool):
        raise ValueError("it is neither true nor false")
    return "true" if value else "false"


def _to_flag(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError("it is neither true nor false")
    return text == "true"


_FROM_TYPE: Final[dict[str, Callable[[object], str]]] = {"text": _text, "number": _number, "flag": _flag}
_TO_TYPE: Final[dict[str, Callable[[str], object]]] = {"text": str, "number": _to_number, "flag": _to_flag}


@functools.lru_cache(maxsize=256)
def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(
        "".join(
            f"(?P<{piece}>[0-9]{{{len(piece)}}})" if _TIME_PART.fullmatch(piece) else re.escape(piece)
            for piece in re.split(f"({_TIME_PART.pattern})", pattern)
        )
    )


def _parts(pattern: str, text: str) -> dict[str, str]:
    """The parts of the time in `text`; the day and time must exist (29 February does when no year says otherwise)."""
    found = _shape(pattern).fullmatch(text)
    if not found:
        raise ValueError(f"it is not of the form {pattern}")
    parts = found.groupdict()
    if "YY" in parts:
        parts["YYYY"] = f"20{parts.pop('YY')}"
    numbers = {name: int(value) for name, value in parts.items()}
    try:
        dt.date(numbers.get("YYYY", 2000), numbers.get("MM", 1), numbers.get("DD", 1))
        dt.time(numbers.get("hh", 0), numbers.get("mm", 0), numbers.get("ss", 0))
    except ValueError:
        raise ValueError("there is no such day or time") from None
    return parts


def _filled(pattern: str, parts: dict[str, str]) -> str:
    known = dict(parts)
    if "YYYY" in parts:
        known["YY"] = parts["YYYY"][2:]
    return _TIME_PART.sub(lambda part: known[part.group()], pattern)


def row_of(value: object) -> list[Tree]:
    """The rows of a repeating group; XML does not tell a group of one from a single element."""
    rows = value if isinstance(value, list) else [value]
    return [row if isinstance(row, dict) else {"#": row} for row in rows]
