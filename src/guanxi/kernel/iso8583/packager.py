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
from guanxi.kernel.iso8583.pieces import TAGS, Piece, cut, read_cut, read_tags
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
_TABLES: Final = ("wire", "carried", "own", "fields", "pieces")  # where the own lines come over those of the base
_OCTETS: Final = 8  # of one bitmap
_BITS: Final = 64
_TERTIARY: Final = 65  # the bit that announces a third bitmap, and no data


Spellings = dict[int, tuple[bytes, bytes]]
_ALL_OURS: Final[Spellings] = {}


class Message(msgspec.Struct):
    """One message. Binary fields are upper-case hexadecimal text; the bitmaps follow from the fields."""

    mti: str
    fields: dict[int, str]
    header: bytes = b""  # what some dialects send before the type
    # What came spelled otherwise than we write it (a filler but 0, small hexadecimal digits, an empty bitmap), to
    # leave as it came: our octets and theirs by field, 1 for the bitmaps. A changed value is written our way.
    spellings: Spellings = {}

    def note_spelling(self, number: int, ours: bytes, theirs: bytes) -> None:
        """Keep what came, where it is not what we would write."""
        if ours != theirs:
            self.spellings[number] = (ours, theirs)


class _Step(NamedTuple):
    """One field that a bitmap announces."""

    number: int
    read: Read
    field: Field
    respell: Write | None  # where the same value can be spelled in several ways


class _Fields:
    """Fields behind a bitmap, of a message or of a composite field."""

    def __init__(self, fields: Mapping[int, Field], wires: Mapping[int, Wire], carried: Mapping[int, Carriage]) -> None:
        self.fields = dict(fields)
        self._steps: dict[int, _Step] = {}
        self._writers: dict[int, Write] = {}
        for number, field in fields.items():
            wire = wires[number]
            form = carried.get(number) or _usual_carriage(field, wire)
            write = self._writers[number] = writer(field, wire, form)
            respell = write if form in {"bcd", "hex"} else None
            self._steps[number] = _Step(number, reader(field, wire, form), field, respell)
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
            partial = Message(message.mti, {}, message.header)
            raise MalformedMessage(str(error), partial=partial, field=error.field, position=position) from None
        into = message.fields
        for number, read, field, respell in steps:
            began = position
            try:
                into[number], position = read(raw, position)
            except ValueFault as fault:
                raise fault_on_reading(field, fault, message, position) from None
            if respell is not None:
                message.note_spelling(number, respell(into[number]), raw[began:position])
        return position

    def write(self, fields: Mapping[int, str], numbers: tuple[int, ...], spellings: Spellings = _ALL_OURS) -> bytes:
        """The octets of `fields` in the order of `numbers`."""
        parts = []
        for number in numbers:
            write = self._writers.get(number)
            if write is None:
                raise UnencodableMessage(f"Field {number} is not in our specification.", field=number)
            try:
                octets = write(fields[number])
            except ValueFault as fault:
                raise fault_on_writing(self.fields[number], fault) from None
            parts.append(_spelled(spellings, number, octets) if spellings else octets)
        return b"".join(parts)


