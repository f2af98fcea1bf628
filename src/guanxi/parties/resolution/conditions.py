"""What one level of a comparison asks of two records, once as SQL and once as Python, side by side so that they agree.

A condition is data: it is kept in the model's JSON and rendered for the engine that runs it (DuckDB or Spark). It
never holds where a value is missing. Distances on engines count bytes in DuckDB and code points in Spark; both are
the same for ASCII, and what is not ASCII (Chinese names) is compared by `one_character`, which counts characters
everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler, Levenshtein

Dialect = Literal["duckdb", "spark"]
Row = Mapping[str, Any]

_LONGEST_NAME: Final = 4
_WORDS: Final[dict[Dialect, dict[str, str]]] = {
    "duckdb": {
        "similar": "jaro_winkler_similarity",
        "swaps": "damerau_levenshtein",
        "length": "len",
        "intersect": "list_intersect",
        "any": "list_has_any",
    },
    "spark": {
        "similar": "jaro_winkler",
        "swaps": "damerau_levenshtein",
        "length": "size",
        "intersect": "array_intersect",
        "any": "arrays_overlap",
    },
}


Column = Annotated[str, msgspec.Meta(pattern="^[a-z0-9_]*$")]
"""The name of a column; a model that was read has no other, so that it can stand in SQL."""


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question about two records. `column` and `other` are columns, `limit` is what `kind` makes of it."""

    kind: str
    column: Column = ""
    other: Column = ""
    limit: float = 0
    parts: tuple[Condition, ...] = ()


def exact(column: str) -> Condition:
    """Both have the same value."""
    return Condition("exact", column)


def missing(column: str) -> Condition:
    """Either has no value."""
    return Condition("missing", column)


def similar(column: str, limit: float) -> Condition:
    """The similarity of Jaro and Winkler is `limit` or more."""
    return Condition("similar", column, limit=limit)


def edits(column: str, limit: int) -> Condition:
    """At most `limit` insertions, deletions and substitutions (Levenshtein)."""
    return Condition("edits", column, limit=limit)


def swaps(column: str, limit: int) -> Condition:
    """At most `limit` edits, of which two neighbours that change places are one (Damerau)."""
    return Condition("swaps", column, limit=limit)


def prefix(column: str, length: int) -> Condition:
    """The first `length` characters are the same, and both have as many."""
    return Condition("prefix", column, limit=length)


def crossed(column: str, other: str) -> Condition:
    """What one record has in `column` the other has in `other`, both ways."""
    return Condition("crossed", column, other)


def turned(column: str) -> Condition:
    """Two dates (ISO 8601) are the same when day and month of one change places."""
    return Condition("turned", column)


def shared(column: str, least: int = 1) -> Condition:
    """Two lists have `least` elements in common."""
    return Condition("shared", column, limit=least)


def contained(column: str) -> Condition:
    """Every element of the shorter list is in the longer one."""
    return Condition("contained", column)


def near(column: str, limit: float) -> Condition:
    """Two numbers differ by at most `limit`."""
    return Condition("near", column, limit=limit)


def follows(column: str, limit: float) -> Condition:
    """The right number is not less than the left one, and at most `limit` more."""
    return Condition("follows", column, limit=limit)


def proportion(column: str, limit: float) -> Condition:
    """Two amounts differ by less than `limit` of the larger."""
    return Condition("proportion", column, limit=limit)


def one_character(column: str) -> Condition:
    """Two short words of the same length, two to four characters, differ in one character."""
    return Condition("one_character", column)


def every(*parts: Condition) -> Condition:
    """All hold."""
    return Condition("every", parts=parts)


def either(*parts: Condition) -> Condition:
    """One holds."""
    return Condition("either", parts=parts)


def unless(part: Condition) -> Condition:
    """It does not hold, or cannot be told."""
    return Condition("unless", parts=(part,))


ANYTHING_ELSE: Final = Condition("else")


def columns_of(condition: Condition) -> frozenset[str]:
    """The columns that a condition reads."""
    own = {condition.column, condition.other} - {""}
    return frozenset(own.union(*map(columns_of, condition.parts)))


def to_sql(condition: Condition, dialect: Dialect) -> str:
    """The condition over `<column>_l` and `<column>_r`."""
    return _KINDS[condition.kind].sql(condition, dialect)


def evaluator(condition: Condition) -> Callable[[Row, Row], bool]:
    """The same for two rows, a mapping of columns to values or None each."""
    return _KINDS[condition.kind].evaluator(condition)


class _Kind(NamedTuple):
    sql: Callable[[Condition, Dialect], str]
    evaluator: Callable[[Condition], Callable[[Row, Row], bool]]


def _template(text: str) -> Callable[[Condition, Dialect], str]:
    def sql(condition: Condition, dialect: Dialect) -> str:
        return text.format(
            l=f"{condition.column}_l",
            r=f"{condition.column}_r",
            ol=f"{condition.other}_l",
            other_r=f"{condition.other}_r",
            limit=int(condition.limit) if float(condition.limit).is_integer() else condition.limit,
            **_WORDS[dialect],
        )

    return sql


def _of_values(test: Callable[[Any, Any, float], bool]) -> Callable[[Condition], Callable[[Row, Row], bool]]:
    """An evaluator from a test of two values that are there."""

    def make(condition: Condition) -> Callable[[Row, Row], bool]:
        column, limit = condition.column, condition.limit

        def holds(left: Row, right: Row) -> bool:
            a, b = left[column], right[column]
            return a is not None and b is not None and test(a, b, limit)

        return holds

    return make


