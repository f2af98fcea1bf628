"""A message and its bytes: type indicator, bitmaps, fields; and what is derived from the type indicator.

The layout of a bitmap (the fields it announces, in order) is worked out once and remembered, because the terminals
and hosts of one installation send few different ones.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from guanxi.kernel.iso8583.errors import MalformedMessage, UnencodableMessage
from guanxi.kernel.iso8583.specification import CONTENT, FIELDS, Field

_SECONDARY: Final = 1 << 63  # bit 1 of a bitmap announces the next one
_TYPE: Final = re.compile(r"[0-9]{4}")


class Message(msgspec.Struct):
    """One message. Binary fields are upper-case hexadecimal text; the bitmaps follow from the fields."""

    mti: str
    fields: dict[int, str]


class OriginalData(NamedTuple):
    """Field 90: which message a reversal is about (ISO 8583:1987, data element 90)."""

    mti: str
    trace_number: str
    transmitted_at: str  # MMDDhhmmss, as the original's field 7
    acquirer: str = "0" * 11
    forwarder: str = "0" * 11

    def __str__(self) -> str:
        return f"{self.mti}{self.trace_number}{self.transmitted_at}{self.acquirer:0>11}{self.forwarder:0>11}"


def parse_original_data(text: str) -> OriginalData:
    """The parts of field 90, which is 42 digits."""
    return OriginalData(text[:4], text[4:10], text[10:20], text[20:31], text[31:42])


def decode(raw: bytes) -> Message:
    """The message that `raw` spells; `MalformedMessage` when it spells none, whatever the bytes are."""
    text = raw.decode("latin-1")  # one character an octet; the fields' own patterns refuse what is not ASCII
    if not _TYPE.fullmatch(text[:4]):
        raise MalformedMessage("It does not begin with a message type.", partial=None)
    message = Message(text[:4], {})
    position = _decode_fields(raw, text, message)
    if position != len(raw):
        raise MalformedMessage(f"{len(raw) - position} octets follow the last field.", partial=message)
    return message


def encode(message: Message) -> bytes:
    """The bytes of `message`; `UnencodableMessage` when a value does not fit its field."""
    numbers = sorted(message.fields)
    if not _TYPE.fullmatch(message.mti):
        raise UnencodableMessage(f"{message.mti!r} is not a message type.")
    head = message.mti.encode("ascii") + _bitmaps(tuple(numbers))
    return head + b"".join([_encode_field(number, message.fields[number]) for number in numbers])


def is_request(mti: str) -> bool:
    """Whether somebody waits for an answer: a request (xx0x) or an advice (xx2x)."""
    return mti[2] in "02"


def response_type(mti: str) -> str:
    """The type of the answer: 0200 and its repeat 0201 are answered by 0210, 0420 and 0421 by 0430."""
    return f"{mti[:2]}{int(mti[2]) | 1}0"


def repeat_type(mti: str) -> str:
    """The type under which a request or advice is sent again: 0200 -> 0201, 0420 -> 0421."""
    return f"{mti[:3]}{int(mti[3]) | 1}"


def response_to(request: Message, response_code: str, echoed: tuple[int, ...], extra: Mapping[int, str]) -> Message:
    """The answer to `request`: the `echoed` fields it has, the response code, and `extra`."""
    fields = {number: request.fields[number] for number in echoed if number in request.fields}
    return Message(response_type(request.mti), {**fields, 39: response_code, **extra})


def _decode_fields(raw: bytes, text: str, message: Message) -> int:
    position = 12
    bitmap = int.from_bytes(raw[4:12], "big")
    if len(raw) < position:
        raise MalformedMessage("The bitmap is cut short.", partial=message)
    if bitmap & _SECONDARY:
        position = 20
        bitmap = bitmap << 64 | int.from_bytes(raw[12:20], "big")
        if len(raw) < position:
            raise MalformedMessage("The secondary bitmap is cut short.", partial=message)
    else:
        bitmap <<= 64
    for field in _layout(bitmap, message.mti):
        position = _decode_field(raw, text, position, field, message)
    return position


def _decode_field(raw: bytes, text: str, position: int, field: Field, message: Message) -> int:
    number, kind, prefix, size, name = field
    if prefix:
        digits = text[position : position + prefix]
        if not (digits.isdecimal() and digits.isascii() and len(digits) == prefix) or int(digits) > size:
            raise MalformedMessage(f"Field {number} ({name}) has no proper length.", partial=message, field=number)
        size = int(digits)
        position += prefix
    end = position + size
    value = raw[position:end].hex().upper() if kind == "b" else text[position:end]
    if end > len(raw):
        raise MalformedMessage(f"Field {number} ({name}) is cut short.", partial=message, field=number)
    if not CONTENT[kind].fullmatch(value):
        raise MalformedMessage(f"Field {number} ({name}) has characters it cannot hold.", partial=message, field=number)
    message.fields[number] = value
    return end


@functools.lru_cache(maxsize=1024)
def _layout(bitmap: int, mti: str) -> tuple[Field, ...]:
    """The fields that the 128 bits of `bitmap` announce."""
    numbers = [number for number in range(2, 129) if bitmap >> (128 - number) & 1]
    unknown = [number for number in numbers if number not in FIELDS]
    if unknown:
        raise MalformedMessage(
            f"Field {unknown[0]} is not in our specification.", partial=Message(mti, {}), field=unknown[0]
        )
    return tuple(FIELDS[number] for number in numbers)


@functools.lru_cache(maxsize=1024)
def _bitmaps(numbers: tuple[int, ...]) -> bytes:
    bitmap = 0
    for number in numbers:
        if number not in FIELDS:
            raise UnencodableMessage(f"Field {number} is not in our specification.", field=number)
        bitmap |= 1 << (128 - number)
    if numbers and numbers[-1] > 64:
        return (bitmap | 1 << 127).to_bytes(16, "big")
    return (bitmap >> 64).to_bytes(8, "big")


def _encode_field(number: int, value: str) -> bytes:
    _, kind, prefix, size, name = FIELDS[number]
    if not CONTENT[kind].fullmatch(value):
        raise UnencodableMessage(f"Field {number} ({name}) cannot hold these characters.", field=number)
    data = bytes.fromhex(value) if kind == "b" and len(value) == 2 * size else value.encode("ascii")
    if prefix:
        if len(data) > size:
            raise UnencodableMessage(f"Field {number} ({name}) holds at most {size} characters.", field=number)
        return b"%0*d" % (prefix, len(data)) + data
    if len(data) != size:
        raise UnencodableMessage(f"Field {number} ({name}) holds exactly {size}.", field=number)
    return data
