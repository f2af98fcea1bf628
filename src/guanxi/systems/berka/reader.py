"""Reads the files of the data set: gzip or plain, UTF-8 or a Czech code page, Czech or English words.

A row that cannot be used is set aside with its line and the reason; it never stops the import.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import functools
import gzip
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from guanxi.systems.berka.errors import FileUnusable

Row = dict[str, str]
_AMOUNT: Final = re.compile(r"-?\d{1,15}(\.\d{1,4})?")


@dataclasses.dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not imported, and why."""

    file: str
    line: int
    reason: str
    text: str


class UnusableRow(Exception):
    """Why a row cannot be used."""


def find(folder: Path, stem: str) -> Path:
    """The file whose name begins with `stem`."""
    found = sorted(path for path in folder.glob(f"{stem}.*") if path.is_file()) if folder.is_dir() else []
    if not found:
        raise FileUnusable(f"There is no {stem} file in {folder}.", next_step="Give the folder that has all of them.")
    return found[0]


def read(path: Path, columns: Sequence[str], rejected: list[Rejected]) -> Iterator[tuple[int, Row]]:
    """(line number, row) of every row that has all its columns; the others go to `rejected`."""
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        heading = _decode(next(iter(file), b"")).lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")
        separator = ";" if ";" in heading else ","
        names = _split(heading, separator)
        if missing := set(columns) - set(names):
            raise FileUnusable(
                f"{path.name} has no column {', '.join(sorted(missing))}.", next_step="Use the file as published."
            )
        for line, content in enumerate(file, 2):
            text = _decode(content)
            values = _split(text, separator)
            if len(values) == len(names):
                yield line, dict(zip(names, values, strict=True))
            elif text.strip():
                reason = f"{len(values)} columns instead of {len(names)}"
                rejected.append(Rejected(path.name, line, reason, text.strip()))


def _decode(content: bytes) -> str:
    for encoding in ("utf-8", "cp1250"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _split(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([text.replace("\0", "").rstrip("\r\n")], delimiter=separator), [])
    except csv.Error:
        return []


@functools.lru_cache(maxsize=4096)
def date(text: str) -> dt.date:
    """YYMMDD (all of them 19xx) or YYYY-MM-DD; the time of day that follows in `card` is always midnight."""
    plain = text.split(" ", maxsplit=1)[0].replace("-", "")
    try:
        return dt.datetime.strptime(plain if len(plain) == 8 else f"19{plain}", "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        raise UnusableRow(f"{text!r} is not a date") from None


def birth(birth_number: str) -> tuple[dt.date, str]:
    """Birth date and gender: the month of a woman is raised by 50."""
    if not re.fullmatch(r"\d{6}", birth_number):
        raise UnusableRow(f"{birth_number!r} is not a birth number")
    month = int(birth_number[2:4])
    gender = "F" if month > 50 else "M"
    return date(f"{birth_number[:2]}{month % 50:02d}{birth_number[4:]}"), gender


def amount(text: str) -> Decimal:
    """A decimal number."""
    if not _AMOUNT.fullmatch(text):
        raise UnusableRow(f"{text!r} is not an amount")
    return Decimal(text)
