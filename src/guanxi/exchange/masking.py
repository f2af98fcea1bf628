"""What may be kept of a message: everything but card numbers in full, PINs, tracks, keys, passwords and the like.

Nothing that PCI DSS 4.0 (requirements 3.3 to 3.5) forbids to store survives, whatever the message: secrets are known by
the field they stand in and by their look. Card numbers (ISO/IEC 7812: 13 to 19 digits with a Luhn check digit) are
found in any text, with or without spaces between their groups; the first six and last four digits stay. A number that
only looks like a card is masked as well: better one reference too few than one card too many.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from typing import Final

REMOVED: Final = "•••"
_DEEPEST: Final = 12
# ISO 8583:1987: expiry; tracks 2, 3, 1; PIN; security control; chip data (with a copy of track 2); MACs; security code.
_SECRET_FIELDS: Final = frozenset({14, 35, 36, 45, 52, 53, 55, 64, 96, 128})
_CARD_FIELDS: Final = frozenset({2, 34})
_SHORTEST: Final = 13  # digits of a card number
_AMOUNTS: Final = 54
_ORIGINAL: Final = 90
_PRIVATE_FIELDS: Final = frozenset(
    {46, 47, 48, *range(56, 64), *range(104, 128)}
)  # may carry keys, as their peers like
_SHORT_FIELDS: Final = frozenset(
    {0, *range(3, 14), *range(15, 34), *range(37, 43), 49, 50, 51, *range(66, 86), 91, 92, 93, 94, 99, 100}
)  # less than 13 digits by the standard

_LONG: Final = re.compile(r"\d(?:[\s\-._/]?\d){11}")
_RUN: Final = re.compile(r"\d(?:[\s\-._/]?\d){12,}")
_TRACK: Final = re.compile(r"%?B?\d{12,19}(?:[=D]\d{4}[\dA-F]*|\^[^^]{2,26}\^[^?\s]*)\??", re.IGNORECASE)
_KEY_LIKE: Final = re.compile(r"[0-9A-Fa-f]{16,}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ORIGINAL_DATA: Final = re.compile(r"([012]\d{3})(\d{6})((?:0[1-9]|1[0-2])[0-3]\d[0-2]\d[0-5]\d[0-5]\d)\d{22}")
_AMOUNTS_ONLY: Final = re.compile(r"([0-4]\d{6}[CD]0\d{11})+")
_CARD_PREFIX: Final = re.compile("[3-69]|2[2-7]")  # how payment cards begin
_DOUBLED: Final = str.maketrans("0123456789", "0246813579")  # a digit to the sum of the digits of its double
_WITHOUT_SEPARATORS: Final = str.maketrans("", "", " \t\n\r\f\v\x1c\x1d\x1e\x1f-._/")
_NAME_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SECRET_WORDS: Final = frozenset(
    {
        *("password", "passwd", "passphrase", "pwd", "pin", "pinblock", "pvv", "cvv", "cvc", "cvn", "cav", "track"),
        *("secret", "token", "mac", "otp", "cookie", "credential", "credentials", "signature", "authorization"),
        *("key", "keys"),
    }
)
_OPEN_NAMES: Final = frozenset({"idempotency_key", "authorization_code", "authorization_id"})
# What a longer run of digits is searched for: lengths of cards, and how cards of that length begin.
_EMBEDDED: Final = ((15, re.compile("3[47]")), (16, re.compile("35|[4-6]|2[2-7]")), (19, re.compile("[46]")))


def mask_iso8583(fields: Mapping[int, str]) -> dict[str, str]:
    """The fields of an ISO 8583 message as they may be kept, by number."""
    own = own_card_number(fields)
    kept = {}
    for number, value in fields.items():
        shown = value if number in _SHORT_FIELDS and len(value) < _SHORTEST else _field(number, value)
        if own and len(shown) >= len(own):
            shown = shown.replace(own, mask_number(own))
        kept[str(number)] = shown
    return kept


def own_card_number(fields: Mapping[int, str]) -> str:
    """The card number that the message is about, or nothing."""
    track = fields.get(35, "")
    return fields.get(2) or re.split("[=D]", track, maxsplit=1)[0]


def mask_content(value: object, depth: int = 0) -> object:
    """Any JSON-like value as it may be kept."""
    if isinstance(value, str):
        return mask_text(value) if len(value) >= _SHORTEST else value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict | Mapping):  # asking for dict first is quicker
        if depth >= _DEEPEST:
            return REMOVED
        return {
            _name(str(name)): REMOVED if is_secret_name(str(name)) else mask_content(inner, depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return REMOVED if depth >= _DEEPEST else [mask_content(inner, depth + 1) for inner in value]
    text = str(value)
    masked = mask_text(text)
    return value if masked == text and isinstance(value, int | float) else masked


def mask_text(text: str) -> str:
    """`text` without the card numbers and tracks in it."""
    if len(text) < _SHORTEST or not _LONG.search(text) or _UUID.fullmatch(text):
        return text
    return _RUN.sub(_masked_run, _TRACK.sub(REMOVED, text))


@functools.lru_cache(maxsize=4096)
def _name(name: str) -> str:
    """Names of fields come again and again."""
    return mask_text(name)


def mask_number(number: str) -> str:
    """A card number with its first six and last four digits; of a short one the last four."""
    head = number[:6] if len(number) >= 15 else ""
    return f"{head}{'*' * (len(number) - len(head) - 4)}{number[-4:]}" if len(number) > 4 else REMOVED


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds what nobody may keep."""
    if name.lower().replace("-", "_") in _OPEN_NAMES:
        return False
    words = [word.lower() for word in _NAME_WORDS.findall(name)]
    joined = "".join(words)
    return not _SECRET_WORDS.isdisjoint(words) or any(
        word in joined for word in ("password", "passwd", "pinblock", "secret", "track2", "track1", "cvv", "mackey")
    )


def _field(number: int, value: str) -> str:
    if number in _SECRET_FIELDS:
        return REMOVED
    if number in _CARD_FIELDS:
        return mask_number(value)
    if number == _AMOUNTS and _AMOUNTS_ONLY.fullmatch(value):
        return value
    if number == _ORIGINAL and (found := _ORIGINAL_DATA.fullmatch(value)):
        return f"{found[1]} {found[2]} {found[3]}"
    masked = mask_text(value)
    return _KEY_LIKE.sub(REMOVED, masked) if number in _PRIVATE_FIELDS else masked


def _masked_run(found: re.Match[str]) -> str:
    run = found[0]
    if run.isascii():
        digits = run.translate(_WITHOUT_SEPARATORS)
    else:
        digits = "".join(str(unicodedata.decimal(character)) for character in run if character.isdecimal())
    return mask_number(digits) if _holds_card_number(digits) else run


def _holds_card_number(digits: str) -> bool:
    if len(digits) <= 19 and _CARD_PREFIX.match(digits) and _checks(digits):
        return True
    return any(
        prefix.match(digits, start) and _checks(digits[start : start + length])
        for length, prefix in _EMBEDDED
        for start in range(len(digits) - length + 1)
    )


def _checks(digits: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1, annex B)."""
    return sum(map(int, digits[-1::-2] + digits[-2::-2].translate(_DOUBLED))) % 10 == 0
