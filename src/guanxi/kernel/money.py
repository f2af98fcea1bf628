"""Money: a decimal amount in one currency, exact to that currency's minor unit. Never a float."""

from __future__ import annotations

import dataclasses
from decimal import Decimal, InvalidOperation
from typing import Final

from guanxi.kernel.errors import InvalidValue

# ISO 4217 list one: alphabetic code -> (numeric code, decimal places).
CURRENCIES: Final[dict[str, tuple[str, int]]] = {
    "CNY": ("156", 2),
    "HKD": ("344", 2),
    "MOP": ("446", 2),
    "TWD": ("901", 2),
    "USD": ("840", 2),
    "EUR": ("978", 2),
    "GBP": ("826", 2),
    "JPY": ("392", 0),
    "KRW": ("410", 0),
    "SGD": ("702", 2),
    "AUD": ("036", 2),
    "CAD": ("124", 2),
    "CHF": ("756", 2),
    "CZK": ("203", 2),
    "KWD": ("414", 3),
    "BHD": ("048", 3),
}
_ALPHABETIC: Final = {numeric: code for code, (numeric, _) in CURRENCIES.items()}
_LARGEST: Final = Decimal(10) ** 15


@dataclasses.dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in a currency. Arithmetic between currencies raises `InvalidValue`."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        places = decimal_places(self.currency)
        exponent = self.amount.as_tuple().exponent
        if not isinstance(exponent, int):
            raise InvalidValue(f"{self.amount} is not an amount.", field="amount")
        if abs(self.amount) >= _LARGEST:
            raise InvalidValue(f"{self.amount} is beyond what an account can hold.", field="amount")
        if -exponent > places and self.amount != round(self.amount, places):
            raise InvalidValue(f"{self.currency} has {places} decimal places; {self.amount} has more.", field="amount")
        object.__setattr__(self, "amount", round(self.amount, places))

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other).amount, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"

    @property
    def minor_units(self) -> int:
        """The amount counted in the currency's smallest unit, as ISO 8583 field 4 carries it."""
        return int(self.amount.scaleb(decimal_places(self.currency)))

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise InvalidValue(f"{other.currency} cannot be added to {self.currency}.", field="currency")
        return other


def decimal_places(currency: str) -> int:
    """How many decimal places ISO 4217 gives `currency`; `InvalidValue` for a currency we do not know."""
    try:
        return CURRENCIES[currency][1]
    except KeyError:
        raise InvalidValue(f"{currency!r} is not a currency this bank keeps.", field="currency") from None


def from_minor_units(units: int, currency: str) -> Money:
    """Money from a count of the currency's smallest unit."""
    return Money(Decimal(units).scaleb(-decimal_places(currency)), currency)


def parse_amount(text: str, currency: str) -> Money:
    """Money from decimal text such as `"120.50"`; `InvalidValue` when it is not a plain decimal number."""
    try:
        return Money(Decimal(text), currency)
    except InvalidOperation:
        raise InvalidValue(f"{text!r} is not an amount.", field="amount") from None


def currency_from_numeric(numeric: str) -> str:
    """The alphabetic code for an ISO 4217 numeric code (`"156"` -> `"CNY"`)."""
    try:
        return _ALPHABETIC[numeric]
    except KeyError:
        raise InvalidValue(f"{numeric!r} is not a currency code this bank keeps.", field="currency") from None
