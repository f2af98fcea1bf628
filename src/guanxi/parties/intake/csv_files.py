"""Delimited text (RFC 4180, and what people make of it), row by row.

A row of too few or too many cells, or with a quotation mark that never ends, is told apart from the rows around it.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from guanxi.parties.intake.description import SourceDescription
from guanxi.parties.intake.tables import Row, Table, Unreadable, find_heading, named_columns
from guanxi.parties.normalisation.encodings import Encoding, detect_encoding

_DELIMITERS: Final = ",;\t|^\x01"
_START: Final = 256 * 1024
_LINES_LOOKED_AT: Final = 30
_TEXT_KEPT: Final = 500


class _Form(NamedTuple):
    """How the lines of a file are to be read."""

    encoding: Encoding
    delimiter: str
    heading: int  # how many rows stand above the headings
    columns: list[str]


def open_csv(path: Path, description: SourceDescription) -> Table:
    """The table in a file of delimited text; the file is read as the rows are."""
    with path.open("rb") as file:
        form = _form(file.read(_START), description)
    size = max(path.stat().st_size, 1)
    raw = path.open("rb")
    found = {
        "encoding": form.encoding.name,
        "delimiter": form.delimiter,
        "header_row": "" if description.headless else str(form.heading + 1),
    }
    rows = _rows(raw, form, headless=description.headless)
    return Table(form.columns, rows, lambda: 1.0 if raw.closed else raw.tell() / size, found, form.encoding.doubts)


def text_lines(raw: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The text of a file; octets that are no character become U+FFFD."""
    return io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")


def encoding_of(start: bytes, told: str) -> Encoding:
    """The encoding that is told, else the one that the file seems to have."""
    if told:
        return Encoding(codecs.lookup(told).name)
    return detect_encoding(start, whole=len(start) < _START)


def _form(start: bytes, description: SourceDescription) -> _Form:
    encoding = encoding_of(start, description.encoding)
    decoder = codecs.getincrementaldecoder(encoding.name)(errors="replace")
    text = decoder.decode(start).removeprefix("\ufeff")
    lines = text.splitlines(keepends=True)
    lines = (lines[:-1] if len(start) == _START else lines)[:_LINES_LOOKED_AT]
    delimiter = description.delimiter or _delimiter(lines)
    rows = [row for row in csv.reader(lines, delimiter=delimiter) if any(row)]
    if description.headless:
        names = [column.name for column in description.columns]
        width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
        return _Form(encoding, delimiter, 0, names or named_columns([""] * width))
    heading = description.header_row - 1 if description.header_row else find_heading(rows)
    return _Form(encoding, delimiter, heading, named_columns(rows[heading]) if heading < len(rows) else [])


def _delimiter(lines: list[str]) -> str:
    """The character that parts most lines into the same number of cells, more than one."""
    best, most = ",", (0, 0)
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if any(row))
        width, times = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]), default=(0, 0))
        if width > 1 and (times, width) > most:
            best, most = delimiter, (times, width)
    return best


def _rows(raw: BinaryIO, form: _Form, *, headless: bool) -> Iterator[Row | Unreadable]:
    with raw:
        skip = 0 if headless else form.heading + 1
        width = len(form.columns)
        for row in _read(text_lines(raw, form.encoding.name), form.delimiter):
            if isinstance(row, Row) and not any(row.cells):
                continue
            if skip:
                skip -= 1
            else:
                yield row if isinstance(row, Unreadable) or len(row.cells) == width else _fitted(row, width)


def _fitted(row: Row, width: int) -> Row | Unreadable:
    """Empty cells too many are nothing; anything else may have moved values into other columns."""
    cells = row.cells
    if len(cells) > width and not any(cells[width:]):
        return Row(row.number, cells[:width])
    text = " | ".join(cells)[:_TEXT_KEPT]
    return Unreadable(row.number, f"it has {len(cells)} cells where there are {width} columns", text)


class _Lines:
    """The lines of a file, those of the row under way remembered: an open quotation mark swallows all that follow."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.number += 1
        self.taken.append(line)
        return line.replace("\0", "")

    def give_back_all_but_first(self) -> str:
        """Only the first line was at fault: read the others again."""
        first, *others = self.taken
        self._again.extendleft(reversed(others))
        self.number -= len(others)
        return first


def _read(text: io.TextIOWrapper, delimiter: str) -> Iterator[Row | Unreadable]:
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            first = lines.give_back_all_but_first()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield Unreadable(lines.number, _explained(error), first.strip()[:_TEXT_KEPT])
            continue
        first_line = lines.number - len(lines.taken) + 1
        yield Row(first_line, [cell.strip() for cell in cells])


def _explained(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end of data" in said or "field larger than" in said:
        return "a quotation mark is opened and not closed"
    if "expected after" in said:
        return "there is more text behind a closed quotation mark"
    return said
