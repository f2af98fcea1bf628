"""The tree that every format is read into: dictionaries, lists and leaves, by paths such as `GrpHdr/MsgId`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

Tree = dict[str, Any]
MISSING: Final = object()


def find(tree: Tree, path: str) -> Any:  # noqa: ANN401 - a leaf of any format
    """What stands at `path`, or MISSING."""
    node: Any = tree
    for name in path.split("/"):
        if not isinstance(node, dict) or name not in node:
            return MISSING
        node = node[name]
    return node


def take(tree: Tree, path: str) -> Any:  # noqa: ANN401 - a leaf of any format
    """What stands at `path`, removed from `tree` together with the branches that this leaves empty; or MISSING."""
    name, _, rest = path.partition("/")
    if not isinstance(tree, dict) or name not in tree:
        return MISSING
    if not rest:
        return tree.pop(name)
    found = take(tree[name], rest)
    if found is not MISSING and not tree[name]:
        del tree[name]
    return found


def put(tree: Tree, path: str, value: object) -> bool:
    """Set `path` to `value`, making the branches on the way; False where something that is no branch stands there."""
    *branches, last = path.split("/")
    node = tree
    for name in branches:
        node = node.setdefault(name, {})
        if not isinstance(node, dict):
            return False
    node[last] = value
    return True


def leaves(node: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every leaf with its path; the members of a list are numbered from 1."""
    if isinstance(node, dict) and node:
        for name, value in node.items():
            yield from leaves(value, f"{path}/{name}" if path else str(name))
    elif isinstance(node, list) and node:
        for number, value in enumerate(node, 1):
            yield from leaves(value, f"{path}/{number}")
    else:
        yield path, node


def copied(node: Any) -> Any:  # noqa: ANN401 - a node of any format
    """A copy that shares no branch."""
    if isinstance(node, dict):
        return {name: copied(value) for name, value in node.items()}
    return [copied(value) for value in node] if isinstance(node, list) else node


def in_order_of(node: Any, model: Any) -> Any:  # noqa: ANN401 - nodes of any format
    """`node` with its names in the order they have in `model`; a name that is new stays behind the one before it."""
    if isinstance(node, list) and isinstance(model, list):
        return [in_order_of(value, model[min(at, len(model) - 1)] if model else None) for at, value in enumerate(node)]
    if not (isinstance(node, dict) and isinstance(model, dict)):
        return node
    names = [name for name in model if name in node]
    before: str | None = None
    for name in node:
        if name not in model:
            names.insert(names.index(before) + 1 if before is not None else 0, name)
        before = name
    return {name: in_order_of(node[name], model.get(name)) for name in names}
