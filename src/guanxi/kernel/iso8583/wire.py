"""How single values are carried: text in ASCII or EBCDIC, digits packed two to an octet, octets as they are or as
hexadecimal digits, and lengths before variable values. One pair of functions a field, made once from its definition.

EBCDIC is IBM code page 1047 (RFC 1345); packed decimal digits follow ISO 8583:1987, section 4.3, with the half octet
that is left over on the side that the packager says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from guanxi.kernel.iso8583.errors import MalformedMessage, UnencodableMessage

if TYPE_CHECKING:
    from guanxi.kernel.iso8583.packager import Message

Kind = Literal["n", "x+n", "an", "ans", "z", "b", "free"]
Carriage = Literal["text", "bcd", "raw", "hex"]
Side = Literal["left", "right"]


class Field(NamedTuple):
    """How one field is made up. `prefix` is the number of length digits, 0 where `size` is fixed.

    `size` counts characters, for kind `b` octets. Kinds: `n` digits, `x+n` a sign C or D and digits, `an` letters and
    digits, `ans` printable characters, `z` track data, `b` octets (shown as hexadecimal text), `free` any characters.
    """

    number: int
    kind: Kind
    prefix: int
    size: int
    name: str

    @property
    def text_size(self) -> int:
        """The size as `Message.fields` shows it: two hexadecimal digits an octet for binary fields."""
        return self.size * 2 if self.kind == "b" else self.size


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a dialect carries what."""

    type: Literal["ascii", "bcd", "ebcdic"] = "ascii"
    bitmap: Literal["binary", "hex"] = "hex"  # hexadecimal digits are written in the code of `text`
    prefix: Literal["ascii", "bcd", "ebcdic", "binary"] = "ascii"
    digits: Literal["text", "bcd"] = "text"
    text: Literal["ascii", "ebcdic"] = "ascii"
    track: Literal["text", "bcd"] = "text"
    fixed_binary: Literal["raw", "hex"] = "raw"
    variable_binary: Literal["raw", "hex"] = "raw"
    pad_fixed: Side = "left"  # where an odd number of packed digits is filled up
    pad_variable: Side = "right"
    filler: Literal["0", "F"] = "0"  # what fills it up
    bitmaps: int = 3  # at most; with 3, bit 65 announces the third one
    third: Literal["behind the second", "as field 65"] = "behind the second"
    header: int = 0  # octets before the message type, kept as they are


Read = Callable[[bytes, int], tuple[str, int]]  # (octets, position) -> (value, position behind it)
Write = Callable[[str], bytes]


class ValueFault(ValueError):
    """What is wrong with a value, in words that follow the field's number and name."""


_CONTENT: Final[dict[Kind, re.Pattern[str]]] = {
    "n": re.compile(r"[0-9]*"),
    "x+n": re.compile(r"[CD][0-9]*"),
    "an": re.compile(r"[0-9A-Za-z ]*"),
    "ans": re.compile(r"[ -~]*"),
    "z": re.compile(r"[0-9A-F=:;<>?]*"),
    "b": re.compile(r"[0-9A-F]*"),
    "free": re.compile(r"[\x00-\xff]*"),
}
_TRACK_DIGITS: Final = "0123456789:;<=>?"  # what the half octets 0 to 15 stand for on a track (ISO 7811-2, 5-bit code)
_NIBBLES: Final = str.maketrans("ABCDEF", ":;<=>?")
_HALF_OCTETS: Final = str.maketrans(":;<=>?", "ABCDEF")
# Code page 1047 is code page 37 with six characters in other places.
_FROM_EBCDIC: Final = (
    bytes(range(256))
    .decode("cp037")
    .translate({0x5B: 0xDD, 0xDD: 0x5B, 0x5D: 0xA8, 0xA8: 0x5D, 0x5E: 0xAC, 0xAC: 0x5E})
)
_TO_EBCDIC: Final = {ord(character): octet for octet, character in enumerate(_FROM_EBCDIC)}


def decode_text(octets: bytes, code: str) -> str:
    """One character an octet, whatever the octets are."""
    return octets.decode("latin-1") if code == "ascii" else "".join([_FROM_EBCDIC[octet] for octet in octets])


def encode_text(text: str, code: str) -> bytes:
    """The octets of `text`; `ValueFault` for a character that has none."""
    try:
        return text.encode("latin-1") if code == "ascii" else bytes([_TO_EBCDIC[ord(letter)] for letter in text])
    except (UnicodeEncodeError, KeyError):
        raise ValueFault("cannot hold these characters") from None


def reader(field: Field, wire: Wire, carried: Carriage) -> Read:
    """The function that reads the field; it raises `ValueFault`."""
    pattern, length = _CONTENT[field.kind], _length_reader(field, wire)
    decode = _decoder(field, wire, carried)
    octets = _octets_of(field, carried)

    def read(raw: bytes, position: int) -> tuple[str, int]:
        size, position = length(raw, position)
        end = position + octets(size)
        if end > len(raw):
            raise ValueFault("is cut short")
        value = decode(raw[position:end], size)
        if not pattern.fullmatch(value):
            raise ValueFault("has characters it cannot hold")
        return value, end

    return read


