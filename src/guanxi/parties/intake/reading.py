"""Open a file of any format as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from guanxi.parties.intake.csv_files import open_csv
from guanxi.parties.intake.description import SourceDescription
from guanxi.parties.intake.errors import FileUnreadable
from guanxi.parties.intake.other_files import open_fixed_width, open_json_lines, open_parquet
from guanxi.parties.intake.tables import Table
from guanxi.parties.intake.workbooks import open_workbook

Opener = Callable[[Path, SourceDescription], Table]
_OPENERS: Final[Mapping[str, Opener]] = {
    "csv": open_csv,
    "xlsx": open_workbook,
    "parquet": open_parquet,
    "fixed_width": open_fixed_width,
    "json_lines": open_json_lines,
}
_START: Final = 8


def open_table(path: Path, description: SourceDescription) -> Table:
    """The table in a file; `FileUnreadable` when there is none."""
    if path.stat().st_size == 0:
        raise FileUnreadable("it is empty")
    table = _OPENERS[description.format](path, description)
    if not table.columns:
        raise FileUnreadable("it has no columns")
    return table


def format_of(path: Path) -> str:
    """The format of a file, by how it begins; its name is not asked."""
    with path.open("rb") as file:
        start = file.read(_START)
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "xlsx"
    return "json_lines" if start.lstrip().startswith(b"{") else "csv"
