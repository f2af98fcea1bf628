"""What is inside one value: pieces of fixed width one behind another, or tagged objects of a chip.

The standard calls some fields constructed (ISO 8583:1987, section 4.4; a processing code is three codes of two digits);
chip data is BER-TLV (ISO/IEC 8825-1 as narrowed by EMV 4.3, book 3, annex B).
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Final, NamedTuple

from guanxi.kernel.iso8583.wire import ValueFault

TAGS: Final = "tags"
_FORM: Final = re.compile(r"([0-9]+|\*) (.+)")
_AGAIN: Final = "; again"
_LONG_TAG: Final = 0x1F  # all of these bits: the tag goes on in the next octet
_MORE: Final = 0x80
_LENGTH_OCTETS: Final = 2  # EMV has objects of 255 octets at most, some peers send longer ones


class Piece(NamedTuple):
    """One part of a value: a number counted from 1 or a tag, what it is called, what it says."""

    key: str
    name: str
    value: str


class Cut(NamedTuple):
    """How a value falls apart: widths (`None` for all that is left) and names, perhaps over and over."""

    parts: tuple[tuple[int | None, str], ...]
    again: bool


def read_cut(form: str) -> Cut:
    """The definition `2 transaction, 2 account from` as data; `*` takes what is left, `; again` begins anew."""
    found = [_FORM.fullmatch(part.strip()) for part in form.removesuffix(_AGAIN).split(",")]
    if not all(found):
        raise ValueError(f"{form!r} is not a list such as '2 transaction, 2 account from'")
    parts = tuple((None if each[1] == "*" else int(each[1]), each[2]) for each in found if each)
    return Cut(parts, form.endswith(_AGAIN))


def cut(value: str, how: Cut) -> tuple[Piece, ...]:
    """The pieces of `value`; `ValueFault` when they do not come out even."""
    pieces: list[Piece] = []
    position = 0
    while not pieces or (how.again and position < len(value)):
        for width, name in how.parts:
            end = len(value) if width is None else position + width
            if end > len(value):
                raise ValueFault("does not fall into its pieces")
            pieces.append(Piece(str(len(pieces) + 1), name, value[position:end]))
            position = end
    if position != len(value):
        raise ValueFault("does not fall into its pieces")
    return tuple(pieces)


def read_tags(raw: bytes) -> tuple[Piece, ...]:
    """The tagged objects of chip data in their order; those within a template stay in it."""
    pieces = []
    position, names = 0, tag_names()
    while position < len(raw):
        end = _end_of_tag(raw, position)
        tag = raw[position:end].hex().upper()
        size, position = _read_size(raw, end)
        if position + size > len(raw):
            raise ValueFault(f"holds less than the {size} octets of its tag {tag}")
        pieces.append(Piece(tag, names.get(tag, "unknown"), raw[position : position + size].hex().upper()))
        position += size
    return tuple(pieces)


def write_tags(objects: Iterable[tuple[str, str]]) -> bytes:
    """Chip data of these tags and values (hexadecimal text), lengths in their shortest form."""
    return b"".join(bytes.fromhex(tag) + _size(len(value) // 2) + bytes.fromhex(value) for tag, value in objects)


@functools.cache
def tag_names() -> Mapping[str, str]:
    """What the tags of payment cards are called."""
    file = resources.files("guanxi.kernel.iso8583") / "tags.toml"
    names: dict[str, str] = tomllib.loads(file.read_text(encoding="utf-8"))["tags"]
    return names


def _end_of_tag(raw: bytes, position: int) -> int:
    end = position + 1
    if raw[position] & _LONG_TAG == _LONG_TAG:
        while end < len(raw) and raw[end] & _MORE:
            end += 1
        end += 1
    if end > len(raw):
        raise ValueFault("ends within a tag")
    return end


def _read_size(raw: bytes, position: int) -> tuple[int, int]:
    first = raw[position : position + 1]
    if not first:
        raise ValueFault("ends behind a tag")
    if first[0] < _MORE:
        return first[0], position + 1
    octets = first[0] - _MORE
    end = position + 1 + octets
    if not 0 < octets <= _LENGTH_OCTETS or end > len(raw):
        raise ValueFault("has no proper length behind a tag")
    return int.from_bytes(raw[position + 1 : end], "big"), end


def _size(size: int) -> bytes:
    if size < _MORE:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([_MORE + len(octets)]) + octets
