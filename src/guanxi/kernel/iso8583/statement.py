"""Field 62 of a mini statement: twenty characters for each entry, newest first.

Date YYMMDD, a blank, the signed amount with a decimal point in thirteen places. The layout is ours: ISO 8583:1987
leaves field 62 to agreement.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

WIDTH: Final = 20
MOST_ENTRIES: Final = 40  # 999 characters hold no more
_LINE: Final = re.compile(r"([0-9]{6}) ([ 0-9.+-]{13})")
_AMOUNT: Final = re.compile(r" *[+-][0-9]+(\.[0-9]+)?")


class StatementEntry(NamedTuple):
    """One entry of an account: a positive amount came in, a negative one left."""

    day: dt.date
    amount: Decimal


def write_statement(entries: Iterable[StatementEntry]) -> str:
    """Field 62 for `entries`; one too large for its place is left out."""
    lines = [f"{entry.day:%y%m%d} {entry.amount:>+13}" for entry in entries]
    return "".join([line for line in lines if len(line) == WIDTH][:MOST_ENTRIES])


def read_statement(text: str) -> list[StatementEntry]:
    """The entries of field 62; what is no entry is left out."""
    lines = (text[start : start + WIDTH] for start in range(0, len(text), WIDTH))
    return [entry for line in lines if (entry := _read(line)) is not None]


def _read(line: str) -> StatementEntry | None:
    match = _LINE.fullmatch(line)
    if match is None or not _AMOUNT.fullmatch(match[2]):
        return None
    try:
        day = dt.datetime.strptime(match[1], "%y%m%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return None
    return StatementEntry(day, Decimal(match[2].strip()))
