"""Learn a model's figures from the records themselves, without labels.

m comes from Splink's expectation-maximisation over pairs that agree on some columns (R. Linacre et al., "Splink: Free
software for probabilistic record linkage at scale", IJPDS 7, 2022). u comes from random pairs, except that for
equality of a rare value (a phone, a document) random pairs hardly ever agree: there it is counted exactly. Both see
the pairs that match among those that do not: their share, the prior times m, is taken out. The prior itself is
estimated by capture and recapture (G. Petersen 1896, F. Lincoln 1930): two rules that err independently find together
what each alone misses.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import duckdb
import msgspec
from splink import DuckDBAPI, Linker, block_on

from guanxi.parties.resolution.conditions import Condition
from guanxi.parties.resolution.model import LEAST, Comparison, Level, Model, splink_settings
from guanxi.parties.resolution.weighing import levels_sql

_RANDOM_PAIRS: Final = 2_000_000
_EM_PAIRS: Final = 1_000_000
_ROUNDS: Final = 3
_LEAST_M: Final = 1e-4
_FEWEST: Final = 30  # observations below which a share of random pairs is not believed

Shares = dict[tuple[str, str], float]


def train(connection: duckdb.DuckDBPyConnection, model: Model, *, between_sources: bool = False) -> Model:
    """`model` with its figures, learnt from the table `records`."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    model = msgspec.structs.replace(model, prior=estimate_prior(connection, model, between_sources=between_sources))
    observed = _shares_of_random_pairs(connection, model, between_sources=between_sources)
    observed |= _exact_shares(connection, model)
    model = _with_u(model, observed)
    for _ in range(_ROUNDS if model.prior > 1e-5 else 1):
        model = _with_u(_learn_m(connection, model, between_sources=between_sources), observed)
    return model


def estimate_prior(connection: duckdb.DuckDBPyConnection, model: Model, *, between_sources: bool = False) -> float:
    """The share of matches among all pairs, from the first two training rules: |A| |B| / |A and B|."""
    first, second = model.training[:2]
    found = [
        _pairs_agreeing(connection, columns, between_sources=between_sources)
        for columns in (first, second, tuple(dict.fromkeys((*first, *second))))
    ]
    every = _pairs_agreeing(connection, (), between_sources=between_sources)
    return min(max(found[0] * found[1] / max(found[2], 1) / max(every, 1), 1e-12), 0.5)


