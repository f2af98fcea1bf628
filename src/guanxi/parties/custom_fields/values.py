"""Values by the type of their field: from text, to text, to and from JSON, and whether the field's rules allow them.

In Python a value is `str`, `int`, `Decimal`, `Money`, `date`, `bool`, a choice's `str`, a tuple of them, or a party's
`UUID`; `None` is no value. In JSON decimals and amounts are text (never a float), dates ISO 8601, the rest its like.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
import uuid
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec
import re2

from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.money import Money, decimal_places
from guanxi.parties.custom_fields.definition import FieldDefinition, FieldType
from guanxi.parties.custom_fields.errors import ValueRefused

Value = str | int | Decimal | Money | dt.date | bool | tuple[str, ...] | uuid.UUID | None

_LARGEST: Final = 10**15
_MOST_CHOSEN: Final = 50
_NUMBERS: Final = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY})
_PATTERN_MEMORY: Final = 1 << 20
_LONGEST_NUMBER: Final = 40
_TRUE: Final = frozenset({"yes", "y", "true", "1", "on", "是", "有", "对", "對"})
_FALSE: Final = frozenset({"no", "n", "false", "0", "off", "否", "无", "無", "不", "没有", "沒有"})
_DATE_FORMS: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日")
_YES_NO: Final = {"en": ("Yes", "No"), "zh": ("是", "否")}


def parse(definition: FieldDefinition, kind: FieldType, text: str) -> Value:
    """The value that `text` means; `ValueRefused` when it means none. Empty text is no value."""
    tidy = unicodedata.normalize("NFKC", text) if kind not in {FieldType.TEXT, FieldType.CHOICE} else text
    tidy = tidy.strip()
    return _PARSERS[kind](definition, tidy) if tidy else None


def show(definition: FieldDefinition, kind: FieldType, value: Value, language: str) -> str:
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _YES_NO["zh" if language.lower().startswith("zh") else "en"][not value]
    if isinstance(value, Money):
        return f"{value.amount:,} {value.currency}"
    if isinstance(value, tuple):
        return ("、" if language.lower().startswith("zh") else ", ").join(
            _choice_title(definition, each, language) for each in value
        )
    if kind is FieldType.CHOICE:
        return _choice_title(definition, str(value), language)
    return f"{value:,f}" if isinstance(value, Decimal) else str(value)


def store(value: Value) -> Any:  # noqa: ANN401 - JSON
    """A value as JSON has it."""
    if isinstance(value, Money):
        return f"{value.amount:f}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def load(definition: FieldDefinition, kind: FieldType, raw: Any) -> Value:  # noqa: ANN401 - JSON or a column
    """A value from JSON, or from the column of a table. What cannot be one any more is told as no value."""
    if raw is None or raw == "":
        return None
    try:
        return _LOADERS[kind](definition, raw)
    except (ValueError, TypeError, InvalidOperation, InvalidValue):
        return None


def check(definition: FieldDefinition, kind: FieldType, value: Value, *, before: Value = None) -> None:
    """`ValueRefused` when the field's rules do not allow `value`; a retired choice may stay where it was (`before`)."""
    if value is None:
        if definition.required:
            raise ValueRefused("This must be filled in.")
        return
    if not _is_of(kind, value):
        raise ValueRefused("This is not of the right type.")
    if isinstance(value, str) and kind is FieldType.TEXT:
        _check_text(definition, value)
    if kind in {FieldType.CHOICE, FieldType.CHOICES}:
        _check_chosen(definition, value, before)
    if isinstance(value, Money) and value.currency != definition.currency:
        raise ValueRefused("This is kept in {currency}.", currency=definition.currency)
    if isinstance(value, Decimal) and round(value, definition.places) != value:
        raise ValueRefused("This has at most {places} decimal places.", places=definition.places)
    _check_bounds(definition, kind, value)


def _check_text(definition: FieldDefinition, value: str) -> None:
    if len(value) > definition.longest:
        raise ValueRefused("This has at most {longest} characters.", longest=definition.longest)
    if "\x00" in value:
        raise ValueRefused("This has characters that cannot be kept.")
    if definition.pattern and not pattern_of(definition.pattern).fullmatch(value):
        raise ValueRefused("This does not have the form that is asked for: {pattern}", pattern=definition.pattern)


def _check_chosen(definition: FieldDefinition, value: Value, before: Value) -> None:
    chosen: tuple[Any, ...] = value if isinstance(value, tuple) else (value,)
    had = before if isinstance(before, tuple) else (before,)
    offered = {choice.value for choice in definition.choices if not choice.retired}
    for each in chosen:
        if each not in offered and each not in had:
            raise ValueRefused("“{value}” is none of the choices.", value=each)
    if len(chosen) > _MOST_CHOSEN or len(set(chosen)) < len(chosen):
        raise ValueRefused("Each choice can be chosen once, and {most} at most.", most=_MOST_CHOSEN)


def _check_bounds(definition: FieldDefinition, kind: FieldType, value: Value) -> None:
    size: Any = value.amount if isinstance(value, Money) else value
    if kind in _NUMBERS and abs(size) >= _LARGEST:
        raise ValueRefused("This is larger than can be kept.")
    low, high = bound(definition, kind, definition.minimum), bound(definition, kind, definition.maximum)
    if low is not None and size < low:
        raise ValueRefused("This is at least {minimum}.", minimum=definition.minimum)
    if high is not None and size > high:
        raise ValueRefused("This is at most {maximum}.", maximum=definition.maximum)


def bound(definition: FieldDefinition, kind: FieldType, text: str) -> Any:  # noqa: ANN401 - int, Decimal or date
    """A bound of a field as something its values can be compared with; none for types that have no order."""
    if not text or kind not in {FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY, FieldType.DATE}:
        return None
    value = parse(definition, kind, text)
    return value.amount if isinstance(value, Money) else value


