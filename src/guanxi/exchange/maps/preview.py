"""A conversion told step by step for a person, with nothing in it that nobody may see."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

from guanxi.exchange.maps.engine import EXTRA, Step, from_wire, to_wire
from guanxi.exchange.maps.errors import MapError
from guanxi.exchange.maps.formats.json import JsonFormat
from guanxi.exchange.maps.message_map import MessageMap
from guanxi.exchange.maps.rules import Each, Rule
from guanxi.exchange.maps.tree import Tree, leaves
from guanxi.exchange.masking import REMOVED, is_secret_name, mask_iso8583, mask_number, mask_text

Direction = Literal["from_peer", "to_peer"]
Shown = list[tuple[str, str]]  # paths and values
_MOST: Final = 300  # steps that are told
_JSON: Final = JsonFormat()


@dataclasses.dataclass(frozen=True, slots=True)
class ToldStep:
    """One rule at work, peer's side and ours."""

    rule: str  # its name, or what it does: where it does it stands beside it
    row: int | None
    peer: Shown
    ours: Shown


@dataclasses.dataclass(slots=True)
class Preview:
    """What became of a pasted message, as far as it went."""

    steps: list[ToldStep] = dataclasses.field(default_factory=list)
    more_steps: int = 0
    kept: Shown = dataclasses.field(default_factory=list)
    canonical: str = ""
    wire: str = ""
    comes_back: bool = False
    as_received: bool = False
    fault: str = ""
    next_step: str = ""


def preview(message_map: MessageMap, text: str, direction: Direction) -> Preview:
    """The conversion of `text`: the peer's message (hexadecimal for ISO 8583) or ours, which is JSON."""
    told, steps = Preview(), list[Step]()
    try:
        if direction == "from_peer":
            raw = _bytes(message_map, text)
            message = from_wire(message_map, raw, steps.append)
            told.comes_back = to_wire(message_map, message) == raw
        else:
            message = _message(message_map, text)
            raw = to_wire(message_map, message, steps.append)
            told.comes_back = from_wire(message_map, raw) == message
        _tell(told, message_map, message, raw)
    except MapError as error:
        told.fault, told.next_step = mask_text(str(error)), error.next_step
    told.steps = [_step(message_map, step, direction) for step in steps[:_MOST]]
    told.more_steps = max(0, len(steps) - _MOST)
    return told


def _bytes(message_map: MessageMap, text: str) -> bytes:
    if message_map.format == "iso8583":
        try:
            return bytes.fromhex("".join(text.split()))
        except ValueError:
            sentence = "Paste an ISO 8583 message as hexadecimal digits."
            raise MapError(sentence, map_name=message_map.name) from None
    lines = text.replace("\r\n", "\n").replace(
        "\n", getattr(message_map.wire, "newline", "\n")
    )  # as browsers send them
    try:
        return lines.encode(message_map.encoding)
    except UnicodeEncodeError:
        sentence = f"The text has characters that {message_map.encoding} does not have."
        raise MapError(sentence, map_name=message_map.name) from None


def _message(message_map: MessageMap, text: str) -> Tree:
    try:
        return _JSON.read(text.encode())
    except ValueError as error:
        sentence = f"Our own message is pasted as JSON, and this is none: {error}."
        raise MapError(sentence, map_name=message_map.name) from None


def _tell(told: Preview, message_map: MessageMap, message: Tree, raw: bytes) -> None:
    secrets = frozenset(_secrets(message_map.rules))
    own = message.get(EXTRA, {}).get(message_map.name, {})
    told.as_received = "received" in own
    told.kept = [
        (path, _shown(message_map, path.rpartition(f"{message_map.name}/wire/")[2], value, secret=False))
        for path, value in leaves(message)
        if path.startswith(f"{EXTRA}/{message_map.name}/wire/") or f"/{EXTRA}/{message_map.name}/wire/" in path
    ]
    told.canonical = json.dumps(_masked(message_map, message, secrets), indent=2, ensure_ascii=False)
    told.wire = _wire_text(message_map, raw)


def _wire_text(message_map: MessageMap, raw: bytes) -> str:
    """The peer's message as text, without secrets; ISO 8583 field by field."""
    tree = message_map.wire.read(raw)
    if message_map.format == "iso8583":
        return "\n".join(f"{path:>6}  {_shown(message_map, path, value, secret=False)}" for path, value in tree.items())
    text = raw.decode(message_map.encoding, errors="replace")
    hidden = set(_secret_places(message_map.rules))
    for path, value in leaves(tree):
        place = "/".join(part for part in path.split("/") if not part.isdigit())
        shown = _shown(message_map, place, value, secret=place in hidden)
        if isinstance(value, str) and value and shown != value:
            text = text.replace(value, shown)
    return mask_text(text)


def _step(message_map: MessageMap, step: Step, direction: Direction) -> ToldStep:
    taken = _pairs(message_map, step, step.taken, wire=direction == "from_peer")
    given = _pairs(message_map, step, step.given, wire=direction == "to_peer")
    peer, ours = (taken, given) if direction == "from_peer" else (given, taken)
    return ToldStep(step.rule.name or str(step.rule.__struct_config__.tag), step.row, peer, ours)


def _pairs(message_map: MessageMap, step: Step, values: dict[str, Any], *, wire: bool) -> Shown:
    return [
        (path, _shown(message_map if wire else None, path, value, secret=step.rule.secret))
        for path, value in values.items()
    ]


def _shown(message_map: MessageMap | None, path: str, value: object, *, secret: bool) -> str:
    text = str(value)
    if secret or is_secret_name(path.rpartition("/")[2]):
        return mask_number(text) if text.isdecimal() and 12 <= len(text) <= 19 else REMOVED
    if message_map is not None and message_map.format == "iso8583" and path.isdecimal():
        return mask_iso8583({int(path): text})[path]
    return mask_text(text)


def _secrets(rules: Sequence[Rule], above: str = "") -> Iterator[str]:
    """The canonical paths of secret values, without the numbers of rows."""
    for rule in rules:
        if rule.secret:
            yield from (f"{above}{path}" for path in rule.fields)
        if isinstance(rule, Each):
            yield from _secrets(rule.rules, f"{above}{rule.field}/")


def _secret_places(rules: Sequence[Rule], above: str = "") -> Iterator[str]:
    for rule in rules:
        if rule.secret:
            yield from (f"{above}{path}" for path in rule.wires)
        if isinstance(rule, Each):
            yield from _secret_places(rule.rules, f"{above}{rule.wire}/")


def _masked(message_map: MessageMap, node: Any, secrets: frozenset[str], path: str = "") -> Any:  # noqa: ANN401 - a node
    if isinstance(node, dict):
        return {
            name: _masked(message_map, value, secrets, f"{path}/{name}" if path else str(name))
            for name, value in node.items()
        }
    if isinstance(node, list):
        return [_masked(message_map, value, secrets, path) for value in node]
    if path.endswith("/received"):
        return "…"
    kept = path.partition(f"{EXTRA}/{message_map.name}/wire/")[2]
    return _shown(message_map if kept else None, kept or path, node, secret=path in secrets)