def _shares_of_random_pairs(connection: duckdb.DuckDBPyConnection, model: Model, *, between_sources: bool) -> Shares:
    records = _number(connection, "SELECT count(*) FROM records")
    different = "AND (SELECT source FROM records WHERE record = a) <> (SELECT source FROM records WHERE record = b)"
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE random_pairs AS SELECT DISTINCT least(a, b) AS l, greatest(a, b) AS r, 0 AS keys
        FROM (SELECT hash(n, 1) % {records} AS a, hash(n, 2) % {records} AS b FROM range({_RANDOM_PAIRS}) t(n))
        WHERE a <> b {different if between_sources else ""}
        """
    )
    connection.execute(f"CREATE OR REPLACE TABLE random_levels AS {levels_sql(model, 'random_pairs', 'records')}")
    shares: Shares = {}
    for each in model.comparisons:
        counts: dict[int, int] = dict(
            connection.execute(
                f"SELECT gamma_{each.name}, count(*) FROM random_levels WHERE gamma_{each.name} >= 0 GROUP BY 1"
            ).fetchall()
        )
        total = max(sum(counts.values()), 1)
        for level in each.levels:
            count = counts.get(each.number(level.label), 0)
            shares[each.name, level.label] = max(count, 0.5) / total
    connection.execute("DROP TABLE random_pairs")
    connection.execute("DROP TABLE random_levels")
    return shares


def _exact_shares(connection: duckdb.DuckDBPyConnection, model: Model) -> Shares:
    """The share of pairs that agree on some columns, for the levels that ask for nothing but that.

    A level is found only where those before it are not: what they take of its pairs is taken off.
    """
    found: Shares = {}
    for each in model.comparisons:
        before: dict[frozenset[str], float] = {}
        for level in each.levels:
            columns = _columns_of_equality(level.condition)
            if not columns:
                continue
            agreeing = _share_agreeing(connection, columns)
            taken = sum(share for other, share in before.items() if other > frozenset(columns))
            before[frozenset(columns)] = max(agreeing - taken, LEAST)
            found[each.name, level.label] = before[frozenset(columns)]
    return found


def _columns_of_equality(condition: Condition) -> dict[str, bool]:
    """The columns that `condition` asks to be equal, and whether each is a list; none if it asks for anything else."""
    if condition.kind == "exact":
        return {condition.column: False}
    if condition.kind == "shared" and condition.limit == 1:
        return {condition.column: True}
    parts = [_columns_of_equality(part) for part in condition.parts]
    if condition.kind != "every" or not all(parts):
        return {}
    return {column: is_list for part in parts for column, is_list in part.items()}


def _share_agreeing(connection: duckdb.DuckDBPyConnection, columns: dict[str, bool]) -> float:
    values = ", ".join(f"unnest({column}) AS {column}" if is_list else column for column, is_list in columns.items())
    there = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    agreeing = _number(
        connection,
        f"SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM (SELECT {values} FROM records WHERE {there})"
        f" GROUP BY {', '.join(columns)})",
    )
    known = _number(connection, f"SELECT count(*) FROM records WHERE {there}")
    return max(agreeing / max(known * (known - 1) / 2, 1), LEAST)


def _with_u(model: Model, observed: Shares) -> Model:
    """The shares among pairs that do not match: what was observed less the share of those that do."""

    def level_with_u(each: Comparison, level: Level) -> Level:
        share = observed[each.name, level.label]
        rest = (share - model.prior * level.m) / (1 - model.prior)
        return msgspec.structs.replace(level, u=max(rest, share / _FEWEST, LEAST))

    return _with_levels(model, level_with_u)


def _learn_m(connection: duckdb.DuckDBPyConnection, model: Model, *, between_sources: bool) -> Model:
    api = DuckDBAPI(connection)
    link_type = "link_only" if between_sources else "dedupe_only"
    linker = Linker(
        inputs(connection, api, between_sources=between_sources),
        splink_settings(_without_m(model), "duckdb", link_type),
        log_level=logging.ERROR,
    )
    for columns in model.training:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*columns),
            estimate_without_term_frequencies=True,
            max_pairs=_EM_PAIRS,
            record_sample_proportion=1.0 if _number(connection, "SELECT count(*) FROM records") < 200_000 else 0.1,
        )
    learnt: list[dict[str, Any]] = linker.misc.save_model_to_json(out_path=None)["comparisons"]
    linker.table_management.delete_tables_created_by_splink_from_db()  # type: ignore[no-untyped-call]
    m = {
        (each.name, level.label): float(found.get("m_probability") or LEAST)
        for each, saved in zip(model.comparisons, learnt, strict=True)
        for level, found in zip(each.levels, saved["comparison_levels"][1:], strict=True)
    }
    return _with_levels(
        model, lambda each, level: msgspec.structs.replace(level, m=max(m[each.name, level.label], _LEAST_M))
    )


def inputs(connection: duckdb.DuckDBPyConnection, api: DuckDBAPI, *, between_sources: bool) -> Any:  # noqa: ANN401 - Splink's own
    """The table `records` for Splink, a part for each source where only sources are compared."""
    if not between_sources:
        return api.register("records", dataset_display_name="records_input")
    sources = int(_number(connection, "SELECT count(DISTINCT source) FROM records"))
    for number in range(sources):
        connection.execute(
            f"CREATE OR REPLACE VIEW source_{number} AS SELECT * EXCLUDE (source) FROM records"
            f" WHERE source = (SELECT DISTINCT source FROM records ORDER BY 1 LIMIT 1 OFFSET {number})"
        )
    return [api.register(f"source_{number}", dataset_display_name=f"input_{number}") for number in range(sources)]


def _without_m(model: Model) -> Model:
    return _with_levels(model, lambda _each, level: msgspec.structs.replace(level, m=0))


def _with_levels(model: Model, change: Any) -> Model:  # noqa: ANN401
    comparisons = tuple(
        msgspec.structs.replace(each, levels=tuple(change(each, level) for level in each.levels))
        for each in model.comparisons
    )
    return msgspec.structs.replace(model, comparisons=comparisons)


def _pairs_agreeing(connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...], *, between_sources: bool) -> float:
    """How many pairs have the same values in all of `columns`; without columns, all pairs."""
    names = ", ".join(columns) or "1"
    there = " AND ".join(f"{column} IS NOT NULL" for column in columns) or "true"
    source = ", source" if between_sources else ""
    pairs = "(n * n - q) / 2" if between_sources else "n * (n - 1) / 2"
    return _number(
        connection,
        f"SELECT sum({pairs}) FROM (SELECT sum(s)::DOUBLE AS n, sum(s * s)::DOUBLE AS q FROM (SELECT ({names}) AS v,"
        f" count(*) AS s FROM records WHERE {there} GROUP BY v{source}) GROUP BY v)",
    )


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    row = connection.execute(query).fetchone()
    return float(row[0] or 0) if row else 0.0