def pattern_of(pattern: str) -> Any:  # noqa: ANN401 - re2 has no types
    """The pattern as RE2 has it, whose time grows with the text alone; `ValueRefused` where it is none."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
        raise ValueRefused("This pattern cannot be used: {reason}", reason=reason) from None


def _choice_title(definition: FieldDefinition, value: str, language: str) -> str:
    found = next((choice for choice in definition.choices if choice.value == value), None)
    return (found.title.read_in(language) if found else "") or value


def _parse_integer(definition: FieldDefinition, text: str) -> int:  # noqa: ARG001 - parsers share one signature
    value = _number(text)
    if value != value.to_integral_value():
        raise ValueRefused("“{text}” is not a whole number.", text=text)
    return int(value)


def _parse_decimal(definition: FieldDefinition, text: str) -> Decimal:  # noqa: ARG001 - as above
    return _number(text)


def _parse_money(definition: FieldDefinition, text: str) -> Money:
    number = text.removesuffix(definition.currency).removeprefix(definition.currency).strip()
    try:
        return Money(_number(number), definition.currency)
    except InvalidValue as error:
        raise ValueRefused("{sentence}", sentence=str(error)) from None


def _number(text: str) -> Decimal:
    try:
        value = Decimal(text.replace(",", "").replace(" ", "").replace("−", "-"))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(text) > _LONGEST_NUMBER or abs(value) >= _LARGEST:
        raise ValueRefused("“{text}” is not a number that can be kept.", text=text[:_LONGEST_NUMBER])
    return value + 0 if value else Decimal(0)


def _parse_date(definition: FieldDefinition, text: str) -> dt.date:  # noqa: ARG001 - as above
    for form in _DATE_FORMS:
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, without a time
        except ValueError:
            continue
    raise ValueRefused("“{text}” is not a date such as 2026-05-03.", text=text[:40])


def _parse_boolean(definition: FieldDefinition, text: str) -> bool:  # noqa: ARG001 - as above
    folded = text.casefold()
    if folded not in _TRUE | _FALSE:
        raise ValueRefused("“{text}” is neither yes nor no.", text=text[:40])
    return folded in _TRUE


def _parse_choice(definition: FieldDefinition, text: str) -> str:
    """By its value, or by its title in any language."""
    folded = text.casefold()
    for choice in definition.choices:
        names = (choice.value, choice.title.en, choice.title.zh_hans, choice.title.zh_hant)
        if folded in (name.casefold() for name in names if name):
            return choice.value
    raise ValueRefused("“{value}” is none of the choices.", value=text[:80])


def _parse_choices(definition: FieldDefinition, text: str) -> tuple[str, ...]:
    parts = text.replace("、", ",").replace("，", ",").replace(";", ",").replace("\n", ",").split(",")
    return tuple(dict.fromkeys(_parse_choice(definition, part.strip()) for part in parts if part.strip()))


def _parse_party(definition: FieldDefinition, text: str) -> uuid.UUID:  # noqa: ARG001 - as above
    try:
        return uuid.UUID(text)
    except ValueError:
        raise ValueRefused("“{text}” is not the id of a customer.", text=text[:40]) from None


def _as_date(definition: FieldDefinition, raw: Any) -> dt.date:  # noqa: ANN401, ARG001 - loaders share one signature
    if isinstance(raw, dt.datetime):
        return raw.date()
    return raw if isinstance(raw, dt.date) else dt.date.fromisoformat(raw)


def _is_of(kind: FieldType, value: Value) -> bool:
    return isinstance(value, _CLASSES[kind]) and isinstance(value, bool) is (kind is FieldType.BOOLEAN)


_CLASSES: Final[dict[FieldType, type]] = {
    FieldType.TEXT: str,
    FieldType.INTEGER: int,
    FieldType.DECIMAL: Decimal,
    FieldType.MONEY: Money,
    FieldType.DATE: dt.date,
    FieldType.BOOLEAN: bool,
    FieldType.CHOICE: str,
    FieldType.CHOICES: tuple,
    FieldType.PARTY: uuid.UUID,
}
_PARSERS: Final[dict[FieldType, Callable[[FieldDefinition, str], Value]]] = {
    FieldType.TEXT: lambda _, text: text,
    FieldType.INTEGER: _parse_integer,
    FieldType.DECIMAL: _parse_decimal,
    FieldType.MONEY: _parse_money,
    FieldType.DATE: _parse_date,
    FieldType.BOOLEAN: _parse_boolean,
    FieldType.CHOICE: _parse_choice,
    FieldType.CHOICES: _parse_choices,
    FieldType.PARTY: _parse_party,
}
_LOADERS: Final[dict[FieldType, Callable[[FieldDefinition, Any], Value]]] = {
    FieldType.TEXT: lambda _, raw: str(raw),
    FieldType.INTEGER: lambda _, raw: int(raw),
    FieldType.DECIMAL: lambda _, raw: Decimal(raw),
    FieldType.MONEY: lambda definition, raw: Money(
        round(Decimal(raw), decimal_places(definition.currency)), definition.currency
    ),
    FieldType.DATE: _as_date,
    FieldType.BOOLEAN: lambda _, raw: raw if isinstance(raw, bool) else None,
    FieldType.CHOICE: lambda _, raw: str(raw),
    FieldType.CHOICES: lambda _, raw: tuple(msgspec.json.decode(raw) if isinstance(raw, str) else raw) or None,
    FieldType.PARTY: lambda _, raw: raw if isinstance(raw, uuid.UUID) else uuid.UUID(raw),
}
