"""Fixed-width records as a tree: each kind of record by its name, a kind that repeats as a list.

Widths count octets of the encoding, as the mainframes count that write such files: a Chinese character is two wide
in GB18030. A blank field is none at all. What follows the last field of a record is kept as `rest`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from guanxi.exchange.maps.tree import Tree


class Column(msgspec.Struct, forbid_unknown_fields=True):
    """One field of a record."""

    name: str
    width: int


class Record(msgspec.Struct, forbid_unknown_fields=True):
    """One kind of record, known by what it begins with."""

    name: str
    begins: str
    columns: list[Column]
    repeats: bool = False


class FixedFormat(msgspec.Struct, forbid_unknown_fields=True):
    """Lines of fixed-width records, in the order of `records`."""

    records: list[Record]
    encoding: str = "utf-8"
    newline: Literal["\n", "\r\n"] = "\n"

    def read(self, raw: bytes) -> Tree:
        """The records in `raw`."""
        tree: Tree = {record.name: [] for record in self.records if record.repeats}
        end = self.newline.encode("ascii")
        lines = raw.split(end)
        if lines[-1] == b"":
            lines.pop()
        for number, line in enumerate(lines, 1):
            record = self._kind(line, number)
            if record.repeats:
                tree[record.name].append(self._columns(record, line, number))
            elif record.name in tree:
                raise ValueError(f"line {number} is a second {record.name}")
            else:
                tree[record.name] = self._columns(record, line, number)
        return tree

    def write(self, tree: Tree) -> bytes:
        """The records, each in its line."""
        lines: list[str] = []
        for record in self.records:
            found = tree.get(record.name)
            rows = found if isinstance(found, list) else [] if found is None else [found]
            lines.extend(self._line(record, row) for row in rows)
        return "".join(f"{line}{self.newline}" for line in lines).encode(self.encoding)

    def _kind(self, line: bytes, number: int) -> Record:
        for record in self.records:
            if line.startswith(record.begins.encode(self.encoding)):
                return record
        raise ValueError(f"line {number} begins like no record of this peer")

    def _columns(self, record: Record, line: bytes, number: int) -> Tree:
        columns: Tree = {}
        at = len(record.begins.encode(self.encoding))
        for column in record.columns:
            octets = line[at : at + column.width]
            if len(octets) < column.width:
                raise ValueError(f"line {number} is cut short at {column.name}")
            if octets.strip():
                columns[column.name] = octets.decode(self.encoding)
            at += column.width
        if line[at:]:
            columns["rest"] = line[at:].decode(self.encoding)
        return columns

    def _line(self, record: Record, columns: Any) -> str:  # noqa: ANN401 - what a map put there
        if not isinstance(columns, dict):
            raise ValueError(f"{record.name} is no record")
        line = record.begins
        for column in record.columns:
            value = columns.get(column.name, " " * column.width)
            if len(str(value).encode(self.encoding)) != column.width:
                raise ValueError(f"{column.name} of {record.name} is not {column.width} wide")
            line += str(value)
        strange = set(columns) - {column.name for column in record.columns} - {"rest"}
        if strange:
            raise ValueError(f"{record.name} has no column {min(strange)}")
        return line + str(columns.get("rest", ""))
