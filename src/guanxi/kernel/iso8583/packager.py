"""Dialects of ISO 8583 as data: a packager is a file of fields, and of how its wire carries them.

`packager(name)` gives the dialect of `packagers/<name>.toml`; a new one is a new file. `unpack` reads octets, `pack`
writes the same octets again. The layout of a bitmap (the fields it announces, in order) is worked out once and
remembered, because the peers of one installation send few different ones.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final, NamedTuple

import msgspec

from guanxi.kernel.iso8583.errors import MalformedMessage, PackagerUnknown, UnencodableMessage
from guanxi.kernel.iso8583.wire import (
    Carriage,
    Field,
    Read,
    ValueFault,
    Wire,
    Write,
    decode_text,
    encode_text,
    fault_on_reading,
    fault_on_writing,
    reader,
    writer,
)

_FOLDER: Final = resources.files("guanxi.kernel.iso8583") / "packagers"
_TYPE: Final = re.compile(r"[0-9]{4}")
_HEXADECIMAL: Final = re.compile(rb"[0-9A-Fa-f]*")
_FORM: Final = re.compile(r"(n|x\+n|ans|an|z|b|free) (\.*)([0-9]+) (.+)")
_OCTETS: Final = 8  # of one bitmap
_BITS: Final = 64
_TERTIARY: Final = 65  # the bit that announces a third bitmap, and no data


class Message(msgspec.Struct):
    """One message. Binary fields are upper-case hexadecimal text; the bitmaps follow from the fields."""

    mti: str
    fields: dict[int, str]
    header: bytes = b""  # what some dialects send before the type


class _Step(NamedTuple):
    """One field that a bitmap announces."""

    number: int
    read: Read
    field: Field


class _Fields:
    """Fields behind a bitmap, of a message or of a composite field."""

    def __init__(self, fields: Mapping[int, Field], wire: Wire, carried: Mapping[int, Carriage]) -> None:
        self.fields = dict(fields)
        forms = {number: carried.get(number) or _usual_carriage(field, wire) for number, field in fields.items()}
        self._steps = {
            number: _Step(number, reader(field, wire, forms[number]), field) for number, field in fields.items()
        }
        self._writers: dict[int, Write] = {
            number: writer(field, wire, forms[number]) for number, field in fields.items()
        }
        self.layout = functools.lru_cache(maxsize=1024)(self._layout)

    def _layout(self, numbers: tuple[int, ...]) -> tuple[_Step, ...]:
        for number in numbers:
            if number not in self._steps:
                raise MalformedMessage(f"Field {number} is not in our specification.", partial=None, field=number)
        return tuple(self._steps[number] for number in numbers)

    def read(self, raw: bytes, position: int, numbers: tuple[int, ...], message: Message) -> int:
        """Put the announced fields into `message`; where they end."""
        try:
            steps = self.layout(numbers)
        except MalformedMessage as error:
            raise MalformedMessage(str(error), partial=Message(message.mti, {}), field=error.field) from None
        into = message.fields
        for number, read, field in steps:
            try:
                into[number], position = read(raw, position)
            except ValueFault as fault:
                raise fault_on_reading(field, fault, message, position) from None
        return position

    def write(self, fields: Mapping[int, str], numbers: tuple[int, ...]) -> bytes:
        """The octets of `fields` in the order of `numbers`."""
        parts = []
        for number in numbers:
            write = self._writers.get(number)
            if write is None:
                raise UnencodableMessage(f"Field {number} is not in our specification.", field=number)
            try:
                parts.append(write(fields[number]))
            except ValueFault as fault:
                raise fault_on_writing(self.fields[number], fault) from None
        return b"".join(parts)


class Composite(NamedTuple):
    """A binary field with fields of its own: a header that is kept, a bitmap of some octets, the fields."""

    header: int
    bitmap: int
    wire: Wire
    inner: _Fields


class Packager:
    """One dialect. Made by `packager`."""

    def __init__(self, name: str, definition: Mapping[str, Any]) -> None:
        self.name = name
        self.title: str = definition["title"]
        self.source: str = definition["source"]
        self.wire = msgspec.convert(definition.get("wire", {}), Wire)
        carried = {int(number): form for number, form in definition.get("carried", {}).items()}
        self._inner = _Fields(_read_fields(definition["fields"]), self.wire, carried)
        self.composites = {
            int(number): _composite(each, self.wire) for number, each in definition.get("composite", {}).items()
        }
        self._type_octets = 2 if self.wire.type == "bcd" else 4
        self._bitmap_octets = _OCTETS if self.wire.bitmap == "binary" else 2 * _OCTETS
        self._numbers = functools.lru_cache(maxsize=1024)(self._announced)
        self._bitmaps = functools.lru_cache(maxsize=1024)(self._make_bitmaps)

    @property
    def fields(self) -> Mapping[int, Field]:
        """Every field of the dialect by its number."""
        return self._inner.fields

    def unpack(self, raw: bytes) -> Message:
        """The message that `raw` spells; `MalformedMessage` when it spells none, whatever the octets are."""
        start = self.wire.header
        mti = self._read_type(raw[start : start + self._type_octets])
        message = Message(mti, {}, raw[:start])
        bitmaps, position = self._read_bitmaps(raw, start + self._type_octets, message)
        position = self._inner.read(raw, position, self._numbers(bitmaps), message)
        if position != len(raw):
            raise MalformedMessage(f"{len(raw) - position} octets follow the last field.", partial=message)
        return message

    def pack(self, message: Message) -> bytes:
        """The octets of `message`; `UnencodableMessage` when a value does not fit its field."""
        if not _TYPE.fullmatch(message.mti):
            raise UnencodableMessage(f"{message.mti!r} is not a message type.")
        if len(message.header) != self.wire.header:
            raise UnencodableMessage(f"The header has {self.wire.header} octets, not {len(message.header)}.")
        numbers = tuple(sorted(message.fields))
        body = self._inner.write(message.fields, numbers)
        return message.header + self._write_type(message.mti) + self._bitmaps(numbers) + body

    def parts(self, message: Message, number: int) -> dict[int, str]:
        """The sub-fields of a composite field; sub-field 0 is its header, where it has one."""
        header, size, wire, inner = self.composites[number]
        raw = bytes.fromhex(message.fields[number])
        found = Message(message.mti, {0: raw[:header].hex().upper()} if header else {})
        bitmap, position = _read_bitmap(raw, header, size, wire, found)
        position = inner.read(raw, position, _bits(bitmap, 8 * size, 1), found)
        if position != len(raw):
            raise MalformedMessage(f"{len(raw) - position} octets follow the last sub-field.", partial=found)
        return found.fields

    def compose(self, number: int, parts: Mapping[int, str]) -> str:
        """The value of a composite field with these sub-fields."""
        _, size, wire, inner = self.composites[number]
        numbers = tuple(sorted(set(parts) - {0}))
        bitmap = sum(1 << (8 * size - each) for each in numbers).to_bytes(size, "big")
        raw = bytes.fromhex(parts.get(0, "")) + _write_bitmap(bitmap, wire) + inner.write(parts, numbers)
        return raw.hex().upper()

    def listing(self, message: Message) -> dict[str, str]:
        """Every value under its number, sub-fields with a dot between: {"0": "0200", "2": ..., "127.2": ...}."""
        found = {"0": message.mti}
        for number, value in sorted(message.fields.items()):
            if number in self.composites:
                found.update({f"{number}.{part}": text for part, text in self.parts(message, number).items()})
            else:
                found[str(number)] = value
        return found

    def _read_type(self, octets: bytes) -> str:
        mti = octets.hex() if self.wire.type == "bcd" else decode_text(octets, self.wire.type)
        if not _TYPE.fullmatch(mti):
            raise MalformedMessage("It does not begin with a message type.", partial=None)
        return mti

    def _write_type(self, mti: str) -> bytes:
        return bytes.fromhex(mti) if self.wire.type == "bcd" else encode_text(mti, self.wire.type)

    def _read_bitmaps(self, raw: bytes, position: int, message: Message) -> tuple[int, int]:
        """All bitmaps as one number of 192 bits: each begins with the bit that announces the next."""
        bitmaps = 0
        for place in range(self.wire.bitmaps):
            bitmap, position = _read_bitmap(raw, position, _OCTETS, self.wire, message)
            bitmaps |= bitmap << (2 - place) * _BITS
            if not bitmap >> (_BITS - 1):
                break
        return bitmaps, position

    def _announced(self, bitmaps: int) -> tuple[int, ...]:
        """The fields that 192 bits announce. The first bit of a bitmap announces the next one, and no data."""
        numbers = _bits(bitmaps, 3 * _BITS, 2)
        return numbers if self.wire.bitmaps < 3 else tuple(number for number in numbers if number != _TERTIARY)

    def _make_bitmaps(self, numbers: tuple[int, ...]) -> bytes:
        count = -(-max(numbers, default=1) // _BITS)
        bits = sum(1 << (3 * _BITS - number) for number in numbers)
        for following in range(1, count):
            bits |= 1 << (3 * _BITS - 1 - (following - 1) * _BITS)
        return _write_bitmap((bits >> (3 - count) * _BITS).to_bytes(count * _OCTETS, "big"), self.wire)


@functools.cache
def packager(name: str) -> Packager:
    """The dialect of that name; `PackagerUnknown` names those there are."""
    if name not in packager_names():
        raise PackagerUnknown(name, packager_names())
    return Packager(name, _definition(name))


@functools.cache
def packager_names() -> tuple[str, ...]:
    """The dialects there are."""
    return tuple(sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml")))


def _definition(name: str) -> dict[str, Any]:
    """The file of that name over the one it is based on."""
    own = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    if "base" not in own:
        return own
    base = _definition(own["base"])
    tables = {table: {**base.get(table, {}), **own.get(table, {})} for table in ("wire", "carried", "fields")}
    return {**base, **own, **tables}


def _read_fields(table: Mapping[str, str]) -> dict[int, Field]:
    """The fields of a table; a later line takes the place of an earlier one, an empty form takes the field out."""
    fields: dict[int, Field] = {}
    for numbers, form in table.items():
        first, _, last = numbers.partition("-")
        for number in range(int(first), int(last or first) + 1):
            if form:
                fields[number] = _read_form(number, form)
            else:
                fields.pop(number, None)
    return fields


def _read_form(number: int, form: str) -> Field:
    found = _FORM.fullmatch(form)
    if found is None:
        raise ValueError(f"field {number}: {form!r} is not a form such as 'n ..19 primary account number'")
    kind, dots, size, name = found.groups()
    return Field(number, kind, len(dots), int(size), name)  # type: ignore[arg-type]


def _composite(definition: Mapping[str, Any], wire: Wire) -> Composite:
    own = msgspec.structs.replace(wire, **definition.get("wire", {}))
    inner = _Fields(_read_fields(definition["fields"]), own, {})
    return Composite(definition.get("header", 0), definition["bitmap"], wire, inner)


def _usual_carriage(field: Field, wire: Wire) -> Carriage:
    if field.kind == "b":
        return wire.variable_binary if field.prefix else wire.fixed_binary
    if field.kind in {"n", "x+n"}:
        return wire.digits
    return wire.track if field.kind == "z" else "text"


def _read_bitmap(raw: bytes, position: int, size: int, wire: Wire, message: Message) -> tuple[int, int]:
    end = position + (size if wire.bitmap == "binary" else 2 * size)
    octets = raw[position:end]
    if end > len(raw):
        raise MalformedMessage("The bitmap is cut short.", partial=message)
    if wire.bitmap == "hex":
        digits = octets if wire.text == "ascii" else decode_text(octets, wire.text).encode("latin-1")
        if not _HEXADECIMAL.fullmatch(digits):
            raise MalformedMessage("The bitmap is not made of hexadecimal digits.", partial=message)
        octets = bytes.fromhex(digits.decode("ascii"))
    return int.from_bytes(octets, "big"), end


def _write_bitmap(bitmap: bytes, wire: Wire) -> bytes:
    return bitmap if wire.bitmap == "binary" else encode_text(bitmap.hex().upper(), wire.text)


def _bits(bitmap: int, size: int, first: int) -> tuple[int, ...]:
    return tuple(number for number in range(first, size + 1) if bitmap >> (size - number) & 1)
