"""Who does what, when: a population of customers with a day and a week. Pure; seeded by the `Random` it is given.

The shares of the hours follow the shape that card networks and banks publish again and again: shops at noon and in the
evening, machines in business hours, phones until late, hardly anybody before dawn.
"""

from __future__ import annotations

import bisect
import dataclasses
import datetime as dt
import itertools
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from guanxi.lab.wallet import Wallet

CHANNELS: Final = ("atm", "pos", "internet", "mobile")
BILLERS: Final = ("electricity", "water", "gas", "telecom", "property")

_SHARES: Final[dict[str, float]] = {"pos": 0.42, "mobile": 0.34, "internet": 0.12, "atm": 0.12}
_HOURS: Final[dict[str, tuple[int, ...]]] = {  # midnight first, local time
    "pos": (2, 1, 0, 0, 0, 1, 3, 8, 12, 11, 12, 17, 22, 16, 12, 13, 15, 20, 28, 30, 25, 16, 8, 4),
    "atm": (2, 1, 1, 0, 0, 2, 5, 10, 16, 20, 21, 20, 17, 15, 16, 18, 20, 22, 18, 13, 9, 6, 4, 3),
    "internet": (3, 1, 1, 0, 0, 1, 4, 12, 24, 28, 26, 22, 15, 18, 24, 24, 20, 15, 12, 14, 16, 15, 10, 5),
    "mobile": (6, 3, 1, 1, 1, 2, 6, 14, 19, 20, 19, 18, 22, 17, 15, 15, 16, 17, 18, 21, 25, 27, 21, 12),
}
_WEEK: Final[dict[str, tuple[float, ...]]] = {  # Monday first
    "pos": (0.85, 0.85, 0.9, 0.9, 1.1, 1.3, 1.1),
    "atm": (1.0, 0.95, 0.95, 1.0, 1.2, 1.1, 0.8),
    "internet": (1.25, 1.15, 1.1, 1.1, 1.1, 0.75, 0.55),
    "mobile": (1.0, 1.0, 1.0, 1.0, 1.05, 1.0, 0.95),
}
_ACTS: Final[dict[str, tuple[tuple[str, int], ...]]] = {
    "atm": (("cash_withdrawal", 68), ("balance", 24), ("mini_statement", 8)),
    "pos": (("purchase", 100),),
    "internet": (
        ("accounts", 22),
        ("balance", 24),
        ("mini_statement", 18),
        ("internal_transfer", 24),
        ("bill_payment", 12),
    ),
    "mobile": (
        ("accounts", 20),
        ("balance", 34),
        ("mini_statement", 12),
        ("internal_transfer", 24),
        ("bill_payment", 10),
    ),
}
_ONLINE: Final = frozenset({"internet", "mobile"})
_BUNDLES: Final = 0.5  # of what those do online who have accounts in several systems
_NOTES: Final = (100, 200, 300, 500, 500, 800, 1000, 1000, 2000)


@dataclasses.dataclass(frozen=True, slots=True)
class Act:
    """One thing a customer does."""

    channel: str
    service: str
    wallet: Wallet
    amount: Decimal | None = None
    payee: Wallet | None = None
    biller: str = ""
    premium: Decimal | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Population:
    """Customers and how busy each is: a few act often, most now and then (a Pareto distribution)."""

    wallets: Mapping[str, Sequence[Wallet]]  # by channel
    cumulative: Mapping[str, Sequence[float]]
    payees: Sequence[Wallet]
    elsewhere: Mapping[str, Sequence[tuple[str, str]]]  # by customer number: system and number of other accounts


