"""What can be wrong with a map before any message comes, each with an id and a hint. Made after Django's checks.

maps.E001  the file is no map
maps.E002  two maps have one name
maps.E003  a rule makes no sense by itself
maps.E004  two rules own one canonical field, and no condition keeps them apart
maps.E005  two rules own one place on the wire, and no condition keeps them apart
maps.E006  a rule looks at a canonical field that no earlier rule gives
maps.E007  a rule names a path that is empty or reserved
maps.E008  a rule names a place that the format does not have, or the file a packager that there is not
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from guanxi.exchange.maps.engine import EXTRA
from guanxi.exchange.maps.errors import MapInvalid
from guanxi.exchange.maps.formats.fixed import FixedFormat
from guanxi.exchange.maps.formats.iso8583 import Iso8583Format
from guanxi.exchange.maps.message_map import MessageMap, load_map, map_files
from guanxi.exchange.maps.rules import Constant, Each, Rule, label
from guanxi.kernel.iso8583.packager import packager_names


class Fault(NamedTuple):
    """One thing that is wrong: where, what, and what to do."""

    id: str
    map_name: str
    rule: str
    sentence: str
    hint: str

    def __str__(self) -> str:
        return f"{self.id} {self.map_name}{f', rule {self.rule}' if self.rule else ''}: {self.sentence} {self.hint}"


def check_files(folders: Iterable[Path] = ()) -> list[Fault]:
    """The faults of every map of the house and of those in `folders`."""
    faults: list[Fault] = []
    names: dict[str, Path] = {}
    for path in map_files(folders):
        try:
            found = load_map(path)
        except MapInvalid as error:
            faults.append(Fault("maps.E001", path.stem, "", str(error), error.next_step))
            continue
        if found.name in names:
            hint = f"{names[found.name].name} has it already; give this one another."
            faults.append(Fault("maps.E002", found.name, "", f"{path.name} takes the name of another map.", hint))
        names[found.name] = path
        faults.extend(check_map(found))
    return faults


def require_sound(folders: Iterable[Path] = ()) -> None:
    """`MapInvalid`, with its first fault, where a map is not sound: asked before a process serves."""
    for fault in check_files(folders):
        sentence = f"{fault.id}: {fault.sentence}"
        raise MapInvalid(sentence, map_name=fault.map_name, rule=fault.rule, hint=fault.hint)


def check_map(message_map: MessageMap) -> list[Fault]:
    """The faults of one map."""
    try:
        message_map.wire  # noqa: B018 - it says what it lacks
    except MapInvalid as error:
        return [Fault("maps.E001", message_map.name, "", str(error), error.next_step)]
    if isinstance(message_map.wire, Iso8583Format) and message_map.wire.packager not in packager_names():
        sentence = f"There is no ISO 8583 packager {message_map.wire.packager}."
        return [Fault("maps.E008", message_map.name, "", sentence, f"There are: {', '.join(packager_names())}.")]
    faults = [*_check_rules(message_map.name, message_map.rules, frozenset()), *_check_places(message_map)]
    return [fault for fault in faults if fault is not None]


def _check_rules(name: str, rules: Sequence[Rule], above: frozenset[str]) -> Iterator[Fault]:
    given: dict[str, Rule] = {}
    places: dict[str, Rule] = {}
    for rule in rules:
        yield from _check_alone(name, rule)
        for need in rule.needs:
            known = need[1:] in above if need.startswith("/") else need in given
            if not known:
                hint = "Put the rule that gives it before this one; at a row, begin a field of the message with `/`."
                yield Fault("maps.E006", name, label(rule), f"No earlier rule gives {need}.", hint)
        for field in rule.fields:
            if _clash(given.get(field), rule):
                yield _twice("maps.E004", name, rule, field)
            given[field] = rule
        for wire in rule.wires:
            if _clash(places.get(wire), rule):
                yield _twice("maps.E005", name, rule, wire)
            places[wire] = rule
        if isinstance(rule, Each):
            yield from _check_rules(name, rule.rules, above | set(given))


def _check_alone(name: str, rule: Rule) -> Iterator[Fault]:
    for sentence in rule.faults():
        yield Fault("maps.E003", name, label(rule), f"Here {sentence}.", "See docs/reference/message-maps.md.")
    for path in [*rule.wires, *rule.fields]:
        if not all(path.split("/")) or path.split("/")[0] == EXTRA:
            hint = "A path is names with `/` between them; `extra` is where what no rule reads is kept."
            yield Fault("maps.E007", name, label(rule), f"{path!r} cannot be a path.", hint)


def _clash(one: Rule | None, other: Rule) -> bool:
    """Whether both can apply to one message. A constant stands aside where another rule writes."""
    if one is None or isinstance(one, Constant) or isinstance(other, Constant):
        return False
    if one.when is None or other.when is None or one.when.field != other.when.field:
        return True
    return bool(set(one.when.any_of) & set(other.when.any_of))


def _twice(fault_id: str, name: str, rule: Rule, path: str) -> Fault:
    hint = "Give both a `when` on the same field that no message meets twice, or drop one."
    return Fault(fault_id, name, label(rule), f"An earlier rule owns {path}, too.", hint)


def _check_places(message_map: MessageMap) -> Iterator[Fault]:
    wire = message_map.wire
    if isinstance(wire, Iso8583Format):
        known = wire.places()
        for rule in message_map.rules:
            for path in rule.wires:
                if path not in known:
                    yield _strange(message_map, rule, path, "Fields are `mti` and numbers.")
    elif isinstance(wire, FixedFormat):
        known = {f"{record.name}/{column.name}" for record in wire.records for column in record.columns}
        for rule in message_map.rules:
            for path in _record_paths(rule):
                if path not in known:
                    yield _strange(message_map, rule, path, "A path is the record's name and the column's.")


def _record_paths(rule: Rule) -> list[str]:
    if isinstance(rule, Each):
        return [f"{rule.wire}/{path}" for each in rule.rules for path in each.wires]
    return rule.wires


def _strange(message_map: MessageMap, rule: Rule, path: str, hint: str) -> Fault:
    return Fault("maps.E008", message_map.name, label(rule), f"{message_map.format} has no place {path}.", hint)
