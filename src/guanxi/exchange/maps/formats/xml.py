"""XML (ISO 20022 and the like) as a tree: `@name` is an attribute, `#` the text beside attributes, a list repeats.

Elements in the root's namespace go by their plain name, others by `{namespace}name`. Parsing is as careful as for any
ISO 20022 message (`kernel.iso20022.xml`).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from lxml import etree

from guanxi.exchange.maps.tree import Tree
from guanxi.kernel.iso20022.errors import Iso20022Error
from guanxi.kernel.iso20022.xml import parse

_DECLARATION: Final = b"<?xml version='1.0' encoding='UTF-8'?>\n"
Node = Any


class XmlFormat(msgspec.Struct, forbid_unknown_fields=True):
    """A document whose root is `root` in `namespace`."""

    root: str = "Document"
    namespace: str = ""

    def read(self, raw: bytes) -> Tree:
        """The document in `raw`, below its root."""
        try:
            root = parse(raw)
        except Iso20022Error as error:
            raise ValueError(str(error)) from None
        name = etree.QName(root)
        if (name.localname, name.namespace or "") != (self.root, self.namespace):
            raise ValueError(f"its root is {root.tag}")
        tree = _read(root, self.namespace)
        return tree if isinstance(tree, dict) else {"#": tree}

    def write(self, tree: Tree) -> bytes:
        """`tree` below a root, as UTF-8."""
        root = etree.Element(_clark(self.root, self.namespace), nsmap={None: self.namespace} if self.namespace else {})
        _write(root, tree, self.namespace)
        return _DECLARATION + bytes(etree.tostring(root, encoding="UTF-8"))


def _read(element: Node, namespace: str) -> Tree | str:
    tree: Tree = {f"@{_plain(name, '')}": value for name, value in element.attrib.items()}
    for child in element:
        if not isinstance(child.tag, str):
            raise ValueError("an entity is not taken")
        if (child.tail or "").strip():
            raise ValueError(f"text stands between the elements of {element.tag}")
        _add(tree, _plain(child.tag, namespace), _read(child, namespace))
    text = element.text or ""
    if len(element) and text.strip():
        raise ValueError(f"text stands between the elements of {element.tag}")
    if len(element):
        return tree
    return {**tree, "#": text} if tree else text


def _add(tree: Tree, name: str, value: Tree | str) -> None:
    if name not in tree:
        tree[name] = value
    elif isinstance(tree[name], list):
        tree[name].append(value)
    else:
        tree[name] = [tree[name], value]


def _write(element: Node, node: object, namespace: str) -> None:
    if not isinstance(node, dict):
        element.text = _text(node)
        return
    for name, value in node.items():
        if name == "#":
            element.text = _text(value)
        elif name.startswith("@"):
            element.set(name[1:], _text(value))
        else:
            for each in value if isinstance(value, list) else [value]:
                _write(etree.SubElement(element, _clark(name, namespace)), each, namespace)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("only text can stand in XML")
    return value


def _plain(tag: str, namespace: str) -> str:
    name = etree.QName(tag)
    return str(name.localname) if (name.namespace or "") == namespace else f"{{{name.namespace or ''}}}{name.localname}"


def _clark(name: str, namespace: str) -> str:
    if name.startswith("{}"):
        return name[2:]
    return name if name.startswith("{") or not namespace else f"{{{namespace}}}{name}"
