"""Rows for PostgreSQL's COPY in binary form, made by numpy a column at a time.

Rows that have the same fields present, and texts of the same length, have the same layout: one numpy record each. The
forms of the values are those of PostgreSQL's receive functions (documentation, "COPY", section "Binary Format").
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER: Final = b"\xff\xff"
EPOCH_MICROSECONDS: Final = 946_684_800_000_000  # PostgreSQL counts from 2000-01-01, in microseconds
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_ABSENT: Final = b"\xff\xff\xff\xff"

Bytes = npt.NDArray[np.uint8]


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One field of many rows: a fixed text for all, or `width` octets for each, or nothing (NULL)."""

    width: int | None
    fixed: bytes | None = None
    values: Bytes | None = None


NULL: Final = Column(None)


def constant(value: bytes) -> Column:
    """The same octets in every row."""
    return Column(len(value), fixed=value)


def octets(values: Bytes) -> Column:
    """One line of `values` for each row: a uuid, or a text padded to a common length."""
    return Column(values.shape[1], values=values)


def timestamps(microseconds: npt.NDArray[np.int64]) -> Column:
    """Instants, counted in microseconds from 2000-01-01 UTC."""
    return octets(_big_endian(microseconds, ">i8"))


def integers(values: npt.NDArray[np.int64]) -> Column:
    """Values of type integer."""
    return octets(_big_endian(values, ">i4"))


def amounts(cents: npt.NDArray[np.int64]) -> Column:
    """Hundredths as numeric: four base-10000 digits, sign, scale 4; the server strips the zeros itself."""
    size = np.abs(cents)
    whole, hundredths = np.divmod(size, 100)
    parts = np.empty((len(cents), 8), dtype=">u2")
    parts[:, 0] = 4  # digits
    parts[:, 1] = 2  # weight of the first
    parts[:, 2] = np.where(cents < 0, 0x4000, 0)
    parts[:, 3] = 4  # scale
    parts[:, 4] = whole // 100_000_000
    parts[:, 5] = whole // 10_000 % 10_000
    parts[:, 6] = whole % 10_000
    parts[:, 7] = hundredths * 100
    return octets(parts.view(np.uint8).reshape(len(cents), 16))


def json_documents(documents: Sequence[str]) -> Bytes:
    """Documents as a table of equally long lines of jsonb input: version 1, text, blanks that jsonb ignores."""
    texts = [b"\x01" + document.encode() for document in documents]
    width = max(map(len, texts))
    return np.frombuffer(b"".join(text.ljust(width) for text in texts), dtype=np.uint8).reshape(len(texts), width)


def rows(columns: Sequence[Column], count: int) -> bytes:
    """`count` rows of `columns`."""
    width = 2 + sum(4 + (column.width or 0) for column in columns)
    table = np.empty((count, width), dtype=np.uint8)
    _put(table, 0, len(columns).to_bytes(2, "big"))
    at = 2
    for column in columns:
        length = _ABSENT if column.width is None else column.width.to_bytes(4, "big")
        _put(table, at, length + (column.fixed or b""))
        if column.values is not None:
            table[:, at + 4 : at + 4 + column.values.shape[1]] = column.values
        at += 4 + (column.width or 0)
    return table.tobytes()


@contextmanager
def open_copy(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str], *, binary: bool = False
) -> Iterator[psycopg.Copy]:
    """COPY into `table`: a context in which to write rows (text form) or blocks of binary rows."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL("(FORMAT binary)" if binary else ""),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


def copy_line(*fields: str) -> str:
    """`fields` as a line for COPY (documentation, "COPY", section "Text Format"); several times faster than values."""
    line = "\t".join(fields) + "\n"
    if "\\" in line or "\r" in line or line.count("\t") >= len(fields) or line.count("\n") > 1:
        return "\t".join(field.translate(_ESCAPES) for field in fields) + "\n"
    return line


def add_missing(
    connection: psycopg.Connection[Any],
    table: str,
    columns: Sequence[str],
    content: Iterable[Sequence[Any] | str],
    *,
    once: Sequence[str] = (),
) -> int:
    """Add the rows that are not there yet, by COPY, in the caller's transaction; how many those were.

    A row is a sequence of values or, when there are very many, the line that `copy_line` made of them.
    Rows are the same when a unique constraint says so or, for tables that have none, when the columns `once` are equal.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    into = sql.Identifier(table)
    same = [sql.SQL("present.{0} = offered.{0}").format(sql.Identifier(column)) for column in once]
    missing = sql.SQL("NOT EXISTS (SELECT FROM {} present WHERE {})").format(into, sql.SQL(" AND ").join(same))
    make = sql.SQL("CREATE TEMPORARY TABLE offered AS SELECT {} FROM {} WITH NO DATA").format(names, into)
    connection.execute(make)
    with open_copy(connection, "offered", columns) as copy:
        for row in content:
            copy.write(row) if isinstance(row, str) else copy.write_row(row)
    take = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM offered WHERE {} ON CONFLICT DO NOTHING")
    added = connection.execute(take.format(into, names, names, missing if once else sql.SQL("true"))).rowcount
    connection.execute("DROP TABLE offered")
    return added


def _put(table: Bytes, at: int, value: bytes) -> None:
    table[:, at : at + len(value)] = np.frombuffer(value, dtype=np.uint8)


def _big_endian(values: npt.NDArray[np.int64], form: str) -> Bytes:
    return values.astype(form).view(np.uint8).reshape(len(values), np.dtype(form).itemsize)
