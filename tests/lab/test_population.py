"""A population that acts like one: by day more than by night, each on the channels that are open to it."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.lab.population import CHANNELS, Act, Population, channel_rates, draw_act, populate
from guanxi.lab.wallet import Wallet

_A_WEEK = [dt.datetime(2026, 5, 4) + dt.timedelta(minutes=10 * step) for step in range(7 * 24 * 6)]  # noqa: DTZ001 - local


def _wallet(number: int, kind: str, login: str) -> Wallet:
    return Wallet(
        party_id=f"party-{number}",
        party_number=str(number),
        name="王小明",
        login=login,
        password="secret",
        pan=f"622202{number:010}",
        pin="1234",
        card_kind=kind,
        expires="3001",
        account_number=f"SV{number}",
        phone="",
    )


WALLETS = st.lists(st.tuples(st.sampled_from(["debit", "credit"]), st.booleans()), min_size=1, max_size=40).map(
    lambda kinds: [_wallet(n, kind, f"login-{n}" if login else "") for n, (kind, login) in enumerate(kinds)]
)


def _acts(population: Population, seed: int, channel: str, count: int = 60) -> list[Act]:
    drawn = random.Random(seed)
    return [act for _ in range(count) if (act := draw_act(drawn, population, channel)) is not None]


@given(WALLETS, st.integers(0, 2**32), st.sampled_from(CHANNELS))
def test_nobody_does_what_is_not_open_to_them(wallets: list[Wallet], seed: int, channel: str) -> None:
    for act in _acts(populate(wallets, seed), seed, channel):
        if channel != "pos":
            assert act.wallet.card_kind == "debit"
        if channel in {"internet", "mobile"}:
            assert act.wallet.login
        if act.payee is not None:
            assert act.payee.account_number != act.wallet.account_number


@given(WALLETS, st.integers(0, 2**32), st.sampled_from(CHANNELS))
def test_amounts_are_such_as_people_pay(wallets: list[Wallet], seed: int, channel: str) -> None:
    for act in _acts(populate(wallets, seed), seed, channel):
        if act.service == "cash_withdrawal":
            assert act.amount is not None
            assert act.amount % 100 == 0  # a machine gives notes
        if act.amount is not None:
            assert Decimal(1) <= act.amount <= Decimal(10_000)
            assert act.amount == act.amount.quantize(Decimal("0.01"))


@given(WALLETS, st.integers(0, 2**32))
def test_the_same_seed_makes_the_same_people_do_the_same(wallets: list[Wallet], seed: int) -> None:
    first, second = (_acts(populate(wallets, seed), seed, "pos") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_rate_is_the_mean_of_a_week(channel: str) -> None:
    rates = [channel_rates(10.0, [channel], at)[channel] for at in _A_WEEK]
    assert sum(rates) / len(rates) == pytest.approx(10.0, rel=0.01)


@pytest.mark.parametrize("channel", CHANNELS)
def test_noon_is_busier_than_the_middle_of_the_night(channel: str) -> None:
    night, noon = (channel_rates(10.0, CHANNELS, dt.datetime(2026, 5, 6, hour))[channel] for hour in (3, 12))  # noqa: DTZ001
    assert noon > 5 * night


def test_a_few_customers_act_often_and_most_now_and_then() -> None:
    population = populate([_wallet(n, "debit", f"login-{n}") for n in range(1000)], 42)
    counts = Counter(act.wallet.party_number for act in _acts(population, 7, "mobile", count=10_000))
    busiest = sum(count for _, count in counts.most_common(100))
    assert 0.2 < busiest / 10_000 < 0.7
