"""Dates as they are written, and days that were none."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.normalisation.calendar_dates import read_date


@pytest.mark.parametrize(
    ("written", "order"),
    [
        ("1999-02-03", "ymd"),
        ("1999-02-03T00:00:00Z", "ymd"),
        ("1999/2/3 12:30", "ymd"),
        ("19990203", "ymd"),
        ("19990203000000", "ymd"),
        ("3.2.1999", "ymd"),
        ("03/02/1999", "dmy"),
        ("02/03/1999", "mdy"),
        ("03021999", "dmy"),
        ("36194", "ymd"),
        ("36194.5", "ymd"),
        ("1999年2月3日", "ymd"),
        ("一九九九年二月三日", "ymd"),
        ("民國88年2月3日", "ymd"),
        ("中华民国八十八年二月三日", "ymd"),
        ("3-Feb-1999", "ymd"),
        ("February 3rd, 1999", "ymd"),
        ("3. února 1999", "ymd"),
        ("3. März 1999", "ymd"),
    ],
)
def test_the_third_of_february(written: str, order: str) -> None:
    found = read_date(written, order)
    assert found.iso == ("1999-03-03" if "März" in written else "1999-02-03")
    assert not found.doubts


@pytest.mark.parametrize(
    "written",
    [
        "1999-02-30",
        "2001-02-29",
        "03/02/1999",
        "0000-00-00",
        "1900-01-01",
        "9999-12-31",
        "11111111",
        "N/A",
        "soon",
        "99",
    ],
)
def test_no_day_is_a_doubt(written: str) -> None:
    found = read_date(written)
    assert not found.iso
    assert found.doubts


def test_a_year_of_two_digits_is_read_and_doubted() -> None:
    found = read_date("99-02-03")
    assert found.iso == "1999-02-03"
    assert found.doubts


def test_a_day_over_twelve_tells_the_order() -> None:
    assert read_date("25/02/1999").iso == read_date("02/25/1999").iso == "1999-02-25"


@given(st.dates(dt.date(1902, 1, 1), dt.date(2090, 1, 1)).filter(lambda day: day != dt.date(1970, 1, 1)))
def test_every_way_to_write_a_day_is_that_day(day: dt.date) -> None:
    ways = [
        (f"{day:%Y%m%d}", "ymd"),
        (f"{day.year}年{day.month}月{day.day}日", "ymd"),
        (f"{day:%d/%m/%Y}", "dmy"),
        (f"{day:%m/%d/%Y}", "mdy"),
        (f"{day.day}.{day.month}.{day.year}", "ymd"),
        (f"{day:%d %B %Y}", "ymd"),
    ]
    serial = str((day - dt.date(1899, 12, 30)).days)
    if len(set(serial)) > 1:  # 33333 is rather a placeholder than 5 April 1991
        ways.append((serial, "ymd"))
    assert {read_date(*way).iso for way in ways} == {day.isoformat()}


@given(st.text(max_size=30), st.sampled_from(["ymd", "dmy", "mdy"]))
def test_nothing_is_raised(text: str, order: str) -> None:
    found = read_date(text, order)
    assert not found.iso or dt.date.fromisoformat(found.iso)
