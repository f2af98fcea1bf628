"""ISO 8583 as a tree: `mti`, and each field by its number. Binary fields are hexadecimal text."""

from __future__ import annotations

import msgspec

from guanxi.exchange.maps.tree import Tree
from guanxi.kernel.iso8583.errors import Iso8583Error
from guanxi.kernel.iso8583.message import Message, decode, encode
from guanxi.kernel.iso8583.specification import FIELDS


class Iso8583Format(msgspec.Struct, forbid_unknown_fields=True):
    """One message without its length header."""

    def read(self, raw: bytes) -> Tree:
        """The message in `raw`."""
        try:
            message = decode(raw)
        except Iso8583Error as error:
            raise ValueError(str(error)) from None
        return {"mti": message.mti, **{str(number): value for number, value in message.fields.items()}}

    def write(self, tree: Tree) -> bytes:
        """`tree` as a message."""
        if not all(isinstance(value, str) for value in tree.values()):
            raise ValueError("a field holds text alone")
        fields = {int(name): value for name, value in tree.items() if name != "mti"}
        try:
            return encode(Message(tree.get("mti", ""), fields))
        except Iso8583Error as error:
            raise ValueError(str(error)) from None

    def places(self) -> set[str]:
        """Every place a rule may name."""
        return {"mti", *map(str, FIELDS)}
