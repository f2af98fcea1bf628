"""Card numbers: how they are found, shown and checked. The number itself is never stored."""

from __future__ import annotations

import hmac

from guanxi.access.keys import derive_key


def number_hash(secret_key: str, number: str) -> bytes:
    """What a card is found by: HMAC-SHA-256 of its number under a key of this installation."""
    return hmac.digest(derive_key(secret_key, "card numbers"), number.encode(), "sha256")


def mask_number(number: str) -> str:
    """The number as people and logs may see it: first six and last four digits (PCI DSS 4.0, requirement 3.4.1)."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"


def check_digit(digits: str) -> str:
    """The digit that makes `digits` a card number (Luhn, ISO/IEC 7812-1, annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[::-2])
    return str(-(sum(doubled) + sum(map(int, digits[-2::-2]))) % 10)


def is_card_number(number: str) -> bool:
    """Whether `number` has 12 to 19 digits of which the last is the right check digit."""
    plain = number.isascii() and number.isdecimal() and 12 <= len(number) <= 19
    return plain and check_digit(number[:-1]) == number[-1]
