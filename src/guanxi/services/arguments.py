"""The forms of argument that services share, checked as they are decoded."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.money import Money, decimal_places
from guanxi.kernel.vocabulary import Reason

_PRINTABLE = r"^[^\x00-\x1f\x7f]*$(?!\n)"

AccountNumber = Annotated[str, msgspec.Meta(min_length=4, max_length=34, pattern=r"^[A-Za-z0-9-]+$(?!\n)")]
CardName = Annotated[str, msgspec.Meta(min_length=32, max_length=64, pattern=r"^[0-9a-f-]+$(?!\n)")]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}$(?!\n)")]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=_PRINTABLE)]
Memo = Annotated[str, msgspec.Meta(max_length=140, pattern=_PRINTABLE)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]  # lines may break


def refuse_amount(amount: Decimal, currency: str) -> Reason | None:
    """Why `amount` cannot be moved in `currency`, or None: it is positive and exact to the minor unit."""
    try:
        money = Money(amount, currency)
    except InvalidValue:
        return Reason.INVALID_AMOUNT
    return None if money.amount > 0 else Reason.INVALID_AMOUNT


def movable(amount: Decimal, currency: str) -> Decimal | None:
    """`amount` as the timeline keeps it, or None when it cannot be moved."""
    return None if refuse_amount(amount, currency) else Money(amount, currency).amount


def exact(amount: Decimal, currency: str) -> str:
    """`amount` as a back-end reads it: decimal text with all of the currency's places."""
    return str(Money(amount, currency).amount)


def shown(balance: Decimal, currency: str) -> str:
    """`balance` as a customer reads it: with the currency's places, though our record keeps four."""
    return str(round(balance, decimal_places(currency)))
