"""Agreement is what the papers and SAS give for the same tables."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.review.agreement import cohen, pooled, wilson

# SAS/STAT User's Guide, PROC FREQ, "Agreement Study": two dermatologists judge 88 patients.
SKIN = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]
# Fleiss, Cohen and Everitt (1969): 200 subjects, three categories.
SUBJECTS = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]
# Fifty applications for grants, a textbook's example: 0.70 observed, 0.50 by chance.
GRANTS = [[20, 5], [10, 15]]

counts = st.integers(0, 30)
tables = st.tuples(counts, counts, counts, counts).map(lambda n: [[n[0], n[1]], [n[2], n[3]]])


def test_kappa_its_error_and_its_interval_are_those_that_sas_prints() -> None:
    found = cohen(SKIN)
    assert found.kappa == pytest.approx(0.3449, abs=5e-5)
    assert found.error == pytest.approx(0.0724, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((0.2030, 0.4868), abs=5e-5)


def test_kappa_of_the_paper_that_gives_the_error() -> None:
    found = cohen(SUBJECTS)
    assert (found.observed, found.chance) == pytest.approx((0.70, 0.475))
    assert found.kappa == pytest.approx(0.429, abs=5e-4)
    assert found.error**2 == pytest.approx(0.002885, abs=5e-7)


def test_kappa_by_hand() -> None:
    found = cohen(GRANTS)
    assert (found.observed, found.chance, found.kappa) == pytest.approx((0.7, 0.5, 0.4))


def test_wilsons_interval() -> None:
    """R. Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81/263, 15/148, 0/20, 1/29."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_who_always_agree_are_not_said_to_agree_for_sure() -> None:
    found = cohen([[5, 0], [0, 5]])
    assert found.kappa == 1
    assert found.low < 0.7
    assert found.high == 1
    assert not found.enough


@pytest.mark.parametrize("table", [[[0, 0], [0, 0]], [[7, 0], [0, 0]]])
def test_kappa_is_not_defined_where_nothing_can_be_told(table: list[list[int]]) -> None:
    assert cohen(table).kappa is None


@given(tables)
def test_kappa_does_not_depend_on_who_is_first_nor_on_the_names_of_the_answers(table: list[list[int]]) -> None:
    found = cohen(table)
    turned = cohen([[table[0][0], table[1][0]], [table[0][1], table[1][1]]])
    renamed = cohen([[table[1][1], table[1][0]], [table[0][1], table[0][0]]])
    if found.kappa is None:
        assert turned.kappa is renamed.kappa is None
        return
    assert found == pytest.approx(turned)
    assert found == pytest.approx(renamed)
    assert -1 <= found.low <= found.kappa <= found.high <= 1
    assert found.error >= 0
    assert not math.isnan(found.error)


@given(tables)
def test_one_couple_is_its_own_pool_and_twice_the_same_has_the_same_kappa(table: list[list[int]]) -> None:
    alone, twice = cohen(table), pooled([cohen(table), cohen(table)])
    assert pooled([alone]) == pytest.approx(alone)
    assert twice.pairs == 2 * alone.pairs
    if alone.kappa is not None and alone.error > 0:
        assert twice.kappa == pytest.approx(alone.kappa)
        assert twice.error == pytest.approx(alone.error / math.sqrt(2))
