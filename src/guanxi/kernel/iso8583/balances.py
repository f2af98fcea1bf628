"""Field 54, additional amounts: up to six balances of 20 characters each (ISO 8583:1987, data element 54).

Each is account type (2), amount type (2: 01 ledger, 02 available), currency (3 digits), sign (C or D) and twelve digits
of the currency's smallest unit.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NamedTuple

from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.money import CURRENCIES, Money, currency_from_numeric, from_minor_units

LEDGER: Final = "01"
AVAILABLE: Final = "02"
_BALANCE: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{3})([CD])([0-9]{12})")


class Balance(NamedTuple):
    """One amount of field 54."""

    kind: str  # LEDGER or AVAILABLE
    money: Money
    account_type: str = "00"


def write_balances(*balances: Balance) -> str:
    """Field 54 for `balances`."""
    return "".join(map(_write, balances))


def read_balances(text: str) -> list[Balance]:
    """What field 54 says; balances in currencies we do not keep and anything misshapen are left out."""
    return [balance for match in _BALANCE.finditer(text) if (balance := _read(*match.groups())) is not None]


def _write(balance: Balance) -> str:
    sign = "D" if balance.money.amount < Decimal(0) else "C"
    numeric = CURRENCIES[balance.money.currency][0]
    return f"{balance.account_type}{balance.kind}{numeric}{sign}{abs(balance.money.minor_units):012}"


def _read(account_type: str, kind: str, numeric: str, sign: str, digits: str) -> Balance | None:
    try:
        money = from_minor_units(int(digits), currency_from_numeric(numeric))
    except InvalidValue:
        return None
    return Balance(kind, -money if sign == "D" else money, account_type)
