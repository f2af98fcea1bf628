"""Parquet, text of fixed widths, and JSON lines, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from guanxi.parties.intake.csv_files import encoding_of, text_lines
from guanxi.parties.intake.description import SourceDescription
from guanxi.parties.intake.errors import FileUnreadable
from guanxi.parties.intake.tables import Row, Table, Unreadable, named_columns, text_of

_BATCH: Final = 4096
_START: Final = 256 * 1024
_LINES_LOOKED_AT: Final = 200


def open_parquet(path: Path, description: SourceDescription) -> Table:  # noqa: ARG001 - one signature for all formats
    """The table in a Parquet file."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileUnreadable(f"it is no Parquet file: {error}") from error
    done = [0]
    total = max(file.metadata.num_rows, 1)
    return Table(list(file.schema_arrow.names), _parquet_rows(file, done), lambda: done[0] / total, {})


def _parquet_rows(file: Any, done: list[int]) -> Iterator[Row | Unreadable]:  # noqa: ANN401 - pyarrow's
    with file:
        for batch in file.iter_batches(batch_size=_BATCH):
            columns = [column.to_pylist() for column in batch.columns]
            for cells in zip(*columns, strict=True):
                done[0] += 1
                yield Row(done[0], list(map(text_of, cells)))


def open_fixed_width(path: Path, description: SourceDescription) -> Table:
    """The table in text without delimiters. Widths count characters, or octets where old systems count those."""
    with path.open("rb") as file:
        start = file.read(_START)
    encoding = encoding_of(start, description.encoding)
    if not description.columns:
        raise FileUnreadable("its rows have no delimiters, and nobody has said how wide its columns are")
    ends = list(accumulate(column.width for column in description.columns))
    spans = list(zip([0, *ends[:-1]], ends, strict=True))
    raw = path.open("rb")
    size = max(path.stat().st_size, 1)
    in_octets = encoding.name if description.widths_in_octets else ""
    rows = _spans(_lines(raw, encoding.name, in_octets), spans, in_octets, description.header_row)
    columns = [column.name for column in description.columns]
    found = {"encoding": encoding.name}
    return Table(columns, rows, lambda: 1.0 if raw.closed else raw.tell() / size, found, encoding.doubts)


def _lines(raw: BinaryIO, encoding: str, in_octets: str) -> Iterator[str | bytes]:
    with raw:
        if in_octets:
            yield from (line.rstrip(b"\r\n") for line in raw)
        else:
            yield from (line.rstrip("\r\n").removeprefix("\ufeff") for line in text_lines(raw, encoding))


def _spans(
    lines: Iterator[str | bytes], spans: Sequence[tuple[int, int]], encoding: str, header_row: int
) -> Iterator[Row | Unreadable]:
    """Trailing blanks may be missing; anything beyond the last column may not be there."""
    whole = spans[-1][1]
    for number, line in enumerate(islice(lines, header_row, None), start=header_row + 1):
        if not line.strip():
            continue
        if len(line) < spans[-1][0] or line[whole:].strip():
            shown = line.decode(encoding, "replace") if isinstance(line, bytes) else line
            yield Unreadable(number, f"it is {len(line)} long where the columns end at {whole}", shown[:500])
        elif isinstance(line, bytes):
            yield Row(number, [line[first:last].decode(encoding, "replace").strip() for first, last in spans])
        else:
            yield Row(number, [line[first:last].strip() for first, last in spans])


def open_json_lines(path: Path, description: SourceDescription) -> Table:
    """The table of objects that stand one on a line; its columns are those of the description, else of the first."""
    columns = [column.name for column in description.columns] or _first_names(path)
    raw = path.open("rb")
    size = max(path.stat().st_size, 1)
    return Table(columns, _objects(raw, columns), lambda: 1.0 if raw.closed else raw.tell() / size, {})


def _first_names(path: Path) -> list[str]:
    names: dict[str, None] = {}
    with path.open("rb") as file:
        for line in islice(file, _LINES_LOOKED_AT):
            found = _object(line)
            names |= dict.fromkeys(found) if isinstance(found, dict) else {}
    return named_columns(list(names))


def _objects(raw: BinaryIO, columns: Sequence[str]) -> Iterator[Row | Unreadable]:
    with raw:
        for number, line in enumerate(raw, start=1):
            if not line.strip():
                continue
            found = _object(line)
            if isinstance(found, dict):
                yield Row(number, [text_of(found.get(name)) for name in columns])
            else:
                yield Unreadable(number, "it is no JSON object", line.decode("utf-8", "replace")[:500])


def _object(line: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
