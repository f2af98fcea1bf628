"""The checker of balances accepts what one account could have told, and catches what none could."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.lab.balance_history import AccountOperation, has_an_order, impossible_accounts, unequal_totals

D = Decimal


def change(
    begun: float, ended: float | None, amount: int, told: int | None, *, certain: bool = True
) -> AccountOperation:
    return AccountOperation("A", begun, ended, (D(amount),), None if told is None else D(told), certain)


def look(begun: float, ended: float, told: int) -> AccountOperation:
    return change(begun, ended, 0, told)


def test_side_by_side_they_may_have_come_in_either_order() -> None:
    assert has_an_order(D(100), [change(0, 9, -10, 90), change(1, 8, -20, 70)])
    assert has_an_order(D(100), [change(0, 9, -10, 70), change(1, 8, -20, 80)])


def test_a_lost_update_is_caught() -> None:
    assert not has_an_order(D(100), [change(0, 9, -10, 90), change(1, 8, -20, 80)])


def test_a_look_that_is_behind_the_times_is_caught() -> None:
    assert has_an_order(D(100), [change(0, 1, -10, 90), look(2, 3, 90)])
    assert not has_an_order(D(100), [change(0, 1, -10, 90), look(2, 3, 100)])


def test_a_look_at_what_comes_later_is_caught() -> None:
    assert not has_an_order(D(100), [look(0, 1, 90), change(2, 3, -10, 90)])


def test_what_was_done_twice_is_caught() -> None:
    assert not has_an_order(D(100), [change(0, 1, -10, 90), look(2, 3, 80)])


def test_what_was_acknowledged_and_never_done_is_caught() -> None:
    assert not has_an_order(D(100), [change(0, 1, -10, None), look(2, 3, 100)])


@pytest.mark.parametrize("told", [100, 90])
def test_what_was_never_answered_may_or_may_not_have_happened_at_any_time(told: int) -> None:
    assert has_an_order(D(100), [change(0, None, -10, None, certain=False), look(5, 6, 100), look(7, 8, told)])


def test_what_was_never_answered_does_not_unhappen() -> None:
    assert not has_an_order(D(100), [change(0, None, -10, None, certain=False), look(5, 6, 90), look(7, 8, 100)])


def test_what_was_taken_back_shows_only_while_it_lasts() -> None:
    taken_back = AccountOperation("A", 0, 5, (D(-10), D(10)), None, certain=False)
    assert has_an_order(D(100), [taken_back, look(1, 2, 90), look(3, 4, 100)])
    assert not has_an_order(D(100), [taken_back, look(6, 7, 90)])


def test_the_account_that_cannot_be_is_named() -> None:
    operations = [change(0, 1, -10, 90), AccountOperation("B", 0, 1, (D(5),), D(10))]
    assert impossible_accounts({"A": D(100), "B": D(0)}, operations) == ["B"]


def test_a_read_that_misses_money_is_caught() -> None:
    reads = [{"A": D(60), "B": D(40)}, {"A": D(50), "B": D(40)}]
    assert unequal_totals(reads, D(100)) == ["read 1: 90 instead of 100"]


@given(st.integers(), st.integers(1, 40))
def test_what_one_account_did_is_always_accepted_and_a_wrong_balance_never(seed: int, number: int) -> None:
    """Each operation takes effect at one instant within its interval; then one told balance is falsified."""
    drawn, balance, operations = random.Random(seed), 1000, []
    for at in range(number):
        amount = drawn.randrange(-50, 50)
        balance += amount
        operations.append(change(at - drawn.uniform(0, 2), at + drawn.uniform(0.01, 2), amount, balance))
    assert has_an_order(D(1000), operations)
    position = drawn.randrange(number)
    wrong = operations[position]
    falsified = change(wrong.begun, wrong.ended, int(wrong.steps[0]), 10_000)
    assert not has_an_order(D(1000), [*operations[:position], falsified, *operations[position + 1 :]])
