"""Dates as people, spreadsheets and old systems write them, as ISO 8601; what was no day is a doubt."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import Final, NamedTuple

from guanxi.kernel.names import without_marks
from guanxi.parties.normalisation.characters import folded, words
from guanxi.parties.normalisation.doubts import is_one_character, says_nothing

_ANY: Final = re.IGNORECASE
_EXCEL_EPOCH: Final = dt.date(1899, 12, 30)  # of its 1900 system, which believes in 29 February 1900
_EXCEL_FIRST: Final = 367  # 1901-01-01; smaller numbers are taken for something else
_REPUBLIC: Final = 1911
_OLDEST: Final = 1880
_TWO_DIGITS_FROM: Final = 30  # 30 to 99 are of the last century, 00 to 29 of this one
_PLACEHOLDERS: Final = frozenset(
    words(
        "1900-01-01 1900-01-02 1899-12-30 1899-12-31 1901-01-01 1970-01-01 9999-12-31 9999-09-09 2099-12-31 2999-12-31"
    )
)
_ISO: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?")
_TIME: Final = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*[ap]m)?\s*(?:Z|[+-]\d\d:?\d\d)?$", _ANY)
_PLAIN: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:000000)?")
_PARTS: Final = re.compile(r"(\d{1,4})\s*([-./年\s])\s*(\d{1,2})\s*[-./月\s]\s*(\d{1,4})\s*[日号]?")
_MINGUO: Final = re.compile(
    r"(?:中华民国|中華民國|民国|民國|ROC)\s*(前?)\s*(\d{1,3}|元)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?"
)
_NAMED: Final = re.compile(
    r"(\d{1,2})\.?[\s-]*([a-z]{3,9})\.?,?[\s-]*(\d{4}|\d\d)|([a-z]{3,9})\.?\s*(\d{1,2})(?:st|nd|rd|th)?,?\s*(\d{4})"
)
_SERIAL: Final = re.compile(r"(\d{3,5})(?:\.\d+)?")
_MONTH_NAMES: Final = (
    "january jan janvier januar ledna",
    "february feb fevrier februar unora",
    "march mar mars marz brezna",
    "april apr avril dubna",
    "may mai kvetna",
    "june jun juin juni cervna",
    "july jul juillet juli cervence",
    "august aug aout srpna",
    "september sep sept septembre zari",
    "october oct okt octobre oktober rijna",
    "november nov novembre listopadu",
    "december dec dez decembre dezember prosince",
)
_MONTHS: Final = {name: month for month, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_NUMERALS: Final = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_TENS: Final = re.compile(r"([1-9])?十([1-9])?")


class Date(NamedTuple):
    """An ISO date, or nothing and why."""

    iso: str = ""
    doubts: tuple[str, ...] = ()


NO_DATE: Final = Date()


@functools.lru_cache(maxsize=100_000)
def read_date(text: str, order: str = "ymd") -> Date:
    """The day in `text`. `order` says how 03/02/1999 is meant: `dmy` or `mdy`; with `ymd` it stays in doubt."""
    if simple := _ISO.fullmatch(text):
        return _day(int(simple[1]), int(simple[2]), int(simple[3]))
    plain = folded(text)
    if not plain:
        return Date()
    if says_nothing(plain) or is_one_character("".join(filter(str.isalnum, plain))):
        return Date(doubts=("a placeholder",))
    return _written(_TIME.sub("", _arabic(plain)), order)


def _written(plain: str, order: str) -> Date:
    """The first of the ways to write a date that fits."""
    if found := _PARTS.fullmatch(plain):
        return _three_parts(found[1], found[3], found[4], found[2], order)
    if plain.isdecimal() or _SERIAL.fullmatch(plain):
        return _digits(plain, order)
    if found := _MINGUO.fullmatch(plain):
        years = 1 if found[2] == "元" else int(found[2])
        return _day(_REPUBLIC + 1 - years if found[1] else _REPUBLIC + years, int(found[3]), int(found[4]))
    if found := _NAMED.fullmatch(without_marks(plain).lower()):
        return _named(found)
    return Date(doubts=("not a date",))


def _digits(plain: str, order: str) -> Date:
    """Digits alone: year, month and day, with zeroes for the time behind; or a spreadsheet's serial number."""
    if _PLAIN.fullmatch(plain):
        return _eight_digits(plain[:8], order)
    if found := _SERIAL.fullmatch(plain):
        return _serial(int(found[1]))
    if len(plain) == 6:
        return _two_digit_year(int(plain[:2]), int(plain[2:4]), int(plain[4:]))
    return Date(doubts=("not a date",))


