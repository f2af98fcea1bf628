"""Converting with a map: `from_wire` to the canonical message, `to_wire` back to bytes.

Nothing is lost. What no rule reads stays in the canonical message under `extra`, by the map's name, and goes out again
with it; each row of a repeating group keeps its own. Bytes that we would spell otherwise (blanks, prefixes, order,
comments) are kept there too and come out as they came in while the message still says what it said. `to_wire` reads
back what it writes and refuses what would come back different.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from guanxi.exchange.maps.errors import MapError, NoPlace, RuleFailed, WireUnreadable
from guanxi.exchange.maps.formats.json import JsonFormat
from guanxi.exchange.maps.message_map import MessageMap
from guanxi.exchange.maps.rules import Constant, Each, Rule, label, row_of
from guanxi.exchange.maps.tree import MISSING, Tree, copied, find, in_order_of, put, take

EXTRA: Final = "extra"
_CARRIED: Final = JsonFormat()


class Step(NamedTuple):
    """One rule at work: what it took and what it gave, by path, in which row of which group."""

    rule: Rule
    taken: dict[str, Any]
    given: dict[str, Any]
    row: int | None = None


Observe = Callable[[Step], None]


class _Run(NamedTuple):
    """One conversion: the map, the whole canonical message, and who watches."""

    map: MessageMap
    message: Tree
    observe: Observe | None = None


def from_wire(message_map: MessageMap, raw: bytes, observe: Observe | None = None) -> Tree:
    """The canonical message in `raw`."""
    message = _read(message_map, raw, observe)
    try:
        same = _spell(message_map, message) == raw
    except MapError:
        same = False
    if not same:
        own = message.setdefault(EXTRA, {}).setdefault(message_map.name, {})
        own["received"] = raw.decode("latin-1")
    return message


def to_wire(message_map: MessageMap, message: Tree, observe: Observe | None = None) -> bytes:
    """The bytes for `message`; `RuleFailed` or `NoPlace` name what could not be converted back."""
    plain = copied(message)
    raw, said = _received(message_map, take(plain, f"{EXTRA}/{message_map.name}/received"))
    if said is not None and said == plain:
        if observe:
            _tell_backwards(message_map, raw, observe)
        return raw
    raw = _spell(message_map, plain, observe, like=None if said is None else _tree(message_map, raw))
    back = _read(message_map, raw)
    if back != plain:
        path = difference(plain, back)
        rule = next((label(rule) for rule in message_map.rules if path.split("/")[0] in _heads(rule)), "")
        raise RuleFailed("It would not come back as it is.", map_name=message_map.name, rule=rule, field=path)
    return raw


def _received(message_map: MessageMap, kept: object) -> tuple[bytes, Tree | None]:
    """The bytes that a message came as, and what they said; None when nobody can read that any more."""
    try:
        raw = kept.encode("latin-1") if isinstance(kept, str) else b""
        return raw, _read(message_map, raw) if raw else None
    except (UnicodeEncodeError, MapError):
        return b"", None


def _read(message_map: MessageMap, raw: bytes, observe: Observe | None = None) -> Tree:
    tree = _tree(message_map, raw)
    message: Tree = {}
    carried = take(tree, message_map.carry) if message_map.carry else MISSING
    if carried is not MISSING and (known := _carried(carried)) is not None:
        message = known
    elif carried is not MISSING:
        put(tree, message_map.carry, carried)
    _read_rules(_Run(message_map, message, observe), message_map.rules, tree, message)
    return message


def _tree(message_map: MessageMap, raw: bytes) -> Tree:
    try:
        return message_map.wire.read(raw)
    except ValueError as error:
        sentence = f"This is no {message_map.format} message of the peer: {_reason(error)}."
        raise WireUnreadable(sentence, map_name=message_map.name) from None


def _read_rules(run: _Run, rules: Sequence[Rule], tree: Tree, message: Tree, row: int | None = None) -> None:
    for rule in rules:
        if not _applies(run, rule, message):
            continue
        if isinstance(rule, Each):
            _read_group(run, rule, tree, message)
        elif isinstance(rule, Constant):
            _read_constant(run, rule, tree, row)
        elif _all_there(run, rule, rule.wires, tree, row):
            taken = {path: take(tree, path) for path in rule.wires}
            values = _convert(run, rule, rule.read, list(taken.values()), message, row)
            given = dict(zip(rule.fields, values, strict=True))
            for path, value in given.items():
                _put(run, rule, message, path, value, row)
            _tell(run, Step(rule, taken, given, row))
    if tree:
        message.setdefault(EXTRA, {}).setdefault(run.map.name, {})["wire"] = tree


def _read_group(run: _Run, rule: Each, tree: Tree, message: Tree) -> None:
    if not _all_there(run, rule, rule.wires, tree, None):
        return
    rows: list[Tree] = []
    for number, row in enumerate(row_of(take(tree, rule.wire)), 1):
        rows.append({})
        _read_rules(run, rule.rules, row, rows[-1], number)
    _put(run, rule, message, rule.field, rows, None)


def _read_constant(run: _Run, rule: Constant, tree: Tree, row: int | None) -> None:
    if find(tree, rule.wire) == rule.value:
        take(tree, rule.wire)
        _tell(run, Step(rule, {rule.wire: rule.value}, {}, row))


def _spell(message_map: MessageMap, message: Tree, observe: Observe | None = None, like: Tree | None = None) -> bytes:
    left = copied(message)
    tree = _write_rules(_Run(message_map, message, observe), message_map.rules, left, message)
    if left:
        _carry(message_map, tree, left)
    try:
        return message_map.wire.write(tree if like is None else in_order_of(tree, like))
    except (ValueError, AttributeError, TypeError) as error:
        sentence = f"The {message_map.format} message cannot be written: {_reason(error)}."
        raise RuleFailed(sentence, map_name=message_map.name) from None


def _write_rules(run: _Run, rules: Sequence[Rule], left: Tree, message: Tree, row: int | None = None) -> Tree:
    kept = take(left, f"{EXTRA}/{run.map.name}/wire")
    tree: Tree = kept if isinstance(kept, dict) else {}
    for rule in rules:
        if not _applies(run, rule, message):
            continue
        if isinstance(rule, Each):
            _write_group(run, rule, left, message, tree)
        elif isinstance(rule, Constant):
            if find(tree, rule.wire) is MISSING:
                _put(run, rule, tree, rule.wire, rule.value, row)
                _tell(run, Step(rule, {}, {rule.wire: rule.value}, row))
        elif _all_there(run, rule, rule.fields, left, row):
            taken = {path: take(left, path) for path in rule.fields}
            values = _convert(run, rule, rule.write, list(taken.values()), message, row)
            back = _convert(run, rule, rule.read, values, message, row)
            if list(back) != list(taken.values()):
                raise _failed(run, rule, "it would not come back as it is", row, rule.fields, list(taken.values()))
            given = dict(zip(rule.wires, values, strict=True))
            for path, value in given.items():
                _put(run, rule, tree, path, value, row)
            _tell(run, Step(rule, taken, given, row))
    return tree


def _write_group(run: _Run, rule: Each, left: Tree, message: Tree, tree: Tree) -> None:
    if not _all_there(run, rule, rule.fields, left, None):
        return
    rows, originals = take(left, rule.field), find(message, rule.field)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _failed(run, rule, "it is not a list of rows", None, rule.fields)
    written = []
    for number, (row, original) in enumerate(zip(rows, originals, strict=True), 1):
        written.append(_write_rules(run, rule.rules, row, original, number))
        if row:
            raise NoPlace(
                "The peer's row has no place for it.",
                map_name=run.map.name,
                rule=label(rule),
                field=f"{rule.field}/{min(row)}",
                row=number,
                hint="Add a rule for it to the map, or leave it out of the message.",
            )
    _put(run, rule, tree, rule.wire, written, None)


def _carry(message_map: MessageMap, tree: Tree, left: Tree) -> None:
    """What no rule writes goes out in the place the map has for such, or is refused: it is never dropped."""
    if not message_map.carry:
        raise NoPlace(
            "The peer's message has no place for it.",
            map_name=message_map.name,
            field=min(left),
            hint="Add a rule for it to the map, name a place with `carry`, or leave it out of the message.",
        )
    put(tree, message_map.carry, _CARRIED.write(left).decode())


def _carried(value: object) -> Tree | None:
    try:
        return _CARRIED.read(value.encode()) if isinstance(value, str) else None
    except ValueError:
        return None


def _applies(run: _Run, rule: Rule, message: Tree) -> bool:
    return rule.when is None or _look(run, message, rule.when.field) in rule.when.any_of


def _look(run: _Run, message: Tree, path: str) -> Any:  # noqa: ANN401 - a canonical leaf
    return find(run.message, path[1:]) if path.startswith("/") else find(message, path)


def _all_there(run: _Run, rule: Rule, paths: list[str], tree: Tree, row: int | None) -> bool:
    missing = [path for path in paths if find(tree, path) is MISSING]
    if not missing:
        return True
    if rule.required:
        raise _failed(run, rule, "it is missing", row, missing)
    return False


def _convert(
    run: _Run, rule: Rule, convert: Callable[..., Sequence[Any]], values: Sequence[Any], message: Tree, row: int | None
) -> Sequence[Any]:
    try:
        return convert(values, lambda path: _look(run, message, path))
    except (ValueError, TypeError) as error:
        paths = rule.wires if convert == rule.read else rule.fields
        raise _failed(run, rule, _reason(error), row, paths, values) from None


def _put(run: _Run, rule: Rule, tree: Tree, path: str, value: object, row: int | None) -> None:
    if not put(tree, path, value):
        raise _failed(run, rule, "something that has no parts stands on the way there", row, [path])


def _failed(
    run: _Run, rule: Rule, reason: str, row: int | None, paths: Sequence[str], values: Sequence[Any] = ()
) -> RuleFailed:
    shown = "" if rule.secret or not values else f" ({', '.join(repr(value)[:40] for value in values)})"
    sentence = f"{reason}{shown}."
    hint = "See the rule in the map's file; `guanxi maps show` prints it."
    return RuleFailed(sentence, map_name=run.map.name, rule=label(rule), field=" + ".join(paths), row=row, hint=hint)


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__


def _tell(run: _Run, step: Step) -> None:
    if run.observe:
        run.observe(step)


def _tell_backwards(message_map: MessageMap, raw: bytes, observe: Observe) -> None:
    _read(message_map, raw, lambda step: observe(Step(step.rule, step.given, step.taken, step.row)))


def _heads(rule: Rule) -> set[str]:
    return {path.split("/")[0] for path in rule.fields}


def difference(one: object, other: object, path: str = "") -> str:
    """The first path at which two trees differ."""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        one, other = dict(enumerate(one, 1)), dict(enumerate(other, 1))
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *other]:
            if one.get(name, MISSING) != other.get(name, MISSING):
                return difference(one.get(name), other.get(name), f"{path}/{name}" if path else str(name))
    return path
