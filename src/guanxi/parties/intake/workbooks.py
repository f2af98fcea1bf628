"""Sheets of spreadsheets (XLSX, XLSM, XLSB, XLS, ODS), by python-calamine.

A sheet is held in memory while it is read: the formats themselves end at 1,048,576 rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import python_calamine

from guanxi.parties.intake.description import SourceDescription
from guanxi.parties.intake.errors import FileUnreadable
from guanxi.parties.intake.tables import LARGEST_EXACT, Row, Table, Unreadable, find_heading, named_columns, text_of

_LOOKED_AT: Final = 30


def open_workbook(path: Path, description: SourceDescription) -> Table:
    """The table on a sheet: the one that is told, else the first that has any rows."""
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheet = _sheet(book, description.sheet)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise FileUnreadable(f"it is no workbook: {error}") from error
    first = sheet.start[0] + 1 if sheet.start else 1
    start = list(islice(sheet.iter_rows(), _LOOKED_AT))
    heading = max(description.header_row - first, 0) if description.header_row else find_heading(start)
    headings = [""] * sheet.width if description.headless else (start[heading] if heading < len(start) else [])
    columns = named_columns(headings)
    if description.headless and description.columns:
        columns = [column.name for column in description.columns]
    done = [0]
    skip = 0 if description.headless else heading + 1
    found = {"sheet": sheet.name, "header_row": "" if description.headless else str(heading + first)}
    rows = _rows(sheet, skip, first + skip, done)
    return Table(columns, rows, lambda: done[0] / max(sheet.height, 1), found, _notes(book, sheet.name))


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook."""
    names: list[str] = python_calamine.CalamineWorkbook.from_path(str(path)).sheet_names
    return names


def _sheet(book: Any, name: str) -> Any:  # noqa: ANN401 - calamine's
    if name:
        if name not in book.sheet_names:
            raise FileUnreadable(f"it has no sheet {name!r}")
        return book.get_sheet_by_name(name)
    sheets = (book.get_sheet_by_index(index) for index in range(len(book.sheet_names)))
    found = next((sheet for sheet in sheets if sheet.height > 1), None)
    if found is None:
        raise FileUnreadable("there are no rows on any of its sheets")
    return found


def _notes(book: Any, name: str) -> list[str]:  # noqa: ANN401 - calamine's
    others = [each for each in book.sheet_names if each != name]
    return [f"it has other sheets, which are not read: {', '.join(others)}"] if others else []


def _rows(sheet: Any, skip: int, number: int, done: list[int]) -> Iterator[Row | Unreadable]:  # noqa: ANN401
    for position, cells in enumerate(islice(sheet.iter_rows(), skip, None), start=number):
        done[0] += 1
        texts = list(map(text_of, cells))
        if not any(texts):
            continue
        if rounded := next((text for cell, text in zip(cells, texts, strict=True) if _is_rounded(cell)), ""):
            yield Unreadable(position, f"{rounded} is a number, and a spreadsheet keeps 15 digits of one", rounded)
            continue
        yield Row(position, texts)


def _is_rounded(cell: object) -> bool:
    """An identity number that was typed as a number has lost its last digits for ever."""
    return isinstance(cell, float) and abs(cell) >= LARGEST_EXACT
