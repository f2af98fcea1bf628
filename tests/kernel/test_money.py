"""Money is exact, in one currency, with that currency's decimal places."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.money import CURRENCIES, Money, from_minor_units, parse_amount

units = st.integers(-(10**14), 10**14)
currencies = st.sampled_from(sorted(CURRENCIES))


@given(units, currencies)
def test_minor_units_round_trip(count: int, currency: str) -> None:
    assert from_minor_units(count, currency).minor_units == count


@given(units, units, currencies)
def test_adding_then_taking_away_changes_nothing(first: int, second: int, currency: str) -> None:
    a, b = from_minor_units(first, currency), from_minor_units(second, currency)
    assert a + b - b == a


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.005", "CNY"),
        ("1.5", "JPY"),
        ("NaN", "CNY"),
        ("Infinity", "CNY"),
        ("1e30", "CNY"),
        ("twelve", "CNY"),
        ("1", "ABC"),
    ],
)
def test_what_is_not_money_is_refused(text: str, currency: str) -> None:
    with pytest.raises(InvalidValue):
        parse_amount(text, currency)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(InvalidValue):
        Money(Decimal(1), "CNY") + Money(Decimal(1), "USD")