def writer(field: Field, wire: Wire, carried: Carriage) -> Write:
    """The function that writes the field; it raises `ValueFault`."""
    pattern, encode = _CONTENT[field.kind], _encoder(field, wire, carried)
    binary, fixed, most = field.kind == "b", not field.prefix, field.size

    def write(value: str) -> bytes:
        if not pattern.fullmatch(value):
            raise ValueFault("cannot hold these characters")
        size = len(value) // 2 if binary else len(value)
        if binary and len(value) % 2:
            raise ValueFault("needs two hexadecimal digits for each octet")
        if fixed:
            if size != most:
                raise ValueFault(f"holds exactly {most}")
            return encode(value)
        if size > most:
            raise ValueFault(f"holds at most {most} characters")
        return write_length(size, field.prefix, wire.prefix) + encode(value)

    return write


def write_length(size: int, digits: int, form: str) -> bytes:
    """A length of so many decimal digits, as `form` carries it."""
    if form == "binary":
        return size.to_bytes((digits + 1) // 2, "big")
    if form == "bcd":
        return bytes.fromhex(f"{size:0{digits + digits % 2}}")
    return encode_text(f"{size:0{digits}}", form)


def pack_digits(text: str, side: Side, filler: str) -> bytes:
    """Digits and track separators two to an octet; an odd number of them is filled up on the given side."""
    if len(text) % 2:
        text = f"{filler}{text}" if side == "left" else f"{text}{filler}"
    return bytes.fromhex(text.translate(_HALF_OCTETS))


def unpack_digits(octets: bytes, count: int, side: Side) -> str:
    """`count` digits and track separators of packed octets."""
    text = octets.hex().upper().translate(_NIBBLES)
    return text[len(text) - count :] if side == "left" else text[:count]


def _length_reader(field: Field, wire: Wire) -> Callable[[bytes, int], tuple[int, int]]:
    digits, most, form = field.prefix, field.size, wire.prefix
    if not digits:
        return lambda _raw, position: (most, position)
    octets = digits if form in {"ascii", "ebcdic"} else (digits + 1) // 2

    def read(raw: bytes, position: int) -> tuple[int, int]:
        end = position + octets
        size = _length(raw[position:end], form)
        if size is None or end > len(raw) or size > most:
            raise ValueFault("has no proper length")
        return size, end

    return read


def _length(octets: bytes, form: str) -> int | None:
    if form == "binary":
        return int.from_bytes(octets, "big")
    text = octets.hex() if form == "bcd" else decode_text(octets, form)
    return int(text) if text.isascii() and text.isdecimal() else None


def _octets_of(field: Field, carried: Carriage) -> Callable[[int], int]:
    """How many octets carry a value of some size."""
    if carried == "bcd":
        return _packed_amount if field.kind == "x+n" else lambda size: (size + 1) // 2
    return (lambda size: 2 * size) if carried == "hex" else lambda size: size


def _packed_amount(size: int) -> int:
    return 1 + size // 2  # the sign has an octet of its own


def _decoder(field: Field, wire: Wire, carried: Carriage) -> Callable[[bytes, int], str]:
    code, side = wire.text, wire.pad_variable if field.prefix else wire.pad_fixed
    if carried == "raw":
        return lambda octets, _size: octets.hex().upper()
    if carried == "bcd" and field.kind == "x+n":
        return lambda octets, size: decode_text(octets[:1], code) + unpack_digits(octets[1:], size - 1, side)
    if carried == "bcd":
        return lambda octets, size: unpack_digits(octets, size, side)
    if carried == "hex":
        return lambda octets, _size: decode_text(octets, code).upper()
    if code == "ascii":
        return lambda octets, _size: octets.decode("latin-1")
    return lambda octets, _size: decode_text(octets, code)


def _encoder(field: Field, wire: Wire, carried: Carriage) -> Callable[[str], bytes]:
    code, side = wire.text, wire.pad_variable if field.prefix else wire.pad_fixed
    if carried == "raw":
        return bytes.fromhex
    if carried == "bcd" and field.kind == "x+n":
        return lambda value: encode_text(value[:1], code) + pack_digits(value[1:], side, wire.filler)
    if carried == "bcd":
        return lambda value: pack_digits(value, side, wire.filler)
    if code == "ascii":
        return lambda value: value.encode("latin-1")
    return lambda value: encode_text(value, code)


def fault_on_reading(field: Field, fault: ValueFault, partial: Message, position: int) -> MalformedMessage:
    """The error for octets at `position` that are not this field."""
    sentence = f"Field {field.number} ({field.name}) {fault}, at octet {position}."
    return MalformedMessage(sentence, partial=partial, field=field.number, position=position)


def fault_on_writing(field: Field, fault: ValueFault) -> UnencodableMessage:
    """The error for a value that is not this field's."""
    return UnencodableMessage(f"Field {field.number} ({field.name}) {fault}.", field=field.number)
