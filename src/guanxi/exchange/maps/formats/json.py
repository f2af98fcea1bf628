"""JSON (RFC 8259) as a tree. Numbers are decimal, never floating; a name that stands twice in an object is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

import msgspec

from guanxi.exchange.maps.tree import Tree

_DEEPEST: Final = 64
_write: Final = msgspec.json.Encoder(decimal_format="number").encode


class JsonFormat(msgspec.Struct, forbid_unknown_fields=True):
    """An object, written without spaces unless an `indent` is wanted."""

    indent: int = 0

    def read(self, raw: bytes) -> Tree:
        """The object in `raw`."""
        try:
            tree = json.loads(
                raw.decode("utf-8"),
                object_pairs_hook=_object,
                parse_int=Decimal,
                parse_float=Decimal,
                parse_constant=_constant,
            )
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        if not isinstance(tree, dict):
            raise ValueError("it is not an object")
        _limit(tree, _DEEPEST)
        return tree

    def write(self, tree: Tree) -> bytes:
        """`tree` as JSON."""
        raw = _write(tree)
        return msgspec.json.format(raw, indent=self.indent) if self.indent else raw


def _object(pairs: list[tuple[str, Any]]) -> Tree:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return tree


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _limit(node: object, depth: int) -> None:
    if not depth:
        raise ValueError("it is nested too deeply")
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        _limit(child, depth - 1)
