"""What customers do, a chunk at a time as numpy columns, and the balances that follow from it.

The amounts of an account's completed interactions, from its first (brought forward or paid in) on, add up to its
balance, and no savings account is ever below zero.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

import numpy as np
import numpy.typing as npt

from guanxi.demo import facts, templates
from guanxi.demo.customers import Customer
from guanxi.demo.holdings import Holdings
from guanxi.demo.rhythm import DAY, Numbers, Window, local_day, moments, on_day
from guanxi.demo.templates import Template
from guanxi.kernel.vocabulary import Outcome
from guanxi.storage.copy_rows import Bytes

_REGULAR: Final = 30  # interactions of a usual customer in the window that come by the month
_FREE: Final = 72  # and those that scale with the wanted number
_ONE_DAY: Final = dt.timedelta(days=1)

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(slots=True)
class Batch:
    """Interactions of one template. `party` and `account` are positions in the chunk; no account, no amount."""

    template: Template
    party: Numbers
    at: Numbers
    account: Numbers | None = None
    cents: Numbers | None = None
    detail: Bytes | None = None

    def where(self, keep: npt.NDArray[np.bool_]) -> Batch:
        """Only the rows in `keep`."""
        return Batch(
            self.template,
            self.party[keep],
            self.at[keep],
            None if self.account is None else self.account[keep],
            None if self.cents is None else self.cents[keep],
            None if self.detail is None else self.detail[keep],
        )


class Population:
    """The chunk's customers and accounts as columns, and the batches drawn so far."""

    def __init__(
        self, generator: np.random.Generator, customers: list[Customer], held: Holdings, window: Window, wanted: int
    ) -> None:
        self.generator = generator
        self.window = window
        self.customers = customers
        self.held = held
        self.size = len(customers)
        position = {customer.id: index for index, customer in enumerate(customers)}
        self.holder = np.array([position[account.holder.id] for account in held.accounts])
        self.opened = np.array([local_day(account.opened_on + _ONE_DAY) for account in held.accounts])
        self.salary = np.array([customer.salary for customer in customers], dtype=float)
        self.business = np.array([customer.kind == "organisation" for customer in customers])
        self.retired = np.array([customer.occupation == "retired" for customer in customers])
        self.activity = generator.gamma(2.5, 0.4, self.size) * max(0.04, (wanted - _REGULAR) / _FREE)
        self.batches: list[Batch] = []
        if customers[0].index == 0:
            self.activity[0] = max(self.activity[0], 1.6)

    def of_system(self, system: str) -> Numbers:
        """Positions of the accounts of a system."""
        return np.array([i for i, account in enumerate(self.held.accounts) if account.system == system], dtype=np.int64)

    def people(self, rate: float, eligible: npt.NDArray[np.bool_] | None = None) -> Numbers:
        """Each customer as often as it does something that a usual one does `rate` times in the window."""
        frequency = self.activity * rate
        counts = self.generator.poisson(frequency if eligible is None else frequency * eligible)
        return np.repeat(np.arange(self.size), counts)

    def spend(self, count: int, typical: float, spread: float = 0.6) -> Numbers:
        """Amounts around `typical` yuan, in cents."""
        drawn = typical * 100 * self.generator.lognormal(0, spread, count)
        result: Numbers = np.maximum(drawn, 100).astype(np.int64)
        return result

    def details(self, template: Template, count: int) -> Bytes | None:
        """A drawn detail document for each row."""
        if not template.details:
            return None
        table = templates.details(template.details)
        return table[self.generator.integers(0, len(table), count)]

    def add(self, batch: Batch) -> Batch:
        """Keep what lies between the opening of the account (or joining) and the end of the window."""
        opened = self.opened[batch.party if batch.account is None else batch.account]
        kept = batch.where((batch.at >= opened) & (batch.at < self.window.until) & (batch.at >= self.start))
        self.batches.append(kept)
        return kept

    @property
    def start(self) -> int:
        """The first instant of the window, with room for what was brought forward."""
        return local_day(self.window.first) + 60_000_000


