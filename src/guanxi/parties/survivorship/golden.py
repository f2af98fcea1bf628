"""The golden record of one party from everything that is said of it. Pure: the same statements, the same record."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from guanxi.kernel.names import is_chinese, romanised
from guanxi.parties.normalisation.record import ORGANISATION
from guanxi.parties.search_tokens import simplified
from guanxi.parties.survivorship.choose import PINNED, Choice, choose
from guanxi.parties.survivorship.rules import Rules, rule_for
from guanxi.parties.survivorship.statements import Statement, Told, statements_of

DERIVED: Final = "derived"  # made from another field
COLUMNS: Final = ("name", "latin_name", "birth_date", "gender")  # of the party itself
CONTACTS: Final = ("phone", "email", "address")
OWN_RECORD: Final = "own_record"  # the source of what was entered here, before any source told
_PLACEHOLDER: Final = "a placeholder"
_LONGEST_LATIN_NAME: Final = 4


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a party and its members: what sources tell, what was entered here, what is pinned."""

    party: uuid.UUID
    kind: str
    members: tuple[uuid.UUID, ...]
    told: tuple[Told, ...]
    entered: tuple[Statement, ...] = ()
    pins: Mapping[str, str] = {}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A task that people should have."""

    kind: str
    field: str
    sources: tuple[str, ...]
    says: dict[str, str]
    days: int

    @property
    def fingerprint(self) -> str:
        """The same for the same sources saying the same."""
        text = "\x1f".join((self.kind, self.field, *(f"{name}={self.says[name]}" for name in sorted(self.says))))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Golden(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen for a party, field by field, and what people should look at."""

    known: Known
    choices: dict[str, Choice]
    tasks: tuple[Wanted, ...]


def golden_of(known: Known, rules: Rules) -> Golden:
    """Choose every field of a party."""
    said: defaultdict[str, list[Statement]] = defaultdict(list)
    for statement in (*known.entered, *(each for told in known.told for each in statements_of(told))):
        said[statement.field].append(statement)
    fields = [*said, *(field for field in known.pins if field not in said)]
    found = ((field, choose(field, said[field], rule_for(rules, field), known.pins.get(field))) for field in fields)
    choices = {field: choice for field, choice in found if choice is not None}
    if "latin_name" not in choices and (latin := _latin(known.kind, choices.get("name"))):
        choices["latin_name"] = Choice(field="latin_name", value=latin, because=DERIVED, said_by=None, ranking=())
    return Golden(known=known, choices=choices, tasks=(*_conflicts(choices, rules), *_invalid(known.told, rules)))


def _latin(kind: str, name: Choice | None) -> str:
    """A person's name in letters where no source has it: pinyin, or the name itself."""
    if name is None or kind == ORGANISATION:
        return ""
    if not any(map(is_chinese, name.value)):
        return name.value
    plain = simplified(name.value)
    return romanised(plain) if len(plain) <= _LONGEST_LATIN_NAME and all(map(is_chinese, plain)) else ""


def _conflicts(choices: Mapping[str, Choice], rules: Rules) -> list[Wanted]:
    """Fields in which sources disagree and nobody has decided yet."""
    return [
        Wanted(
            kind="conflict",
            field=field,
            sources=choice.dissenting,
            says=_says(choice),
            days=rule_for(rules, field).days,
        )
        for field, choice in choices.items()
        if choice.dissenting and choice.because != PINNED and rule_for(rules, field).task
    ]


def _says(choice: Choice) -> dict[str, str]:
    """What each source says, in its best placed statement."""
    found: dict[str, str] = {}
    for each in choice.ranking:
        found.setdefault(each.statement.source, each.statement.value)
    return found


def _invalid(told: Sequence[Told], rules: Rules) -> list[Wanted]:
    """Documents that cannot be right; placeholders are none, however many records have them."""
    rule = rule_for(rules, "identifier")
    found: dict[str, str] = {}
    for each in told:
        doubts = [doubt.partition(": ")[2] for doubt in each.normalised.doubts if doubt.startswith("documents:")]
        if wrong := [doubt for doubt in doubts if doubt != _PLACEHOLDER]:
            found.setdefault(each.source, wrong[0])
    if not found or not rule.task:
        return []
    return [Wanted(kind="invalid", field="identifier", sources=tuple(found), says=found, days=rule.days)]


def entered(field: str, value: str, source: str, told_at: dt.datetime | None) -> Statement:
    """What was entered here rather than told by a source record."""
    chinese = any(map(is_chinese, value))
    script = {"name": "han" if chinese else "latin"}.get(field, "")
    key = simplified(value).replace(" ", "") if chinese else value.upper() if field.endswith("name") else value
    return Statement(
        field=field,
        value=value,
        keys=(key,),
        source=source or OWN_RECORD,
        told_at=told_at,
        script=script,
        sounds=("".join(filter(str.isalnum, romanised(key) if chinese else key)).lower(),) if script else (),
        completeness=1.0 if chinese or field != "name" else 0.8,
    )