def _bytes(text: str) -> str | bytes:
    """What DuckDB's distances see."""
    return text if text.isascii() else text.encode()


def _similar(a: str, b: str, limit: float) -> bool:
    return JaroWinkler.similarity(_bytes(a), _bytes(b)) >= limit


def _edits(a: str, b: str, limit: float) -> bool:
    return Levenshtein.distance(_bytes(a), _bytes(b), score_cutoff=int(limit)) <= limit


def _swaps(a: str, b: str, limit: float) -> bool:
    return DamerauLevenshtein.distance(_bytes(a), _bytes(b), score_cutoff=int(limit)) <= limit


def _one_character(a: str, b: str, _limit: float) -> bool:
    return len(a) == len(b) and 1 < len(a) <= _LONGEST_NAME and sum(x != y for x, y in zip(a, b, strict=True)) == 1


def _one_character_sql(condition: Condition, _dialect: Dialect) -> str:
    left, right = f"{condition.column}_l", f"{condition.column}_r"
    differing = " + ".join(
        f"CASE WHEN substr({left}, {at}, 1) <> substr({right}, {at}, 1) THEN 1 ELSE 0 END"
        for at in range(1, _LONGEST_NAME + 1)
    )
    return f"(length({left}) = length({right}) AND length({left}) BETWEEN 2 AND {_LONGEST_NAME} AND ({differing}) = 1)"


def _proportion(a: float, b: float, limit: float) -> bool:
    return abs(a - b) < limit * max(a, b)


def _missing(condition: Condition) -> Callable[[Row, Row], bool]:
    column = condition.column
    return lambda left, right: left[column] is None or right[column] is None


def _crossed(condition: Condition) -> Callable[[Row, Row], bool]:
    column, other = condition.column, condition.other

    def holds(left: Row, right: Row) -> bool:
        values = left[column], left[other], right[column], right[other]
        return None not in values and values[0] == values[3] and values[1] == values[2]

    return holds


def _turned(a: str, b: str, _limit: float) -> bool:
    return a != b and a == b[:5] + b[8:10] + "-" + b[5:7]


def _joined(word: str) -> Callable[[Condition, Dialect], str]:
    return lambda condition, dialect: "(" + f" {word} ".join(to_sql(part, dialect) for part in condition.parts) + ")"


def _every(condition: Condition) -> Callable[[Row, Row], bool]:
    parts = [evaluator(part) for part in condition.parts]
    return lambda left, right: all(part(left, right) for part in parts)


def _either(condition: Condition) -> Callable[[Row, Row], bool]:
    parts = [evaluator(part) for part in condition.parts]
    return lambda left, right: any(part(left, right) for part in parts)


def _unless(condition: Condition) -> Callable[[Row, Row], bool]:
    part = evaluator(condition.parts[0])
    return lambda left, right: not part(left, right)


def _shared_sql(condition: Condition, dialect: Dialect) -> str:
    if condition.limit == 1:
        return _template("{any}({l}, {r})")(condition, dialect)
    return _template("{length}({intersect}({l}, {r})) >= {limit}")(condition, dialect)


_KINDS: Final[dict[str, _Kind]] = {
    "exact": _Kind(_template("{l} = {r}"), _of_values(lambda a, b, _: a == b)),
    "missing": _Kind(_template("({l} IS NULL OR {r} IS NULL)"), _missing),
    "similar": _Kind(_template("{similar}({l}, {r}) >= {limit}"), _of_values(_similar)),
    "edits": _Kind(_template("levenshtein({l}, {r}) <= {limit}"), _of_values(_edits)),
    "swaps": _Kind(_template("{swaps}({l}, {r}) <= {limit}"), _of_values(_swaps)),
    "prefix": _Kind(
        _template(
            "(substr({l}, 1, {limit}) = substr({r}, 1, {limit}) AND length({l}) >= {limit} AND length({r}) >= {limit})"
        ),
        _of_values(lambda a, b, n: a[: int(n)] == b[: int(n)] and len(a) >= n and len(b) >= n),
    ),
    "crossed": _Kind(_template("({l} = {other_r} AND {ol} = {r})"), _crossed),
    "turned": _Kind(
        _template("({l} <> {r} AND {l} = substr({r}, 1, 5) || substr({r}, 9, 2) || '-' || substr({r}, 6, 2))"),
        _of_values(_turned),
    ),
    "shared": _Kind(_shared_sql, _of_values(lambda a, b, n: len(set(a).intersection(b)) >= n)),
    "contained": _Kind(
        _template("{length}({intersect}({l}, {r})) = least({length}({l}), {length}({r}))"),
        _of_values(lambda a, b, _: len(set(a).intersection(b)) == min(len(a), len(b))),
    ),
    "near": _Kind(_template("abs({l} - {r}) <= {limit}"), _of_values(lambda a, b, n: abs(a - b) <= n)),
    "follows": _Kind(_template("({r} - {l} BETWEEN 0 AND {limit})"), _of_values(lambda a, b, n: 0 <= b - a <= n)),
    "proportion": _Kind(_template("abs({l} - {r}) < {limit} * greatest({l}, {r})"), _of_values(_proportion)),
    "one_character": _Kind(_one_character_sql, _of_values(_one_character)),
    "every": _Kind(_joined("AND"), _every),
    "either": _Kind(_joined("OR"), _either),
    "unless": _Kind(lambda c, dialect: f"NOT coalesce({to_sql(c.parts[0], dialect)}, false)", _unless),
    "else": _Kind(lambda _c, _dialect: "ELSE", lambda _c: lambda _left, _right: True),
}