def populate(
    wallets: Sequence[Wallet], seed: int, elsewhere: Mapping[str, Sequence[tuple[str, str]]] | None = None
) -> Population:
    """The population that carries `wallets`; the same seed makes the same people busy.

    Those who have accounts `elsewhere` use the services that are made of several legs, too.
    """
    drawn = random.Random(f"{seed}/busy")  # noqa: S311 - invented, repeatable
    busy = [drawn.paretovariate(1.6) for _ in wallets]
    by_channel = {channel: [i for i, wallet in enumerate(wallets) if _uses(wallet, channel)] for channel in CHANNELS}
    return Population(
        wallets={channel: [wallets[i] for i in chosen] for channel, chosen in by_channel.items()},
        cumulative={
            channel: list(itertools.accumulate(min(busy[i], 50.0) for i in chosen))
            for channel, chosen in by_channel.items()
        },
        payees=[wallet for wallet in wallets if wallet.card_kind == "debit"],
        elsewhere=elsewhere or {},
    )


def channel_rates(rate: float, channels: Sequence[str], at: dt.datetime) -> dict[str, float]:
    """Acts a second on each channel at local time `at`, where `rate` is the mean over a week of all of `channels`."""
    whole = sum(_SHARES[channel] for channel in channels)
    return {channel: rate * _SHARES[channel] / whole * _busyness(channel, at) for channel in channels}


def draw_act(drawn: random.Random, population: Population, channel: str) -> Act | None:
    """What happens next on `channel`; None when nobody uses it."""
    wallet = _draw_wallet(drawn, population, channel)
    if wallet is None:
        return None
    others = population.elsewhere.get(wallet.party_number)
    if others and channel in _ONLINE and drawn.random() < _BUNDLES:
        return _draw_bundle(drawn, channel, wallet, *drawn.choice(others))
    names, weights = zip(*_ACTS[channel], strict=True)
    service = drawn.choices(names, weights)[0]
    payee = drawn.choice(population.payees) if service == "internal_transfer" and population.payees else None
    if payee is not None and payee.account_number == wallet.account_number:
        service, payee = "balance", None
    biller = drawn.choice(BILLERS) if service == "bill_payment" else ""
    return Act(channel, service, wallet, _amount(drawn, service), payee, biller)


def _draw_bundle(drawn: random.Random, channel: str, wallet: Wallet, system: str, number: str) -> Act:
    """A service of several legs, between the wallet's account and its holder's account elsewhere."""
    other, choice = msgspec.structs.replace(wallet, account_number=number), drawn.random()
    if choice < 0.2:
        return Act(channel, "open_package", wallet, biller=drawn.choice(BILLERS))
    amount = _amount(drawn, "internal_transfer")
    if system == "loans" and choice < 0.6:
        premium = Decimal(drawn.randrange(100, 5000)) / 100
        return Act(channel, "loan_payout_with_insurance", other, amount, wallet, premium=premium)
    return Act(channel, "transfer_across_systems", wallet, amount, other)


def _uses(wallet: Wallet, channel: str) -> bool:
    debit = wallet.card_kind == "debit"
    return {"atm": debit, "pos": True}.get(channel, debit and bool(wallet.login))


def _busyness(channel: str, at: dt.datetime) -> float:
    """How many times the mean of the week; hours run into each other."""
    hours = _HOURS[channel]
    share = at.minute / 60
    now = hours[at.hour] * (1 - share) + hours[(at.hour + 1) % 24] * share
    week = _WEEK[channel]
    return now * 24 / sum(hours) * week[at.weekday()] * 7 / sum(week)


def _draw_wallet(drawn: random.Random, population: Population, channel: str) -> Wallet | None:
    cumulative = population.cumulative[channel]
    if not cumulative:
        return None
    place = bisect.bisect_left(cumulative, drawn.random() * cumulative[-1])
    return population.wallets[channel][min(place, len(cumulative) - 1)]


def _amount(drawn: random.Random, service: str) -> Decimal | None:
    if service == "cash_withdrawal":
        return Decimal(drawn.choice(_NOTES))
    if service in {"purchase", "internal_transfer", "bill_payment"}:
        fen = int(drawn.lognormvariate(8.8, 1.0)) + 100  # the median is about 67 yuan
        return Decimal(min(fen, 1_000_000)) / 100
    return None
