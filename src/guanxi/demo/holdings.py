"""What customers hold: accounts, cards and loans, drawn a chunk at a time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import uuid
from decimal import Decimal
from typing import Final

from guanxi.access.cards import check_digit
from guanxi.demo.customers import Customer

_SYSTEM_DIGIT: Final = {"savings": 1, "integrated": 2, "loans": 3, "cards": 4}
_SCATTER: Final = 387_420_489  # 3**18, which has no factor in common with 10**9: neighbours get unlike card numbers
_STAR_PIN: Final = "1234"


@dataclasses.dataclass(slots=True)
class DemoAccount:
    """An account; `balance` is filled in from its interactions."""

    id: uuid.UUID
    number: str
    system: str
    product: str
    currency: str
    holder: Customer
    opened_on: dt.date
    credit_limit: Decimal = Decimal(0)
    balance: Decimal = Decimal(0)


@dataclasses.dataclass(slots=True)
class DemoCard:
    """A card with its number and PIN in the clear, as only a demo may have them."""

    id: uuid.UUID
    number: str
    kind: str
    product: str
    account: DemoAccount
    pin: str
    issued_on: dt.date
    expires_on: dt.date


@dataclasses.dataclass(slots=True)
class DemoLoan:
    """The terms of a loan account."""

    account: DemoAccount
    principal: Decimal
    annual_rate: Decimal
    term_months: int
    instalment: Decimal
    paid_before: int  # instalments paid before the window of the timeline


@dataclasses.dataclass(slots=True)
class Holdings:
    """All that the customers of a chunk hold. The main accounts are first and in the order of the customers."""

    accounts: list[DemoAccount] = dataclasses.field(default_factory=list)
    cards: list[DemoCard] = dataclasses.field(default_factory=list)
    loans: list[DemoLoan] = dataclasses.field(default_factory=list)


def draw_holdings(seed: int, customers: list[Customer], window_start: dt.date, until: dt.date) -> Holdings:
    """Everybody has a savings account; many have cards, some a loan, some an integrated account."""
    random_ = random.Random(f"{seed}/holdings/{customers[0].index}")  # noqa: S311 - invented, repeatable
    held = Holdings()
    held.accounts = [_account(random_, customer, "savings", until) for customer in customers]
    for customer, savings in zip(customers, list(held.accounts), strict=True):
        _cards(random_, held, customer, savings, until)
        if customer.index and random_.random() < 0.12:
            held.accounts.append(_account(random_, customer, "integrated", until))
        if customer.index and customer.occupation != "retired" and random_.random() < 0.08:
            _loan(random_, held, customer, window_start, until)
    return held


def _account(random_: random.Random, customer: Customer, system: str, until: dt.date) -> DemoAccount:
    foreign = system == "integrated" and customer.identifier[2] not in {"CN", "HK"}
    currency = "USD" if foreign else "HKD" if system == "integrated" and customer.identifier[2] == "HK" else "CNY"
    days = 0 if system == "savings" else random_.randrange(max((until - customer.since).days, 1))
    business = customer.kind == "organisation"
    products = {
        "savings": "business_current" if business else "current",
        "integrated": "umbrella",
        "loans": "business_loan" if business else random_.choice(["housing_loan", "consumer_loan", "car_loan"]),
        "cards": "business_card" if business else "credit_card",
    }
    return DemoAccount(
        id=uuid.UUID(int=random_.getrandbits(128), version=4),
        number=_account_number(system, customer),
        system=system,
        product=products[system],
        currency=currency,
        holder=customer,
        opened_on=customer.since + dt.timedelta(days=days),
    )


def _account_number(system: str, customer: Customer) -> str:
    """System, branch, customer, and two check digits (ISO 7064, MOD 97-10)."""
    plain = f"{_SYSTEM_DIGIT[system]}{customer.branch}{customer.index + 1:010d}"
    return f"{plain}{98 - int(plain) * 100 % 97:02d}"


def card_number(issuer: str, index: int) -> str:
    """A Luhn-valid number of 16 digits (ISO/IEC 7812-1)."""
    plain = f"{issuer}{(index + 1) * _SCATTER % 10**9:09d}"
    return plain + check_digit(plain)


def _cards(random_: random.Random, held: Holdings, customer: Customer, savings: DemoAccount, until: dt.date) -> None:
    if customer.index == 0 or random_.random() < 0.9:
        held.cards.append(_card(random_, customer, savings, "debit", until))
    if customer.index == 0 or random_.random() < 0.35:
        account = _account(random_, customer, "cards", until)
        account.credit_limit = Decimal(max(customer.salary * 3 // 1_000_000, 1) * 10_000)
        held.accounts.append(account)
        held.cards.append(_card(random_, customer, account, "credit", until))


def _card(random_: random.Random, customer: Customer, account: DemoAccount, kind: str, until: dt.date) -> DemoCard:
    issued = max(account.opened_on, until - dt.timedelta(days=random_.randrange(1, 1200)))
    pin = f"{random_.randrange(10_000):04d}"
    return DemoCard(
        id=uuid.UUID(int=random_.getrandbits(128), version=4),
        number=card_number("622202" if kind == "debit" else "625965", customer.index),
        kind=kind,
        product=account.product if kind == "credit" else "debit_card",
        account=account,
        pin=_STAR_PIN if customer.index == 0 else pin,
        issued_on=issued,
        expires_on=dt.date(issued.year + 5, issued.month, 28),
    )


def _loan(random_: random.Random, held: Holdings, customer: Customer, window_start: dt.date, until: dt.date) -> None:
    """An annuity: the instalment is principal x rate / (1 - (1 + rate) ** -months)."""
    account = _account(random_, customer, "loans", until)
    account.opened_on = max(customer.since, until - dt.timedelta(days=random_.randrange(400, 2500)))
    months = {"housing_loan": 240, "car_loan": 48}.get(account.product, 36)
    annual = Decimal(random_.choice(["3.4500", "3.9000", "4.3500", "4.9000"]))
    instalment = (Decimal(customer.salary) / 100 * Decimal("0.28")).quantize(Decimal("0.01"))
    rate = annual / 1200
    principal = (instalment * (1 - (1 + rate) ** -months) / rate).quantize(Decimal(1))
    passed = (window_start.year - account.opened_on.year) * 12 + window_start.month - account.opened_on.month
    held.accounts.append(account)
    held.loans.append(DemoLoan(account, principal, annual, months, instalment, max(0, min(passed, months - 1))))
