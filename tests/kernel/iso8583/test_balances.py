"""Field 54."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from guanxi.kernel.iso8583.balances import AVAILABLE, LEDGER, Balance, read_balances, write_balances
from guanxi.kernel.money import CURRENCIES, Money, from_minor_units

money = st.builds(from_minor_units, st.integers(-(10**12) + 1, 10**12 - 1), st.sampled_from(sorted(CURRENCIES)))


@given(st.lists(st.builds(Balance, st.sampled_from([LEDGER, AVAILABLE]), money, st.just("30")), max_size=6))
def test_balances_survive_the_field(balances: list[Balance]) -> None:
    assert read_balances(write_balances(*balances)) == balances


def test_a_debt_is_written_as_a_debit() -> None:
    owed = Balance(LEDGER, Money(Decimal("-12.34"), "CNY"), "30")
    assert write_balances(owed) == "3001156D000000001234"


@given(st.text(max_size=60))
def test_anything_else_says_nothing(text: str) -> None:
    assert isinstance(read_balances(text), list)


def test_a_balance_in_a_currency_not_kept_is_left_out() -> None:
    assert read_balances("0002999C000000000100" + "0002156C000000000100") == [
        Balance(AVAILABLE, Money(Decimal("1.00"), "CNY"))
    ]