def draw_behaviour(population: Population) -> tuple[list[Batch], Numbers]:
    """All interactions of the chunk, and the balance of each account in cents at the end."""
    _monthly(population)
    _spending(population)
    _transfers(population)
    _bills(population)
    _credit_cards(population)
    _loans(population)
    _looking(population)
    _talking(population)
    _star(population)
    return _with_openings(population)


def _monthly(of: Population) -> None:
    everybody = np.arange(of.size)
    works, payday = ~of.business & ~of.retired, of.generator.integers(5, 16, of.size)
    rents = works & (of.generator.random(of.size) < 0.35)
    wealth = of.salary * of.generator.lognormal(0.8, 1.1, of.size)
    for month in of.window.month_starts():
        raise_ = 1 + 0.03 * (month.month == 12)
        for template, group in ((templates.SALARY, works), (templates.PENSION, of.retired & ~of.business)):
            who = everybody[group]
            at = on_day(of.generator, month, len(who), "office") + payday[who] * DAY
            of.add(Batch(template, who, at, who, (of.salary[who] * raise_).astype(np.int64)))
        who = everybody[rents]
        rent = -(of.salary[who] * 0.25 // 10_000).astype(np.int64) * 10_000 - 50_000
        of.add(Batch(templates.RENT, who, on_day(of.generator, month, len(who), "night", 4), who, rent))
        end = (month + dt.timedelta(days=31)).replace(day=1) - _ONE_DAY
        earned = np.maximum(wealth * 0.0035 / 12, 1).astype(np.int64)
        of.add(Batch(templates.INTEREST, everybody, on_day(of.generator, end, of.size, "night"), everybody, earned))
    _turnover(of)


def _turnover(of: Population) -> None:
    for template, share in ((templates.TURNOVER, 0.11), (templates.PAYMENTS, -0.10)):
        who = of.people(110 / max(of.activity.mean(), 0.3), of.business)
        cents = (of.salary[who] * share * of.generator.lognormal(0, 0.5, len(who))).astype(np.int64)
        of.add(Batch(template, who, moments(of.generator, len(who), of.window, "office"), who, cents))


def _spending(of: Population) -> None:
    merchants = facts.places().merchants
    typical = np.array([merchant.typical for merchant in merchants], dtype=float)
    often = np.cumsum(1 / np.sqrt(typical))
    for template, rate in ((templates.PURCHASE, 25), (templates.REFUSED_PURCHASE, 0.25)):
        who = of.people(rate, ~of.business)
        shop = np.searchsorted(often, of.generator.random(len(who)) * often[-1], side="right")
        cents = -(typical[shop] * 100 * of.generator.lognormal(-0.2, 0.5, len(who))).astype(np.int64) - 100
        detail = (
            templates.details("merchants")[shop] if template is templates.PURCHASE else of.details(template, len(who))
        )
        of.add(Batch(template, who, moments(of.generator, len(who), of.window, "spending"), who, cents, detail))
    for template, rate in ((templates.WITHDRAWAL, 7), (templates.REFUSED_WITHDRAWAL, 0.15)):
        who = of.people(rate, ~of.business)
        notes = -(1 + of.generator.poisson(4, len(who))).astype(np.int64) * 10_000
        at = moments(of.generator, len(who), of.window, "machine")
        of.add(Batch(template, who, at, who, notes, of.details(template, len(who))))
    who = of.people(0.6)
    deposits = (1 + of.generator.poisson(18, len(who))).astype(np.int64) * 10_000
    at = moments(of.generator, len(who), of.window, "office")
    of.add(Batch(templates.COUNTER_DEPOSIT, who, at, who, deposits, of.details(templates.COUNTER_DEPOSIT, len(who))))


def _transfers(of: Population) -> None:
    """What one pays another receives, at the same instant; both see the other's account."""
    numbers = np.array([account.number.encode() for account in of.held.accounts]).view(np.uint8)
    numbers = numbers.reshape(len(of.held.accounts), -1)
    for template, rate in ((templates.TRANSFER_MOBILE, 3.0), (templates.TRANSFER_INTERNET, 1.2)):
        payer = of.people(rate)
        payee = of.generator.integers(0, of.size, len(payer))
        at = moments(of.generator, len(payer), of.window, "online")
        cents = of.spend(len(payer), 450, 1.0)
        known = np.maximum(of.opened[payer], of.opened[payee])
        keep = (payer != payee) & (at >= known) & (at < of.window.until) & (at >= of.start)
        payer, payee, at, cents = payer[keep], payee[keep], at[keep], cents[keep]
        of.add(Batch(template, payer, at, payer, -cents, _counterparty(numbers[payee])))
        of.add(Batch(template, payee, at, payee, cents, _counterparty(numbers[payer])))


def _counterparty(numbers: Bytes) -> Bytes:
    before, after = b'\x01{"counterparty_account":"', b'"}'
    table = np.empty((len(numbers), len(before) + numbers.shape[1] + len(after)), dtype=np.uint8)
    table[:, : len(before)] = np.frombuffer(before, dtype=np.uint8)
    table[:, len(before) : -len(after)] = numbers
    table[:, -len(after) :] = np.frombuffer(after, dtype=np.uint8)
    return table


def _bills(of: Population) -> None:
    typical = np.array([biller.typical for biller in facts.places().billers], dtype=float)
    for template, rate in ((templates.BILL_MOBILE, 3.6), (templates.BILL_INTERNET, 1.4)):
        who = of.people(rate)
        biller = of.generator.integers(0, len(typical), len(who))
        cents = -(typical[biller] * 100 * of.generator.lognormal(0, 0.35, len(who))).astype(np.int64)
        at = moments(of.generator, len(who), of.window, "online")
        of.add(Batch(template, who, at, who, cents, templates.details("billers")[biller]))


def _credit_cards(of: Population) -> None:
    """Purchases on credit; on the 20th of the next month most pay all, some a part, from their savings account."""
    cards = of.of_system("cards")
    owner = of.holder[cards]
    account_of = np.full(of.size, -1)
    account_of[owner] = cards
    who = of.people(20, np.isin(np.arange(of.size), owner))
    merchants = facts.places().merchants
    shop = of.generator.integers(0, len(merchants), len(who))
    typical = np.array([merchant.typical for merchant in merchants], dtype=float)
    cents = -(typical[shop] * 100 * of.generator.lognormal(-0.3, 0.5, len(who))).astype(np.int64) - 100
    at = moments(of.generator, len(who), of.window, "spending")
    detail = templates.details("merchants")[shop]
    bought = of.add(Batch(templates.CREDIT_PURCHASE, who, at, account_of[who], cents, detail))
    starts = of.window.month_starts()
    month = np.searchsorted(np.array([local_day(start) for start in starts]), bought.at, side="right") - 1
    part = np.where(of.generator.random(len(cards)) < 0.85, 1.0, 0.3)
    for index, start in enumerate(starts):
        _settle(of, bought, month == index, cards, part, start)


def _settle(
    of: Population, bought: Batch, in_month: npt.NDArray[np.bool_], cards: Numbers, part: Floats, month: dt.date
) -> None:
    if bought.account is None or bought.cents is None:
        return
    owed = -np.bincount(bought.account[in_month], bought.cents[in_month], minlength=len(of.holder))[cards]
    paying = owed > 0
    cents = (owed * part).astype(np.int64)[paying]
    account, payer = cards[paying], of.holder[cards[paying]]
    due = (month + dt.timedelta(days=31)).replace(day=20)
    at = on_day(of.generator, due, len(account), "night")
    of.add(Batch(templates.CARD_SETTLEMENT, payer, at, payer, -cents))
    of.add(Batch(templates.CARD_PAYMENT, payer, at, account, cents))


def _loans(of: Population) -> None:
    accounts = of.of_system("loans")
    if not len(accounts):
        return
    payer = of.holder[accounts]
    cents = np.array([int(loan.instalment * 100) for loan in of.held.loans])
    for month in of.window.month_starts():
        at = on_day(of.generator, month.replace(day=15), len(accounts), "night")
        keep = at >= of.opened[accounts]
        of.add(Batch(templates.INSTALMENT, payer[keep], at[keep], payer[keep], -cents[keep]))
        of.add(Batch(templates.REPAYMENT, payer[keep], at[keep], accounts[keep], cents[keep]))


def _looking(of: Population) -> None:
    for template, rate, rhythm in (
        (templates.SIGN_IN_MOBILE, 6.0, "online"),
        (templates.SIGN_IN_INTERNET, 2.0, "online"),
        (templates.BALANCE_MOBILE, 5.0, "online"),
        (templates.BALANCE_INTERNET, 1.5, "online"),
        (templates.BALANCE_ATM, 1.5, "machine"),
        (templates.STATEMENT_INTERNET, 0.8, "online"),
    ):
        who = of.people(rate)
        at = moments(of.generator, len(who), of.window, rhythm)
        account = None if template.service == "sign_in" else who
        of.add(Batch(template, who, at, account, None, of.details(template, len(who))))


def _talking(of: Population) -> None:
    for template, rate in (
        (templates.VISIT, 0.8),
        (templates.CALL, 0.6),
        (templates.LETTER, 0.1),
        (templates.COMPLAINT, 0.08),
    ):
        who = of.people(rate)
        at = moments(of.generator, len(who), of.window, "office")
        of.add(Batch(template, who, at, None, None, of.details(template, len(who))))


def _star(of: Population) -> None:
    """王小明 has complained two days ago and waits for an answer."""
    if of.customers[0].index == 0:
        at = np.array([of.window.until - 2 * DAY])
        template = templates.COMPLAINT
        of.add(Batch(template, np.array([0]), at, None, None, of.details(template, 1)))


def _with_openings(of: Population) -> tuple[list[Batch], Numbers]:
    """Bring forward what keeps every savings account above zero; the rest of the wealth is drawn."""
    moved = [batch for batch in of.batches if batch.cents is not None and batch.template.outcome is Outcome.COMPLETED]
    account = np.concatenate([batch.account for batch in moved if batch.account is not None])
    cents = np.concatenate([batch.cents for batch in moved if batch.cents is not None])
    order = np.lexsort((cents, np.concatenate([batch.at for batch in moved]), account))
    running, lowest = _running(account[order], cents[order], len(of.holder))
    opening = np.maximum(0, -lowest) + _reserve(of)
    for system, value in (("cards", 0), ("integrated", None)):
        positions = of.of_system(system)
        opening[positions] = value if value is not None else np.maximum(opening[positions], 10_000)
    for loan, position in zip(of.held.loans, of.of_system("loans"), strict=True):
        share = 1 - loan.paid_before / loan.term_months
        opening[position] = -max(int(loan.principal * 100 * round(share * 1000) / 1000), running[position])
    filled = np.flatnonzero(opening)
    at = np.maximum(local_day(of.window.first), of.opened[filled] - DAY // 2)
    keep = at < of.window.until
    filled, at = filled[keep], at[keep]
    opening[np.setdiff1d(np.arange(len(opening)), filled)] = 0
    of.batches.append(Batch(templates.FORWARD, of.holder[filled], at, filled, opening[filled]))
    return of.batches, running + opening


def _reserve(of: Population) -> Numbers:
    """What each account holds beyond its needs: a few months' income, for some very much more."""
    drawn = of.salary[of.holder] * of.generator.lognormal(0.9, 1.6, len(of.holder))
    rounded: Numbers = (drawn * 0.6).astype(np.int64)
    return rounded


def _running(account: Numbers, cents: Numbers, accounts: int) -> tuple[Numbers, Numbers]:
    """The final and the lowest running sum of each account; `account` is sorted."""
    final = np.zeros(accounts, dtype=np.int64)
    lowest = np.zeros(accounts, dtype=np.int64)
    if len(account):
        sums = np.cumsum(cents)
        starts = np.flatnonzero(np.r_[True, account[1:] != account[:-1]])
        before = np.r_[0, sums[starts[1:] - 1]]
        ends = np.r_[starts[1:], len(account)] - 1
        final[account[starts]] = sums[ends] - before
        lowest[account[starts]] = np.minimum.reduceat(sums, starts) - before
    return final, lowest
