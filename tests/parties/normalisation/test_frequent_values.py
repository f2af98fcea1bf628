"""Placeholders that no list knows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.normalisation.frequent_values import frequent_values, plausible_limit


def test_a_number_that_everybody_has_is_found_and_a_household_is_not() -> None:
    own = [(f"+86139{number:08}", f"person {number}") for number in range(50_000)]
    family = [("+8613900000001", f"relative {number}") for number in range(5)]
    everybody = [("+8613811112222", f"person {number}") for number in range(20_000)]
    found = frequent_values([*own, *family, *everybody], "phones")
    assert [(each.value, each.holders) for each in found] == [("+8613811112222", 20_000)]
    assert found[0].plausible >= 12


def test_many_records_of_one_customer_are_one_holder() -> None:
    assert not frequent_values([("+8613912345678", "王小明")] * 1_000, "phones")


def test_birth_dates_are_shared_by_many_but_not_by_so_many() -> None:
    usual = [(f"19{number % 60 + 30}-{number % 12 + 1:02}-15", f"person {number}") for number in range(72_000)]
    new_year = [("1980-01-01", f"somebody {number}") for number in range(3_000)]
    assert [each.value for each in frequent_values([*usual, *new_year], "birth_date")] == ["1980-01-01"]


def test_nothing_is_frequent_among_nothing() -> None:
    assert frequent_values([], "emails") == []


@given(st.lists(st.integers(1, 50), max_size=50), st.integers(1, 20))
def test_the_limit_is_never_below_what_is_plausible(counts: list[int], least: int) -> None:
    assert plausible_limit(counts, least) >= least
