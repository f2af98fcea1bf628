"""Comma-separated values (RFC 4180) as a tree: `rows`, each by column name.

An empty value of one of our columns is none at all. Columns that nobody knows are kept as they are.
"""

from __future__ import annotations

import csv
import io
from typing import Literal

import msgspec

from guanxi.exchange.maps.tree import Tree


class CsvFormat(msgspec.Struct, forbid_unknown_fields=True):
    """A table whose first line names the columns; `columns` are those of a file that we begin ourselves."""

    columns: list[str]
    delimiter: str = ","
    newline: Literal["\n", "\r\n"] = "\r\n"
    encoding: str = "utf-8"
    quote: Literal["minimal", "all"] = "minimal"

    def read(self, raw: bytes) -> Tree:
        """The rows in `raw`."""
        text = raw.decode(self.encoding)
        if "\x00" in text:
            raise ValueError("it has a NUL character")
        try:
            lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            raise ValueError(f"it is no table: {error}") from None
        if not lines or len(set(lines[0])) != len(lines[0]):
            raise ValueError("its first line does not name the columns, each once")
        for number, line in enumerate(lines[1:], 1):
            if len(line) != len(lines[0]):
                raise ValueError(f"row {number} has {len(line)} values for {len(lines[0])} columns")
        return {"rows": [self._row(lines[0], line) for line in lines[1:]]}

    def _row(self, names: list[str], line: list[str]) -> Tree:
        return {name: value for name, value in zip(names, line, strict=True) if value or name not in self.columns}

    def write(self, tree: Tree) -> bytes:
        """The rows as a table; a column that only some rows have is empty in the others."""
        rows = tree.get("rows", [])
        names = list(dict.fromkeys([*self.columns, *(name for row in rows for name in row)]))
        quoting: Literal[0, 1] = csv.QUOTE_ALL if self.quote == "all" else csv.QUOTE_MINIMAL
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator=self.newline, quoting=quoting, strict=True)
        try:
            writer.writerow(names)
            writer.writerows([[row.get(name, "") for name in names] for row in rows])
            return out.getvalue().encode(self.encoding)
        except csv.Error as error:
            raise ValueError(str(error)) from None
