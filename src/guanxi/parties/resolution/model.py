"""The model of a resolution as data: comparisons with their levels, gates, blocking rules and thresholds.

The theory is I. Fellegi and A. Sunter, "A Theory for Record Linkage", JASA 64 (1969): a level found in a pair weighs
log2(m / u), where m and u are its shares among pairs that match and that do not; the weights of all comparisons and
the log-odds of the prior add up. Where a level names a column of frequencies, the frequency of the value stands for
u.

The JSON holds conditions and figures, no SQL, so that the same model runs on DuckDB, on Spark and in Python.
"""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec

from guanxi.parties.resolution.conditions import (
    ANYTHING_ELSE,
    Column,
    Condition,
    Dialect,
    columns_of,
    exact,
    missing,
    to_sql,
)

LEAST: Final = 1e-9


class Level(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer of a comparison. `frequency` is the column whose values' frequencies stand for u."""

    label: str
    condition: Condition
    frequency: Column = ""
    m: float = 0
    u: float = 0

    @property
    def weight(self) -> float:
        """log2 of m over u."""
        return math.log2(max(self.m, LEAST) / max(self.u, LEAST))


class Comparison(msgspec.Struct, frozen=True):
    """Levels in the order in which they are tried. Where `missing` holds, the pair says nothing either way."""

    name: Column
    missing: Condition
    levels: tuple[Level, ...]

    def number(self, label: str) -> int:
        """The level called `label`, as the engine numbers it: the last is 0, missing is -1."""
        if label == "missing":
            return -1
        return len(self.levels) - 1 - [level.label for level in self.levels].index(label)


class Gate(msgspec.Struct, frozen=True):
    """Where each named comparison came to one of these labels, the pair weighs at most `limit`, whatever adds up.

    Comparisons are taken to be independent; those of a household are not. A gate says what only a person may decide.
    """

    label: str
    when: dict[str, tuple[str, ...]]
    limit: float


class Key(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a blocking key: a column, its first characters, or each of its elements."""

    column: Column
    length: int = 0
    start: int = 1
    each: bool = False


class Rule(msgspec.Struct, frozen=True):
    """Records with the same values of all keys are compared, unless there are more than `most` of them."""

    keys: tuple[Key, ...]
    most: int = 100

    @property
    def label(self) -> str:
        """The rule in words: `surname(1-3) + birth_date`."""
        return " + ".join(_key_label(key) for key in self.keys)


class Model(msgspec.Struct, frozen=True):
    """Everything that decides, besides the records and the frequencies of their values."""

    name: str
    comparisons: tuple[Comparison, ...]
    rules: tuple[Rule, ...]
    training: tuple[tuple[Column, ...], ...]  # columns on which pairs are found to learn from
    gates: tuple[Gate, ...] = ()
    exclusive: tuple[Column, ...] = ()  # columns of which one party has one value
    prior: float = 1e-4
    automatic: float = 10.0
    review: float = 0.0

    @property
    def columns(self) -> list[str]:
        """The columns that the records must have, beside `record`."""
        read: set[str] = {key.column for rule in self.rules for key in rule.keys} | set(self.exclusive)
        for comparison in self.comparisons:
            read |= columns_of(comparison.missing).union(*(columns_of(level.condition) for level in comparison.levels))
        return sorted(read | set(self.frequency_columns))

    @property
    def frequency_columns(self) -> list[str]:
        """The columns whose values' frequencies count."""
        levels = [level for comparison in self.comparisons for level in comparison.levels]
        return sorted({level.frequency for level in levels if level.frequency})


def comparison(name: str, *levels: Level, absent: Condition | None = None) -> Comparison:
    """A comparison that ends in anything else."""
    return Comparison(name, absent or missing(name), (*levels, Level("differs", ANYTHING_ELSE)))


def same(column: str, *, label: str = "same", frequency: bool = False) -> Level:
    """The level of equal values."""
    return Level(label, exact(column), column if frequency else "")


def encode(model: Model) -> bytes:
    """The model as JSON."""
    return msgspec.json.format(msgspec.json.encode(model), indent=1)


def decode(text: bytes | str) -> Model:
    """A model from its JSON."""
    return msgspec.json.decode(text, type=Model)


def splink_settings(model: Model, dialect: Dialect, link_type: str = "dedupe_only") -> dict[str, Any]:
    """The model in the form that Splink 5 takes, with SQL of `dialect`; figures that are not known yet are left out."""
    return {
        "link_type": link_type,
        "unique_id_column_name": "record",
        "probability_two_random_records_match": model.prior,
        "blocking_rules_to_generate_predictions": [],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,
        "comparisons": [_splink_comparison(each, dialect) for each in model.comparisons],
    }


def _splink_comparison(each: Comparison, dialect: Dialect) -> dict[str, Any]:
    absent = {"sql_condition": to_sql(each.missing, dialect), "label_for_charts": "missing", "is_null_level": True}
    return {
        "output_column_name": each.name,
        "comparison_levels": [absent, *(_splink_level(level, dialect) for level in each.levels)],
    }


def _splink_level(level: Level, dialect: Dialect) -> dict[str, Any]:
    found: dict[str, Any] = {"sql_condition": to_sql(level.condition, dialect), "label_for_charts": level.label}
    if level.m:
        found["m_probability"] = max(level.m, LEAST)
    if level.u:
        found |= {"u_probability": max(level.u, LEAST), "fix_u_probability": True}
    if level.frequency:
        found |= {"tf_adjustment_column": level.frequency, "disable_tf_exact_match_detection": True}
    return found


def _key_label(key: Key) -> str:
    if key.each:
        return f"each of {key.column}"
    return f"{key.column}({key.start}-{key.start + key.length - 1})" if key.length else key.column
