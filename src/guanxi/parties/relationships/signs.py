"""What speaks for a relationship between two parties, as plain signs; no sign proves anything alone.

Two people are compared only where something brings them together: an address, a phone, an account, regular payments.
A surname and a difference of age, which a million pairs have alike, say more about such a pair but never make one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any, Final

import msgspec

MOST_AT_ADDRESS: Final = 8  # more are an employer, a dormitory, a registered office
MOST_ON_PHONE: Final = 6
FEWEST_MONTHS: Final = 3  # of payments that count as regular
_COMMON: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗張劉陳楊黃趙吳孫馬羅"
)  # the twenty commonest in China
_STEADY: Final = 0.05
_ABOUT_EVEN: Final = 0.35
_YEAR: Final = 365.25


class Person(msgspec.Struct, frozen=True, gc=False):
    """What is known of somebody that bears on their relationships."""

    id: uuid.UUID
    surname: str = ""
    born: dt.date | None = None
    gender: str = ""


class Payments(msgspec.Struct, frozen=True, gc=False):
    """Money that `payee` got from `payer` month after month: in `months` of the `span` months since the first.

    `spread` is the mean distance of a month's amount from the median, as a part of it; `payees` how many are paid so by
    the same payer.
    """

    payer: uuid.UUID
    payee: uuid.UUID
    months: int
    span: int
    spread: float
    payees: int
    salary: bool = False  # the payments say so themselves
    typical: str = ""  # the median with its currency, to be shown


class Common(msgspec.Struct, frozen=True, kw_only=True):
    """What two parties have in common. The counts are of all parties there; 0: it is not shared."""

    address: str = ""
    at_address: int = 0
    phone: str = ""
    on_phone: int = 0
    email: str = ""
    account: str = ""  # of the one, for which the other may sign
    up: Payments | None = None  # the younger pays the elder
    down: Payments | None = None

    @property
    def anything(self) -> bool:
        """Something brings the two together."""
        return self != Common()


def in_order(one: Person, other: Person) -> tuple[Person, Person]:
    """The elder first; where an age is not known the lower id."""
    if one.born is not None and other.born is not None and one.born != other.born:
        return (one, other) if one.born < other.born else (other, one)
    return (one, other) if one.id < other.id else (other, one)


def years_between(elder: Person, younger: Person) -> int | None:
    """Whole years from one birth to the other."""
    if elder.born is None or younger.born is None:
        return None
    return int((younger.born - elder.born).days / _YEAR)


def signs_of(elder: Person, younger: Person, common: Common) -> frozenset[str]:
    """What speaks for and against, as names that the weights know."""
    return frozenset((*_ground(common), *_likeness(elder, younger)))


def payment_signs(paid: Payments) -> frozenset[str]:
    """What in the payments of an organisation to a person speaks for work."""
    return frozenset(
        (
            "salary" if paid.salary else "unnamed",
            "months_3" if paid.months < 6 else "months_6" if paid.months < 12 else "months_12",
            "gaps" if paid.months < paid.span else "every_month",
            "even" if paid.spread <= _STEADY else "about_even" if paid.spread <= _ABOUT_EVEN else "uneven",
            "payees_1" if paid.payees == 1 else "payees_few" if paid.payees < 5 else "payees_many",
        )
    )


def _ground(common: Common) -> Iterator[str]:
    if common.at_address:
        yield "address_two" if common.at_address == 2 else "address_few" if common.at_address <= 5 else "address_many"
    if common.on_phone:
        yield "phone_two" if common.on_phone == 2 else "phone_few"
    if common.email:
        yield "email"
    if common.account:
        yield "signs"
    if common.up is not None:
        yield "pays_elder"
    if common.down is not None:
        yield "pays_younger"


def _likeness(elder: Person, younger: Person) -> Iterator[str]:
    years = years_between(elder, younger)
    gap = _gap(years)
    yield gap
    same = bool(elder.surname) and elder.surname == younger.surname
    if same:
        yield "surname" if elder.surname in _COMMON else "surname_rare"
        yield f"surname_{gap}"
    sexes = f"{elder.gender}{younger.gender}"
    if len(sexes) == 2:
        yield "sexes_differ" if sexes in {"MF", "FM"} else "sexes_same"
        if sexes in {"MF", "FM"}:
            yield f"couple_{gap}"
        if same and elder.gender == "M":
            yield f"father_{gap}"


def _gap(years: int | None) -> str:
    if years is None:
        return "gap_unknown"
    for limit in (10, 17, 30, 43):
        if years < limit:
            return f"gap_below_{limit}"
    return "gap_more"


def columns(row: frozenset[str], known: tuple[str, ...]) -> list[float]:
    """The signs as a row of numbers, for fitting."""
    values: list[Any] = [1.0, *(float(name in row) for name in known)]
    return values