def _spelled(spellings: Spellings, number: int, octets: bytes) -> bytes:
    """How these octets came, if they did."""
    ours, theirs = spellings.get(number, (octets, octets))
    return theirs if ours == octets else octets


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
        fields = _read_fields(definition["fields"])
        own = definition.get("own", {})
        wires = {number: msgspec.structs.replace(self.wire, **own.get(str(number), {})) for number in fields}
        self._inner = _Fields(fields, wires, carried)
        self.composites = {
            int(number): _composite(each, self.wire) for number, each in definition.get("composite", {}).items()
        }
        self._cuts = {
            int(number): None if form == TAGS else read_cut(form)
            for number, form in definition.get("pieces", {}).items()
            if form
        }
        self._type_octets = 2 if self.wire.type == "bcd" else 4
        self._in_place = self.wire.bitmaps == 3 and self.wire.third == "as field 65"
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
        start += self._type_octets
        bitmaps, position = self._read_bitmaps(raw, start, message)
        numbers = self._numbers(bitmaps)
        message.note_spelling(1, self._bitmaps(numbers), raw[start:position])
        if self._in_place and _TERTIARY in numbers:
            position = self._read_in_place(raw, position, numbers, message)
        else:
            position = self._inner.read(raw, position, numbers, message)
        if position != len(raw):
            sentence = f"{len(raw) - position} octets follow the last field, from octet {position} on."
            raise MalformedMessage(sentence, partial=message, position=position)
        return message

    def pack(self, message: Message) -> bytes:
        """The octets of `message`; `UnencodableMessage` when a value does not fit its field."""
        if not _TYPE.fullmatch(message.mti):
            raise UnencodableMessage(f"{message.mti!r} is not a message type.")
        if len(message.header) != self.wire.header:
            raise UnencodableMessage(f"The header has {self.wire.header} octets, not {len(message.header)}.")
        numbers = tuple(sorted(message.fields))
        spellings = message.spellings
        if self._in_place and ((numbers and numbers[-1] > 2 * _BITS) or _TERTIARY in spellings):
            numbers, body = self._write_in_place(message, numbers)
        else:
            body = self._inner.write(message.fields, numbers, spellings)
        bitmaps = self._bitmaps(numbers)
        if spellings:
            bitmaps = _spelled(spellings, 1, bitmaps)
        return message.header + self._write_type(message.mti) + bitmaps + body

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

    def pieces(self, message: Message, number: int) -> tuple[Piece, ...]:
        """What is inside a value by the standard, such as the three codes of field 3; nothing for most fields."""
        value = message.fields[number]
        if number not in self._cuts or number not in self.fields:
            return ()
        how = self._cuts[number]
        try:
            return read_tags(bytes.fromhex(value)) if how is None else cut(value, how)
        except ValueFault as fault:
            sentence = f"Field {number} ({self.fields[number].name}) {fault}."
            raise MalformedMessage(sentence, partial=message, field=number) from None

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
            sentence = f"There is no message type at octet {self.wire.header}."
            raise MalformedMessage(sentence, partial=None, position=self.wire.header)
        return mti

    def _write_type(self, mti: str) -> bytes:
        return bytes.fromhex(mti) if self.wire.type == "bcd" else encode_text(mti, self.wire.type)

    def _read_bitmaps(self, raw: bytes, position: int, message: Message) -> tuple[int, int]:
        """All bitmaps as one number of 192 bits: each begins with the bit that announces the next."""
        bitmaps = 0
        for place in range(2 if self._in_place else self.wire.bitmaps):
            bitmap, position = _read_bitmap(raw, position, _OCTETS, self.wire, message)
            bitmaps |= bitmap << (2 - place) * _BITS
            if not bitmap >> (_BITS - 1):
                break
        return bitmaps, position

    def _announced(self, bitmaps: int) -> tuple[int, ...]:
        """The fields that 192 bits announce. The first bit of a bitmap announces the next one, and no data."""
        numbers = _bits(bitmaps, 3 * _BITS, 2)
        if self._in_place or self.wire.bitmaps < 3:
            return numbers
        return tuple(number for number in numbers if number != _TERTIARY)

    def _read_in_place(self, raw: bytes, position: int, numbers: tuple[int, ...], message: Message) -> int:
        """The fields of a message whose third bitmap stands where field 65 would."""
        place = numbers.index(_TERTIARY)
        position = self._inner.read(raw, position, numbers[:place], message)
        bitmap, end = _read_bitmap(raw, position, _OCTETS, self.wire, message)
        third = _bits(bitmap, 3 * _BITS, 2 * _BITS + 1)
        message.note_spelling(_TERTIARY, self._third_bitmap(third), raw[position:end])
        return self._inner.read(raw, end, numbers[place + 1 :] + third, message)

    def _write_in_place(self, message: Message, numbers: tuple[int, ...]) -> tuple[tuple[int, ...], bytes]:
        """The numbers that two bitmaps announce, and the octets of all fields."""
        before = tuple(number for number in numbers if number <= _TERTIARY)
        after = tuple(number for number in numbers if number > _TERTIARY)
        third = tuple(number for number in after if number > 2 * _BITS)
        parts = (
            self._inner.write(message.fields, before, message.spellings),
            _spelled(message.spellings, _TERTIARY, self._third_bitmap(third)),
            self._inner.write(message.fields, after, message.spellings),
        )
        announced = (*before, _TERTIARY, *(number for number in after if number <= 2 * _BITS))
        return announced, b"".join(parts)

    def _third_bitmap(self, numbers: tuple[int, ...]) -> bytes:
        bits = sum(1 << (3 * _BITS - number) for number in numbers)
        return _write_bitmap(bits.to_bytes(_OCTETS, "big"), self.wire) if numbers else b""

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
    tables = {table: {**base.get(table, {}), **own.get(table, {})} for table in _TABLES}
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
    fields = _read_fields(definition["fields"])
    inner = _Fields(fields, dict.fromkeys(fields, own), {})
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
        sentence = f"The bitmap at octet {position} is cut short."
        raise MalformedMessage(sentence, partial=message, position=position)
    if wire.bitmap == "hex":
        digits = octets if wire.text == "ascii" else decode_text(octets, wire.text).encode("latin-1")
        if not _HEXADECIMAL.fullmatch(digits):
            sentence = f"The bitmap at octet {position} is not made of hexadecimal digits."
            raise MalformedMessage(sentence, partial=message, position=position)
        octets = bytes.fromhex(digits.decode("ascii"))
    return int.from_bytes(octets, "big"), end


def _write_bitmap(bitmap: bytes, wire: Wire) -> bytes:
    return bitmap if wire.bitmap == "binary" else encode_text(bitmap.hex().upper(), wire.text)


def _bits(bitmap: int, size: int, first: int) -> tuple[int, ...]:
    return tuple(number for number in range(first, size + 1) if bitmap >> (size - number) & 1)
