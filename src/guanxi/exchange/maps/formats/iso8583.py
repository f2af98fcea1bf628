"""ISO 8583 as a tree: `mti`, each field by its number, and `header` where the dialect has one (hexadecimal text).

Binary fields are hexadecimal text. The dialect is one of the packagers of `kernel.iso8583`.
"""

from __future__ import annotations

import functools

import msgspec

from guanxi.exchange.maps.tree import Tree
from guanxi.kernel.iso8583.errors import Iso8583Error
from guanxi.kernel.iso8583.packager import Message, Packager, packager


class Iso8583Format(msgspec.Struct, forbid_unknown_fields=True):
    """One message without its length header, as `packager` has it."""

    packager: str = "guanxi"

    def read(self, raw: bytes) -> Tree:
        """The message in `raw`."""
        try:
            message = _dialect(self.packager).unpack(raw)
        except Iso8583Error as error:
            raise ValueError(str(error)) from None
        fields = {str(number): value for number, value in message.fields.items()}
        return {"mti": message.mti, **({"header": message.header.hex()} if message.header else {}), **fields}

    def write(self, tree: Tree) -> bytes:
        """`tree` as a message."""
        if not all(isinstance(value, str) for value in tree.values()):
            raise ValueError("a field holds text alone")
        fields = {int(name): value for name, value in tree.items() if name not in {"mti", "header"}}
        message = Message(tree.get("mti", ""), fields, bytes.fromhex(tree.get("header", "")))
        try:
            return _dialect(self.packager).pack(message)
        except Iso8583Error as error:
            raise ValueError(str(error)) from None

    def places(self) -> set[str]:
        """Every place a rule may name."""
        return {"mti", "header", *map(str, _dialect(self.packager).fields)}


@functools.cache
def _dialect(name: str) -> Packager:
    return packager(name)
