"""Numbers of identity documents, with right check characters."""

from __future__ import annotations

import datetime as dt
import random
from typing import Final

from stdnum.cn import ric, uscc

_CODE_LETTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def resident_id(division: str, birth: dt.date, sequence: int) -> str:
    """A resident identity number (GB 11643-1999): division, birth date, sequence (odd for men), check character."""
    plain = f"{division}{birth:%Y%m%d}{sequence:03d}"
    return plain + ric.calc_check_digit(plain + "0")


def social_credit_code(random_: random.Random, division: str) -> str:
    """A unified social credit code of an enterprise (GB 32100-2015)."""
    plain = f"91{division}" + "".join(random_.choices(_CODE_LETTERS, k=9))
    return plain + uscc.calc_check_digit(plain)


def hong_kong_id(random_: random.Random) -> str:
    """A Hong Kong identity card number: letter, six digits, check character modulo 11 (weights 9, 8 ... 2)."""
    letter, digits = random_.choice("ABCDEGHKPRVYZ"), f"{random_.randrange(10**6):06d}"
    return f"{letter}{digits}({hong_kong_check(letter + digits)})"


def hong_kong_check(plain: str) -> str:
    """The check character for a letter and six digits; a blank (36) stands before a single letter."""
    values = [36, ord(plain[0]) - 55, *map(int, plain[1:])]
    remainder = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return "A" if remainder == 10 else str(remainder)


def passport(random_: random.Random, letter: str) -> str:
    """A passport number: nine characters, as most countries have it (ICAO Doc 9303)."""
    return letter + f"{random_.randrange(10 ** (9 - len(letter))):0{9 - len(letter)}d}"
