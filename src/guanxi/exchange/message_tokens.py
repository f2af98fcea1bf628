"""The words of a message as 32-bit numbers, the same way for the index and for a question.

A word is a run of letters and digits, an id, an amount without trailing zeros, the last four digits of a masked card,
two neighbouring Chinese characters. What nearly every message has (currencies, states)
is no word. Two words may share a number (CRC-32): whoever asks looks at what was found again.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.money import currency_from_numeric, from_minor_units
from guanxi.parties.search_tokens import bigrams, simplified

MOST: Final = 32  # words of one message
_WORD: Final = re.compile(r"[a-z0-9]+")
_AMOUNT: Final = re.compile(r"-?\d{1,15}\.\d{1,4}")
_MASKED: Final = re.compile(r"(?:\d{6})?\*+(\d{4})")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dt\d\d:")
_CHINESE: Final = re.compile("[\N{CJK UNIFIED IDEOGRAPH-3400}-\N{CJK UNIFIED IDEOGRAPH-9FFF}]+")
_EVERYWHERE: Final = frozenset(
    {
        *("currency", "status", "operation", "outcome", "type", "state", "product", "role", "kind", "method", "title"),
        *("detail", "code", "next_step"),
    }
)
# Type, conditions and codes say nothing of one message; times are asked for by time; 4 is told as an amount.
_ISO_EVERYWHERE: Final = frozenset(
    str(number)
    for number in {
        0,
        3,
        4,
        7,
        12,
        13,
        14,
        15,
        17,
        18,
        19,
        22,
        23,
        24,
        25,
        26,
        32,
        33,
        35,
        36,
        39,
        45,
        49,
        50,
        51,
        52,
        53,
        54,
    }
    | {55, 64, 70, 96, 128}
)


def hash_word(word: str) -> int:
    """The number that stands for `word` in the index."""
    return zlib.crc32(word.encode()) - 0x8000_0000


def words_of(text: str) -> Sequence[str]:
    """The words of one value, or of what somebody types."""
    if text.isascii():
        if text.isalnum():
            return (text.lower(),) if len(text) > 1 else ()
        return _latin_words(text.lower().strip())
    text = unicodedata.normalize("NFKC", text[:200]).lower()
    # Run by run, since names and purposes come again and again, and numbers beside them do not.
    return [*_latin_words(text), *(pair for run in _CHINESE.findall(text) for pair in bigrams(simplified(run)))]


def _latin_words(text: str) -> Sequence[str]:
    if _AMOUNT.fullmatch(text):
        whole, _, fraction = text.lstrip("-").partition(".")
        return (f"{whole.lstrip('0') or '0'}.{fraction}".rstrip("0").rstrip("."),)
    if masked := _MASKED.fullmatch(text):
        return (masked[1],)
    if _UUID.fullmatch(text):
        return (text,)
    if _MOMENT.match(text):
        text = text[:10]
    return [word for word in _WORD.findall(text[:200]) if len(word) > 1]


def amount_word(amount: Decimal) -> str:
    """An amount as a word: 500.00 and 500 are the same."""
    plain = f"{abs(amount):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def json_words(value: object) -> list[str]:
    """The words of all values in a JSON-like content."""
    found: list[str] = []
    _collect(value, found)
    return found


def _collect(value: object, found: list[str]) -> None:
    if isinstance(value, str):
        found.extend(words_of(value))
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in _EVERYWHERE:
                _collect(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, found)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found.extend(words_of(str(value)))


def iso8583_words(fields: Mapping[str, str]) -> Iterator[str]:
    """The words of the fields of an ISO 8583 message."""
    for number, value in fields.items():
        if number not in _ISO_EVERYWHERE:
            yield from words_of(value)
    if "4" in fields and "49" in fields:
        yield from _amount(fields["4"], fields["49"])


def hashes(words: Iterable[str]) -> list[int]:
    """The numbers of the first `MOST` different words."""
    found = dict.fromkeys(words)
    return [hash_word(word) for word in list(found)[:MOST]]


def _amount(minor_units: str, currency: str) -> Iterator[str]:
    try:
        yield amount_word(from_minor_units(int(minor_units), currency_from_numeric(currency)).amount)
    except (InvalidValue, ValueError):
        return
