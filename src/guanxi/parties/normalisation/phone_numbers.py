"""Telephone numbers in the one form of ITU-T E.164.

Mobile numbers of the mainland and landlines of its largest cities are recognised by their form (they are most of what
comes); everything else is judged by `phonenumbers`, Google's record of the numbering plans.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

import phonenumbers

from guanxi.parties.normalisation.characters import folded
from guanxi.parties.normalisation.doubts import says_nothing

_MOBILE: Final = re.compile(r"(?:\+|00)?(?:86)?(1[3-9]\d{9})")
_LANDLINE: Final = re.compile(r"0(10|2[0-57-9])[- ]?([2-8]\d{7})")  # the area codes with eight digits behind them
_NOISE: Final = re.compile(r"[\s\-.()·_/]+")
_BETWEEN: Final = re.compile(r"[,;、|，；\n]|(?<=\d)\s*/\s*(?=[+\d]{5})| or |或")
_EXTENSION: Final = re.compile(r"(?:转|轉|ext\.?|extension|分机|x|#)\s*(\d{1,6})$|(?<=\d{7})-(\d{1,4})$", re.IGNORECASE)
_LABEL: Final = re.compile(r"^[^\d+(]*(?=[\d+(])")
_SEVEN_ALIKE: Final = re.compile(r"(\d)\1{6}$")
_PLACEHOLDERS: Final = frozenset(("+8613800138000", "+8613800000000", "+8613000000000", "+8612345678901"))
_ASCENDING: Final = re.compile("0?1234567?8?9?0?1?|9876543?2?1?0?")
_SCIENTIFIC: Final = re.compile(r"(\d)\.(\d{9,11})E\+?(\d\d)")


class Phones(NamedTuple):
    """The numbers in E.164, in order, each once."""

    numbers: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


NOTHING: Final = Phones()


def read_phones(text: str, country: str = "CN") -> Phones:
    """All numbers in one field; `country` (ISO 3166) is where one without a country code belongs."""
    found = _MOBILE.fullmatch(text)
    if found:
        return _judged(f"+86{found[1]}")
    if country == "CN" and (landline := _LANDLINE.fullmatch(text)):
        return _judged(f"+86{landline[1]}{landline[2]}")
    return _read(text, country)


@functools.lru_cache(maxsize=100_000)
def _read(text: str, country: str) -> Phones:
    plain = folded(text)
    if not plain:
        return NOTHING
    if says_nothing(plain):
        return Phones(doubts=("a placeholder",))
    found = [_one(part.strip(), country) for part in _BETWEEN.split(plain) if part and part.strip()]
    numbers = dict.fromkeys(number for each in found for number in each.numbers)
    return Phones(tuple(numbers), tuple(doubt for each in found for doubt in each.doubts))


def _one(text: str, country: str) -> Phones:
    number = _EXTENSION.sub("", _LABEL.sub("", text)).strip()
    if scientific := _SCIENTIFIC.fullmatch(number.upper()):
        number = (scientific[1] + scientific[2]).ljust(int(scientific[3]) + 1, "0")
    compact = _spreadsheet(_NOISE.sub("", number))
    if mobile := _MOBILE.fullmatch(compact):
        return _judged(f"+86{mobile[1]}")
    digits = compact.removeprefix("+")
    if not digits.isdecimal():
        return Phones(doubts=("not a telephone number",))
    if len(set(digits)) == 1 or (len(digits) > 5 and _ASCENDING.fullmatch(digits)):
        return Phones(doubts=("a placeholder",))
    return _by_plan(compact, country)


def _by_plan(number: str, country: str) -> Phones:
    """As the numbering plan has it: as dialled in the country, else with the plus sign that was left out."""
    for written in (number, f"+{number.removeprefix('00').removeprefix('+')}"):
        try:
            parsed = phonenumbers.parse(written, country or None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return _judged(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    if len(number) <= 6:
        return Phones(doubts=("a service number or too short",))
    return Phones(doubts=("not a number of any numbering plan",))


def _judged(number: str) -> Phones:
    if number in _PLACEHOLDERS or _SEVEN_ALIKE.search(number):
        return Phones(doubts=("a placeholder",))
    return Phones((number,))


def _spreadsheet(number: str) -> str:
    """A mobile number as spreadsheets leave it: of 13812345678.0 the noise is gone already, so .0 is a final 0."""
    return number[:-1] if len(number) == 12 and number.startswith("1") and number.endswith("0") else number
