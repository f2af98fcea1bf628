"""Check characters of documents and registrations, each with the standard that sets them."""

from __future__ import annotations

from operator import mul
from typing import Final

_RESIDENT_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS: Final = "10X98765432"
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_CHARACTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CREDIT_VALUES: Final = {character: value for value, character in enumerate(_CREDIT_CHARACTERS)}
_TAIWAN_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # values 10 to 35 in this order
_TAIWAN_WEIGHTS: Final = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
_MRZ_WEIGHTS: Final = (7, 3, 1)


def resident_check(first_seventeen: str) -> str:
    """Of a resident identity number: ISO 7064 MOD 11-2 (GB 11643-1999)."""
    return _RESIDENT_CHECKS[sum(map(mul, map(int, first_seventeen), _RESIDENT_WEIGHTS)) % 11]


def organisation_check(first_eight: str) -> str:
    """Of an organisation code, modulo 11 with weights 3 7 9 10 5 8 4 2 (GB 11714-1997)."""
    return "0X987654321"[
        sum(int(each, 36) * weight for each, weight in zip(first_eight, _ORGANISATION_WEIGHTS, strict=True)) % 11
    ]


def credit_check(first_seventeen: str) -> str:
    """Of a unified social credit code, modulo 31 (GB 32100-2015); empty if a character is none of its 31."""
    if not _CREDIT_VALUES.keys() >= set(first_seventeen):
        return ""
    values = map(_CREDIT_VALUES.__getitem__, first_seventeen)
    return _CREDIT_CHARACTERS[-sum(map(mul, values, _CREDIT_WEIGHTS)) % 31]


def hong_kong_check(plain: str) -> str:
    """Of a Hong Kong identity card: modulo 11, weights 9 to 2 over two letters (a blank is 36) and six digits."""
    values = [36 if character == " " else int(character, 36) for character in plain.rjust(8)]
    remainder = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return "A" if remainder == 10 else str(remainder)


def is_taiwan_number(number: str) -> bool:
    """Whether the digits of a national identity number or a resident certificate of Taiwan add up to a multiple of ten.

    The first letter counts as two digits; so does the second of certificates issued before 2021, of which the last
    digit stands (Ministry of the Interior, Regulations on Identity Card Numbers).
    """
    region = _TAIWAN_LETTERS.index(number[0]) + 10
    second = str(_TAIWAN_LETTERS.index(number[1]) % 10) if number[1].isalpha() else number[1]
    digits = f"{region}{second}{number[2:]}"
    return sum(int(digit) * weight for digit, weight in zip(digits, _TAIWAN_WEIGHTS, strict=True)) % 10 == 0


def mrz_check(text: str) -> str:
    """Of a field of a machine-readable zone: weights 7 3 1, letters count from A = 10, fillers 0 (ICAO Doc 9303-3)."""
    values = (0 if character == "<" else int(character, 36) for character in text)
    return str(sum(value * _MRZ_WEIGHTS[at % 3] for at, value in enumerate(values)) % 10)
