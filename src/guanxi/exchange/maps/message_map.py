"""One peer's map as its file says it, and where maps are found.

A file is TOML: it comes with Python, has comments, and does not take a code for a
number or `no` for a truth value, as YAML does.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec

import guanxi
from guanxi.exchange.maps.errors import MapInvalid, MapUnknown
from guanxi.exchange.maps.formats.csv import CsvFormat
from guanxi.exchange.maps.formats.fixed import FixedFormat
from guanxi.exchange.maps.formats.iso8583 import Iso8583Format
from guanxi.exchange.maps.formats.json import JsonFormat
from guanxi.exchange.maps.formats.xml import XmlFormat
from guanxi.exchange.maps.rules import AnyRule
from guanxi.exchange.maps.tree import Tree

Format = Literal["iso8583", "json", "xml", "csv", "fixed"]
_HOUSE: Final = Path(guanxi.__file__).parent
# Maps of the house, and those that live in the folder of the system they belong to.
SHIPPED: Final = ("exchange/maps/peers/*.toml", "systems/*/map.toml")


class WireFormat(Protocol):
    """How the bytes of a format become a tree and back; both raise `ValueError`."""

    def read(self, raw: bytes) -> Tree:
        """The tree in `raw`."""

    def write(self, tree: Tree) -> bytes:
        """`tree` as bytes."""


class MessageMap(msgspec.Struct, forbid_unknown_fields=True):
    """One file: which peer and format, the rules in their order, and where (`carry`) what no rule writes may travel."""

    name: str
    title: str
    format: Format
    rules: list[AnyRule]
    carry: str = ""
    sample: str = ""  # a message of the peer's to try it on; hexadecimal for ISO 8583
    json: JsonFormat | None = None
    xml: XmlFormat | None = None
    iso8583: Iso8583Format | None = None
    csv: CsvFormat | None = None
    fixed: FixedFormat | None = None

    @property
    def wire(self) -> WireFormat:
        """The reader and writer of its format; `MapInvalid` when the format's own table is needed and missing."""
        given: WireFormat | None = getattr(self, self.format)
        if given is not None:
            return given
        try:
            return _PLAIN[self.format]
        except KeyError:
            sentence = f"The format {self.format} needs a table [{self.format}]."
            raise MapInvalid(sentence, map_name=self.name, hint="See docs/reference/message-maps.md.") from None

    @property
    def encoding(self) -> str:
        """How its text is written as bytes."""
        return str(getattr(self.wire, "encoding", "utf-8"))


_PLAIN: Final[dict[str, WireFormat]] = {"iso8583": Iso8583Format(), "json": JsonFormat(), "xml": XmlFormat()}


def read_map(text: str | bytes, name: str) -> MessageMap:
    """The map that `text` spells; `MapInvalid` says what does not fit. `name` is what to call it there."""
    try:
        return msgspec.toml.decode(text, type=MessageMap)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        hint = "See docs/reference/message-maps.md for what a rule may say."
        raise MapInvalid(f"Its file cannot be read: {error}.", map_name=name, hint=hint) from None


def load_map(path: Path) -> MessageMap:
    """The map in the file at `path`."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise MapInvalid(f"Its file cannot be opened: {error.strerror}.", map_name=path.stem) from None
    return read_map(text, path.stem)


def map_files(folders: Iterable[Path] = ()) -> list[Path]:
    """The files of all maps: the house's own, its systems', and those directly in `folders`."""
    shipped = [path for pattern in SHIPPED for path in sorted(_HOUSE.glob(pattern))]
    return [*shipped, *(path for folder in folders for path in sorted(folder.glob("*.toml")))]


@functools.cache
def shipped_maps() -> dict[str, MessageMap]:
    """Every map of the house by name."""
    return {found.name: found for found in map(load_map, map_files())}


def map_named(name: str) -> MessageMap:
    """The map of that name."""
    try:
        return shipped_maps()[name]
    except KeyError:
        known = ", ".join(sorted(shipped_maps()))
        raise MapUnknown("There is no such map.", map_name=name, hint=f"There are: {known}.") from None
