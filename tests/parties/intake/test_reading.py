"""Files as people and systems make them are read row by row, and what cannot be read is told apart."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.intake.description import Column, SourceDescription
from guanxi.parties.intake.errors import FileUnreadable
from guanxi.parties.intake.reading import format_of, open_table
from guanxi.parties.intake.tables import Row, Table, Unreadable, named_columns, text_of

_CLEAN = "客户号,姓名,手机\nA1,王小明,13912345678\nA2,李娜,13812345679\n"


def _open(path: Path, content: bytes | str, **told: object) -> tuple[Table, list[Row | Unreadable]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    table = open_table(path, SourceDescription(**{"format": format_of(path), **told}))
    return table, list(table.rows)


def _cells(rows: list[Row | Unreadable]) -> list[list[str]]:
    return [list(row.cells) for row in rows if isinstance(row, Row)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    table, rows = _open(tmp_path / "f", _CLEAN.encode(encoding))
    assert list(table.columns) == ["客户号", "姓名", "手机"]
    assert _cells(rows) == [["A1", "王小明", "13912345678"], ["A2", "李娜", "13812345679"]]


def test_traditional_characters_in_big5_are_read(tmp_path: Path) -> None:
    text = "客戶號,姓名,地址\nA1,陳大文,香港九龍彌敦道一號\nA2,黃麗華,臺北市中正區\n"
    assert _cells(_open(tmp_path / "f", text.encode("big5"))[1])[0] == ["A1", "陳大文", "香港九龍彌敦道一號"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    table, rows = _open(tmp_path / "f", _CLEAN.replace(",", delimiter))
    assert table.found["delimiter"] == delimiter
    assert len(_cells(rows)[0]) == 3


def test_headings_are_found_below_a_title(tmp_path: Path) -> None:
    table, rows = _open(tmp_path / "f", "客户清单,,\n2026-05-01,,\n\n" + _CLEAN)
    assert list(table.columns) == ["客户号", "姓名", "手机"]
    assert _cells(rows)[0][0] == "A1"


def test_ragged_rows_are_told_with_their_line(tmp_path: Path) -> None:
    _, rows = _open(tmp_path / "f", "a,b,c\n1,2,3\n4,5\n\n6,7,8,9\n1,2,3,,\n")
    assert [(row.number, row.reason) for row in rows if isinstance(row, Unreadable)] == [
        (3, "it has 2 cells where there are 3 columns"),
        (5, "it has 4 cells where there are 3 columns"),
    ]
    assert _cells(rows) == [["1", "2", "3"], ["1", "2", "3"]]


def test_an_open_quotation_mark_costs_one_row(tmp_path: Path) -> None:
    lines = "".join(f"{number},王,x\n" for number in range(50))
    _, rows = _open(tmp_path / "f", 'a,b,c\n0,"王,x\n' + lines)
    assert [row.reason for row in rows if isinstance(row, Unreadable)] == ["a quotation mark is opened and not closed"]
    assert [row.number for row in rows if isinstance(row, Row)] == list(range(3, 53))


def test_a_cell_may_have_several_lines(tmp_path: Path) -> None:
    _, rows = _open(tmp_path / "f", 'a,b\n1,"x\ny"\n2,z\n')
    assert _cells(rows) == [["1", "x\ny"], ["2", "z"]]
    assert [row.number for row in rows] == [2, 4]


@given(st.lists(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"])), min_size=2, max_size=2)))
def test_whatever_a_csv_writer_writes_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    import csv

    path = tmp_path_factory.mktemp("csv") / "f"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["first", "second"], *rows])
    told = SourceDescription(encoding="utf-8", delimiter=",", header_row=1)
    expected = [[cell.strip() for cell in row] for row in rows]
    assert _cells(list(open_table(path, told).rows)) == [row for row in expected if any(row)]


def test_a_workbook_has_dates_and_long_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    empty, sheet = book.active, book.create_sheet("客户")
    assert empty is not None
    sheet.append(["编号", "姓名", "生日", "手机", "余额"])
    sheet.append([1001, "王小明", dt.date(1980, 5, 3), 13912345678, 12.5])
    sheet.append([1002, "李娜", dt.datetime(1990, 1, 2, 3, 4, 5), "13812345679", None])  # noqa: DTZ001 - a sheet's
    sheet.append([1003, "张伟", None, 110101199003071234, None])
    book.save(tmp_path / "f")
    assert format_of(tmp_path / "f") == "xlsx"
    table = open_table(tmp_path / "f", SourceDescription(format="xlsx"))
    rows = list(table.rows)
    assert (table.found["sheet"], table.found["header_row"]) == ("客户", "1")
    assert _cells(rows) == [
        ["1001", "王小明", "1980-05-03", "13912345678", "12.5"],
        ["1002", "李娜", "1990-01-02 03:04:05", "13812345679", ""],
    ]
    assert [(row.number, "15 digits" in row.reason) for row in rows if isinstance(row, Unreadable)] == [(4, True)]


def test_parquet_keeps_its_types_as_text(tmp_path: Path) -> None:
    held = {"id": [1, 2], "born": [dt.date(1980, 5, 3), None], "phones": [["1", "2"], []], "vip": [True, False]}
    pq.write_table(pa.table(held), tmp_path / "f")
    table = open_table(tmp_path / "f", SourceDescription(format=format_of(tmp_path / "f")))
    assert _cells(list(table.rows)) == [["1", "1980-05-03", "1\n2", "true"], ["2", "", "", "false"]]


def test_fixed_widths_count_octets_where_old_systems_do(tmp_path: Path) -> None:
    columns = (Column(name="id", width=4), Column(name="name", width=8), Column(name="phone", width=11))
    lines = ["A1  王小明  13912345678", "A2  李娜    13812345679", "A3  x", "A4  张伟    13812345679 too long"]
    told = {"format": "fixed_width", "columns": columns, "encoding": "gb18030", "widths_in_octets": True}
    _, rows = _open(tmp_path / "f", "\r\n".join(lines).encode("gb18030"), **told)
    assert _cells(rows) == [["A1", "王小明", "13912345678"], ["A2", "李娜", "13812345679"]]
    assert [row.number for row in rows if isinstance(row, Unreadable)] == [3, 4]


def test_json_lines_are_a_table(tmp_path: Path) -> None:
    table, rows = _open(tmp_path / "f", '{"id": 1, "name": "王"}\nnonsense\n{"id": 2, "phone": "139"}\n')
    assert list(table.columns) == ["id", "name", "phone"]
    assert _cells(rows) == [["1", "王", ""], ["2", "", "139"]]
    assert [row.number for row in rows if isinstance(row, Unreadable)] == [2]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nothing", b"PAR1nothing", b"\n\n\n"])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        _open(tmp_path / "f", content)


def test_columns_get_names_that_differ() -> None:
    assert named_columns(["姓名", "", "姓名", None, " a\nb "]) == ["姓名", "column 2", "姓名 2", "column 4", "a b"]


def test_lost_characters_stay_visible(tmp_path: Path) -> None:
    content = _CLEAN.encode().replace("娜".encode(), b"\xff\xfe")
    assert "\ufffd" in _cells(_open(tmp_path / "f", content, encoding="utf-8")[1])[1][1]


def test_floats_of_spreadsheets_are_whole_where_they_are() -> None:
    assert [text_of(each) for each in (13912345678.0, 0.5, None, True)] == ["13912345678", "0.5", "", "true"]
