"""By what each field of the golden record is chosen: data that people edit, not code.

A rule puts the criteria in order: the statement that is best by the first wins; the next decides between equals. A
value that staff have pinned stands before all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

LONGEST_PATIENCE: Final = 365
FIELDS: Final = ("name", "latin_name", "birth_date", "gender", "identifier", "phone", "email", "address")
SEVERAL: Final = frozenset(("identifier", "phone", "email", "address"))  # a party can have more than one of these


class Criterion(StrEnum):
    """What makes one statement better than another."""

    TRUST = "trust"  # of the source, 0 to 1
    RECENCY = "recency"  # the day as of which the source says so
    COMPLETENESS = "completeness"  # how much of the value is there
    MAJORITY = "majority"  # how many sources say the same


class Keep(StrEnum):
    """What becomes of values that were not chosen."""

    ONE = "one"  # they stand in the provenance alone
    ALL = "all"  # they are kept beside the chosen one, which is preferred


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one field is chosen. `trust` is a source's trust in this field where it differs from its general one."""

    order: tuple[Criterion, ...]
    keep: Keep = Keep.ONE
    trust: dict[str, float] = {}
    task: bool = True  # whether people are asked when sources disagree
    days: int = 14  # how long they may take


Rules = Mapping[str, Rule]
_TRUST, _RECENCY, _FULL, _MOST = (
    Criterion.TRUST,
    Criterion.RECENCY,
    Criterion.COMPLETENESS,
    Criterion.MAJORITY,
)
DEFAULT: Final[Rules] = {
    "name": Rule(order=(_FULL, _MOST, _TRUST, _RECENCY)),
    "latin_name": Rule(order=(_TRUST, _MOST, _FULL, _RECENCY), task=False),
    "birth_date": Rule(order=(_FULL, _MOST, _TRUST, _RECENCY)),
    "gender": Rule(order=(_MOST, _TRUST, _FULL, _RECENCY)),
    "identifier": Rule(order=(_MOST, _TRUST, _RECENCY), days=7),
    "phone": Rule(order=(_RECENCY, _TRUST, _MOST), keep=Keep.ALL, task=False),
    "email": Rule(order=(_RECENCY, _TRUST, _MOST), keep=Keep.ALL, task=False),
    "address": Rule(order=(_RECENCY, _FULL, _TRUST), task=False),
}


def rule_for(rules: Rules, field: str) -> Rule:
    """The rule of `field`; identifiers of all kinds (`identifier.passport`) have one."""
    family = field.partition(".")[0]
    return rules.get(family) or DEFAULT[family]


def encode(rules: Rules) -> dict[str, Any]:
    """Rules as plain values, to be kept."""
    return {field: msgspec.to_builtins(rules[field]) for field in FIELDS}


def decode(body: Mapping[str, Any]) -> dict[str, Rule]:
    """Rules from what `encode` made; fields that it did not know are as in the beginning."""
    return {field: msgspec.convert(body[field], Rule) if field in body else DEFAULT[field] for field in FIELDS}


def faults_of(rules: Rules, sources: Iterable[str]) -> dict[str, str]:
    """What is wrong with `rules`, by field; nothing when they can be kept."""
    known = frozenset(sources)
    return {field: fault for field in FIELDS if (fault := _fault(field, rules[field], known))}


def _fault(field: str, rule: Rule, sources: frozenset[str]) -> str:
    unknown = sorted(rule.trust.keys() - sources)
    checks = (
        (not rule.order, "Choose at least one criterion."),
        (len(set(rule.order)) != len(rule.order), "A criterion can stand in the order only once."),
        (rule.keep is Keep.ALL and field not in SEVERAL, "A party has only one of this."),
        (not all(0 <= trust <= 1 for trust in rule.trust.values()), "Trust is a number from 0 to 1."),
        (bool(unknown), f"There is no source {', '.join(unknown)}."),
        (not 1 <= rule.days <= LONGEST_PATIENCE, f"Days are 1 to {LONGEST_PATIENCE}."),
    )
    return next((fault for wrong, fault in checks if wrong), "")


def differences(before: Rules, after: Rules) -> list[tuple[str, str, str]]:
    """What differs, as (field.part, before, after)."""
    found = []
    for field in FIELDS:
        old, new = _flat(before[field]), _flat(after[field])
        found += [(f"{field}.{part}", old[part], new[part]) for part in new if old[part] != new[part]]
    return found


def _flat(rule: Rule) -> dict[str, str]:
    return {
        "order": " > ".join(rule.order),
        "keep": rule.keep,
        "trust": ", ".join(f"{source} {trust:g}" for source, trust in sorted(rule.trust.items())),
        "task": "yes" if rule.task else "no",
        "days": str(rule.days),
    }
