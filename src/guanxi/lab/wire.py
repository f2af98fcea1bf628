"""What was said on the wire, as people may see it: card numbers masked, PIN blocks and tokens left out."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Final

from guanxi.kernel.iso8583.message import Message
from guanxi.kernel.iso8583.specification import FIELDS

CARD_NUMBER: Final = 2
TRACK_2: Final = 35
PIN_BLOCK: Final = 52
_HIDDEN: Final = b"*"


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """One message: by whom it was sent, when, its first line, and its content line by line."""

    sender: str  # customer or bank
    at: dt.datetime
    title: str
    lines: list[tuple[str, str, str]]  # number or name, meaning, value
    dump: str = ""


Observer = Callable[[Said], None]


def nobody(_said: Said) -> None:
    """For those who do not look."""


def described(sender: str, at: dt.datetime, raw: bytes, message: Message) -> Said:
    """An ISO 8583 message, masked: card number, track 2 and PIN block cannot be read from it."""
    lines = [(f"{number:03}", FIELDS[number].name, _shown(number, text)) for number, text in message.fields.items()]
    return Said(sender, at, message.mti, lines, hex_dump(_masked(raw, message)))


def masked_number(number: str) -> str:
    """The first six and the last four digits, as PCI DSS 3.4 allows to show."""
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}" if len(number) > 10 else "*" * len(number)


def hex_dump(raw: bytes) -> str:
    """Sixteen octets a line: offset, hexadecimal, and the characters they spell."""
    return "\n".join(_dump_line(start, raw[start : start + 16]) for start in range(0, len(raw), 16))


def _dump_line(start: int, octets: bytes) -> str:
    spelled = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in octets)
    return f"{start:04x}  {octets.hex(' '):<47}  {spelled}"


def _shown(number: int, text: str) -> str:
    if number == CARD_NUMBER:
        return masked_number(text)
    return "*" * len(text) if number in {TRACK_2, PIN_BLOCK} else text


def _masked(raw: bytes, message: Message) -> bytes:
    for number in (CARD_NUMBER, TRACK_2, PIN_BLOCK):
        text = message.fields.get(number)
        if text:
            secret = bytes.fromhex(text) if number == PIN_BLOCK else text.encode()
            shown = _shown(number, text).encode()[: len(secret)] if number != PIN_BLOCK else _HIDDEN * len(secret)
            raw = raw.replace(secret, shown)
    return raw
