"""A file as a table of texts, whatever its format: columns, and rows that come one by one."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

LARGEST_EXACT: Final = 10**15  # spreadsheets keep 15 digits of a number (IEEE 754 binary64 has 53 bits)


class Row(NamedTuple):
    """The cells of one row, as many as there are columns; `number` is where it stands in the file, from 1."""

    number: int
    cells: Sequence[str]


class Unreadable(NamedTuple):
    """A row that cannot be taken for one, and why."""

    number: int
    reason: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """What a file holds. `share` tells how much of it has been read, 0 to 1; `notes` what is doubtful about it.

    `found` is how it was read, as far as that was found and not told: encoding, delimiter, sheet, row of headings.
    """

    columns: Sequence[str]
    rows: Iterator[Row | Unreadable]
    share: Callable[[], float]
    found: dict[str, str]
    notes: Sequence[str] = ()


def named_columns(headings: Sequence[Any]) -> list[str]:
    """Headings as names of columns: the empty ones by their position, the second of a name with a number behind."""
    names: list[str] = []
    for position, heading in enumerate(headings, start=1):
        plain = " ".join(text_of(heading).split())[:80] or f"column {position}"
        name, number = plain, 2
        while name in names:
            name, number = f"{plain} {number}", number + 1
        names.append(name)
    return names


def text_of(value: Any) -> str:  # noqa: ANN401 - whatever a cell holds
    """A cell as text. Whole numbers have no point, days no midnight; several values stand one a line."""
    if isinstance(value, str):
        return value.strip()
    for kind, write in _WRITTEN:
        if isinstance(value, kind):
            return write(value)
    return str(value)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 10**22 else repr(value)


def _moment(value: dt.datetime) -> str:
    midnight = value.time() == dt.time() and value.tzinfo is None
    return value.date().isoformat() if midnight else value.isoformat(sep=" ")


_WRITTEN: Final[tuple[tuple[Any, Callable[[Any], str]], ...]] = (
    (type(None), lambda _: ""),
    (bool, lambda value: "true" if value else "false"),
    (float, _number),
    (dt.datetime, _moment),
    (dt.date | dt.time, lambda value: value.isoformat()),
    (Decimal, lambda value: format(value, "f")),
    (bytes, bytes.hex),
    (list | tuple, lambda value: "\n".join(map(text_of, value))),
    (dict, lambda value: " ".join(map(text_of, value.values())).strip()),
)


def find_heading(rows: Sequence[Sequence[Any]]) -> int:
    """Which of the first rows has the headings: the first that fills as many cells as any and holds no number.

    Titles, dates and blank lines stand above the headings in files that people have made.
    """
    texts = [[text_of(cell) for cell in row] for row in rows]
    filled = [sum(1 for cell in row if cell) for row in texts]
    most = max(filled, default=0)
    for position, row in enumerate(texts):
        wide = filled[position] >= max(most - most // 4, 1)
        if wide and len({cell for cell in row if cell}) == filled[position] and not any(map(_is_value, row)):
            return position
    return 0


def _is_value(text: str) -> bool:
    return text.replace("-", "").replace("/", "").replace(".", "").isdecimal() or "@" in text