def _eight_digits(digits: str, order: str) -> Date:
    """Year first, unless no such year makes sense and the source writes it last."""
    first = _day(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    if first.iso or order == "ymd":
        return first
    one, two, year = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    last = _day(year, two, one) if order == "dmy" else _day(year, one, two)
    return last if last.iso else first


def _three_parts(one: str, two: str, three: str, separator: str, order: str) -> Date:
    if len(one) >= 3 or separator == "年":
        year = int(one)
        if len(one) <= 2:
            return _two_digit_year(year, int(two), int(three))
        return _day(year, int(two), int(three))
    first, second = int(one), int(two)
    if len(three) < 3:
        return _short(first, second, int(three), order, separator)
    year = int(three)
    if separator == "." and order == "ymd":
        order = "dmy"  # with full stops the day stands first wherever they are used (DIN 1355, ČSN 01 6910)
    if first > 12 or first == second:
        order = "dmy"
    elif second > 12:
        order = "mdy"
    if order == "ymd":
        return Date(doubts=("day and month cannot be told apart",))
    return _day(year, second, first) if order == "dmy" else _day(year, first, second)


def _short(first: int, second: int, third: int, order: str, separator: str) -> Date:
    """Three parts of two digits: the declared order decides."""
    if order == "dmy" or (order == "ymd" and separator == "." and third > 31):
        return _two_digit_year(third, second, first)
    if order == "mdy":
        return _two_digit_year(third, first, second)
    return _two_digit_year(first, second, third)


def _named(found: re.Match[str]) -> Date:
    """A month by its English, German, French or Czech name."""
    day, name, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
    month = _MONTHS.get(name)
    if not month:
        return Date(doubts=("not a date",))
    if len(year) == 2:
        return _two_digit_year(int(year), month, int(day))
    return _day(int(year), month, int(day))


def _serial(days: int) -> Date:
    """A day as spreadsheets count them (ECMA-376 part 1, 18.17.4.1), if a person or company can be of that day."""
    if days < _EXCEL_FIRST:
        return Date(doubts=("not a date",))
    return _day_of(_EXCEL_EPOCH + dt.timedelta(days=days))


def _two_digit_year(year: int, month: int, day: int) -> Date:
    full = year + (1900 if year >= _TWO_DIGITS_FROM else 2000)
    found = _day(full, month, day)
    return found._replace(doubts=(f"a year of two digits, read as {full}",)) if found.iso else found


def _day(year: int, month: int, day: int) -> Date:
    try:
        return _day_of(dt.date(year, month, day))
    except ValueError:
        if not (year and month and day):
            return Date(doubts=("a placeholder",))
        return Date(doubts=("there was no such day",))


def _day_of(day: dt.date) -> Date:
    iso = day.isoformat()
    if iso in _PLACEHOLDERS:
        return Date(doubts=("a placeholder",))
    if not _OLDEST <= day.year <= 2100:
        return Date(doubts=("too long ago or too far ahead",))
    return Date(iso)


def _arabic(text: str) -> str:
    """Chinese numerals before 年, 月 and 日 as digits: 一九九九年十二月三十一日."""
    if "年" not in text or (text.startswith(("民", "中")) and "十" not in text):
        return text
    digits = text.translate(_NUMERALS)
    return _TENS.sub(lambda found: str(int(found[1] or 1) * 10 + int(found[2] or 0)), digits)
