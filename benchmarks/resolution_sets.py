"""The published sets: how their records are read, our model of each, and Splink's own published example of each.

Splink's examples are settings and rules as its documentation has them for version 5.0 (MIT, Ministry of Justice):
`deduplicate_50k_synthetic`, `febrl3`, `febrl4`, `accuracy_analysis_from_labels_column` and `transactions`. The rule of
the last that "cheats" (it blocks on the truth) is left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from guanxi.parties.resolution.conditions import (
    contained,
    crossed,
    edits,
    either,
    every,
    exact,
    follows,
    missing,
    near,
    prefix,
    proportion,
    shared,
    similar,
    swaps,
)
from guanxi.parties.resolution.model import Key, Level, Model, Rule, comparison, same

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "record-linkage"


@dataclasses.dataclass(frozen=True)
class Set:
    """One published set. `read` makes the table `source_rows` (record from 0, `truth`) and `records` of our columns."""

    title: str
    read: Callable[[duckdb.DuckDBPyConnection], None]
    model: Model
    example: Callable[[duckdb.DuckDBPyConnection], Linker]
    between: bool = False
    goal: float = 0.0
    goal_text: str = ""


def _historical(connection: duckdb.DuckDBPyConnection) -> None:
    file = DATA / "splink" / "historical_half_a.parquet"
    part = connection.execute("SELECT coalesce(getvariable('part'), 'judge')").fetchone()
    kept = "= 0" if part == ("tune",) else "<> 0"
    titles = (
        "1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th the and baron earl sir lord"
        " viscount baronet duke countess lady von van"
    )
    connection.execute(
        f"""
        CREATE TABLE source_rows AS
        SELECT (row_number() OVER (ORDER BY unique_id) - 1)::INTEGER AS record, *, cluster AS truth
        FROM '{file}' WHERE hash(cluster) % 3 {kept};
        CREATE TABLE word AS SELECT record, unnest(string_split_regex(
            regexp_replace(lower(full_name), '[^a-z0-9'' -]', ' ', 'g'), '[ -]+')) AS word FROM source_rows;
        DELETE FROM word WHERE length(word) <= 2 OR word IN ('{"', '".join(titles.split())}');
        CREATE TABLE words AS
        SELECT record, list(DISTINCT word ORDER BY word) AS words, arg_min(word, n * 1000 + length(word)) AS rare
        FROM word JOIN (SELECT word, count(*) AS n FROM word GROUP BY word) USING (word) GROUP BY record;
        CREATE TABLE records AS
        SELECT s.record, full_name, first_and_surname, CASE WHEN surname IS NOT NULL THEN first_name END AS first_name,
            coalesce(surname, first_name) AS surname, dob, try_cast(substr(dob, 1, 4) AS INTEGER) AS birth_year,
            nullif(substr(dob, 6), '01-01') AS birth_day, birth_place, postcode_fake AS postcode,
            split_part(postcode_fake, ' ', 1) AS outward, gender, occupation, words, rare
        FROM source_rows s LEFT JOIN words USING (record) ORDER BY s.record
        """
    )


_HISTORICAL = Model(
    "historical",
    comparisons=(
        comparison(
            "name",
            same("full_name", frequency=True),
            Level("same words", every(shared("words", 2), contained("words"))),
            Level("same first and last", exact("first_and_surname"), "first_and_surname"),
            Level("two words", shared("words", 2)),
            Level(
                "surname, first alike",
                every(exact("surname"), either(similar("first_name", 0.8), prefix("first_name", 1))),
            ),
            Level("both alike", every(similar("surname", 0.88), similar("first_name", 0.88))),
            Level("surname", exact("surname"), "surname"),
            Level("rarest word", exact("rare"), "rare"),
            Level("first, surname alike", every(exact("first_name"), similar("surname", 0.8))),
            Level("one word", shared("words")),
            Level("alike", similar("full_name", 0.88)),
            Level("surname alike", similar("surname", 0.88)),
            absent=missing("full_name"),
        ),
        comparison(
            "dob",
            same("dob", frequency=True),
            Level("one edit", edits("dob", 1)),
            Level("two edits", edits("dob", 2)),
            Level("day of the year", exact("birth_day")),
            Level("year", near("birth_year", 0)),
            Level("ten years", near("birth_year", 10)),
        ),
        comparison(
            "postcode",
            same("postcode", frequency=True),
            Level("one edit", edits("postcode", 1)),
            Level("outward", exact("outward")),
            Level("two edits", edits("postcode", 2)),
            Level("area", prefix("postcode", 2)),
        ),
        comparison("birth_place", same("birth_place", frequency=True), Level("alike", similar("birth_place", 0.88))),
        comparison("occupation", same("occupation", frequency=True)),
        comparison("gender", same("gender")),
    ),
    rules=tuple(
        Rule(keys, most)
        for most, keys in (
            (100, (Key("postcode"),)),
            (100, (Key("dob"), Key("surname", 3))),
            (100, (Key("dob"), Key("first_name", 3))),
            (100, (Key("dob"), Key("birth_place"))),
            (100, (Key("dob"), Key("occupation"))),
            (100, (Key("dob"), Key("postcode", 2))),
            (100, (Key("birth_day"), Key("birth_place"))),
            (100, (Key("birth_day"), Key("words", each=True))),
            (100, (Key("dob", 4), Key("words", each=True))),
            (100, (Key("full_name"),)),
            (100, (Key("rare"),)),
            (100, (Key("surname"), Key("birth_place"))),
            (100, (Key("surname"), Key("outward"))),
            (100, (Key("words", each=True), Key("birth_place"))),
            (100, (Key("words", each=True), Key("outward"))),
            (100, (Key("outward"), Key("occupation"), Key("birth_place"))),
            (100, (Key("birth_place"), Key("occupation"), Key("dob", 4))),
        )
    ),
    training=(("full_name",), ("dob", "postcode"), ("postcode",), ("dob",), ("rare", "birth_place")),
    automatic=0.0,
    review=-3.0,
)


def _historical_example(connection: duckdb.DuckDBPyConnection) -> Linker:
    connection.execute(
        "CREATE TABLE example_rows AS SELECT *, first_name || ' ' || surname AS first_name_surname_concat"
        " FROM source_rows"
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        blocking_rules_to_generate_predictions=[
            block_on("substr(first_name,1,3)", "substr(surname,1,4)"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"),
            block_on("dob", "birth_place"),
            block_on("substr(postcode_fake,1,3)", "dob"),
            block_on("substr(postcode_fake,1,3)", "first_name"),
            block_on("substr(postcode_fake,1,3)", "surname"),
            block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
        ],
        comparisons=[
            cl.ForenameSurnameComparison(
                "first_name", "surname", forename_surname_concat_col_name="first_name_surname_concat"
            ),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.PostcodeComparison("postcode_fake"),
            cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
            cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
        ],
    )
    linker = Linker(DuckDBAPI(connection).register("example_rows"), settings, log_level="ERROR")
    linker.training.estimate_probability_two_random_records_match(
        [
            block_on("first_name", "surname", "dob"),
            block_on("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
            block_on("dob", "postcode_fake"),
        ],
        recall=0.6,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e7)
    for rule in (block_on("first_name", "surname"), block_on("dob")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    return linker


def _febrl(*files: str) -> Callable[[duckdb.DuckDBPyConnection], None]:
    def read(connection: duckdb.DuckDBPyConnection) -> None:
        columns = [
            "given_name",
            "surname",
            "street_number",
            "address_1",
            "address_2",
            "suburb",
            "postcode",
            "state",
            "date_of_birth",
            "soc_sec_id",
        ]
        cleaned = ", ".join(f"nullif(trim({column}), '') AS {column}" for column in columns)
        parts = " UNION ALL ".join(
            f"SELECT '{number}' AS source, trim(rec_id) AS rec_id,"
            " regexp_extract(rec_id, '^([^-]+-[^-]+)', 1) AS truth,"
            f" {cleaned} FROM read_csv('{DATA / 'febrl' / file}.csv.gz', all_varchar = true, normalize_names = false)"
            for number, file in enumerate(files)
        )
        connection.execute(
            f"""
            CREATE TABLE source_rows AS SELECT (row_number() OVER (ORDER BY source, rec_id) - 1)::INTEGER AS record, *
            FROM ({parts});
            CREATE TABLE records AS SELECT * EXCLUDE (truth, rec_id) FROM source_rows ORDER BY record
            """
        )

    return read


_FEBRL = Model(
    "febrl",
    comparisons=(
        comparison(
            "given_name",
            same("given_name", frequency=True),
            Level("changed about", crossed("given_name", "surname")),
            Level("alike", similar("given_name", 0.88)),
            Level("a little alike", similar("given_name", 0.7)),
        ),
        comparison(
            "surname",
            same("surname", frequency=True),
            Level("changed about", crossed("surname", "given_name")),
            Level("alike", similar("surname", 0.88)),
            Level("a little alike", similar("surname", 0.7)),
        ),
        comparison(
            "date_of_birth",
            same("date_of_birth"),
            Level("swap", swaps("date_of_birth", 1)),
            Level("two", swaps("date_of_birth", 2)),
        ),
        comparison(
            "soc_sec_id", same("soc_sec_id"), Level("one", swaps("soc_sec_id", 1)), Level("two", swaps("soc_sec_id", 2))
        ),
        comparison("street_number", same("street_number", frequency=True)),
        comparison("address_1", same("address_1", frequency=True), Level("alike", similar("address_1", 0.88))),
        comparison("suburb", same("suburb", frequency=True), Level("alike", similar("suburb", 0.88))),
        comparison("postcode", same("postcode", frequency=True), Level("swap", swaps("postcode", 1))),
    ),
    rules=tuple(
        Rule(keys, 200)
        for keys in (
            (Key("soc_sec_id"),),
            (Key("date_of_birth"),),
            (Key("given_name"), Key("surname")),
            (Key("given_name", 3), Key("postcode")),
            (Key("surname", 3), Key("postcode")),
            (Key("address_1"),),
            (Key("suburb"), Key("street_number")),
            (Key("surname"), Key("suburb")),
            (Key("given_name"), Key("suburb")),
        )
    ),
    training=(("soc_sec_id",), ("given_name", "surname"), ("date_of_birth",), ("postcode",)),
    automatic=0.0,
    review=-3.0,
)


def _febrl3_example(connection: duckdb.DuckDBPyConnection) -> Linker:
    connection.execute("CREATE TABLE example_rows AS SELECT * EXCLUDE (source) FROM source_rows")
    settings = SettingsCreator(
        unique_id_column_name="record",
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[
            block_on("soc_sec_id"),
            block_on("given_name"),
            block_on("surname"),
            block_on("date_of_birth"),
            block_on("postcode"),
        ],
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
    )
    linker = Linker(DuckDBAPI(connection).register("example_rows"), settings, log_level="ERROR")
    linker.training.estimate_probability_two_random_records_match(
        [
            block_on("soc_sec_id"),
            block_on("given_name", "surname", "date_of_birth"),
            "l.given_name = r.surname and l.surname = r.given_name and l.date_of_birth = r.date_of_birth",
        ],
        recall=0.9,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=2)
    for rule in (block_on("date_of_birth"), block_on("postcode")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    return linker


def _febrl4_example(connection: duckdb.DuckDBPyConnection) -> Linker:
    api = DuckDBAPI(connection)
    tables = []
    for source in "01":
        connection.execute(
            f"CREATE TABLE example_{source} AS SELECT * EXCLUDE (source) FROM source_rows WHERE source = '{source}'"
        )
        tables.append(api.register(f"example_{source}", dataset_display_name=f"febrl_{source}"))
    settings = SettingsCreator(
        unique_id_column_name="record",
        link_type="link_only",
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname"),
            "l.given_name = r.surname and l.surname = r.given_name",
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ],
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison(
                "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True
            ),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ],
    )
    linker = Linker(tables, settings, log_level="ERROR")
    linker.training.estimate_probability_two_random_records_match(
        [block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")], recall=0.8
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in (block_on("date_of_birth"), block_on("postcode")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    return linker


def _fake(connection: duckdb.DuckDBPyConnection) -> None:
    file = DATA / "splink" / "fake_1000.csv.gz"
    connection.execute(
        f"""
        CREATE TABLE source_rows AS
        SELECT unique_id::INTEGER AS record, first_name, surname, dob::DATE AS dob, city, email, cluster AS truth
        FROM read_csv('{file}') ORDER BY 1;
        CREATE TABLE records AS SELECT record, first_name, surname, dob::VARCHAR AS dob, lower(city) AS city, email,
            split_part(email, '@', 1) AS mailbox FROM source_rows ORDER BY record
        """
    )


_FAKE = Model(
    "fake",
    comparisons=(
        comparison(
            "first_name",
            same("first_name", frequency=True),
            Level("changed about", crossed("first_name", "surname")),
            Level("alike", either(similar("first_name", 0.88), prefix("first_name", 3))),
        ),
        comparison(
            "surname",
            same("surname", frequency=True),
            Level("changed about", crossed("surname", "first_name")),
            Level("alike", similar("surname", 0.88)),
        ),
        comparison(
            "dob",
            same("dob"),
            Level("one", swaps("dob", 1)),
            Level("two", swaps("dob", 2)),
            Level("year", prefix("dob", 4)),
        ),
        comparison("city", same("city", frequency=True), Level("alike", similar("city", 0.85))),
        comparison("email", same("email"), Level("mailbox", exact("mailbox")), Level("alike", similar("email", 0.9))),
    ),
    rules=tuple(
        Rule(keys, 200)
        for keys in (
            *((Key(column),) for column in ("first_name", "surname", "dob", "email", "mailbox")),
            (Key("city"), Key("dob", 4)),
        )
    ),
    training=(("email",), ("first_name", "surname"), ("dob",)),
    automatic=0.0,
    review=-3.0,
)


def _fake_example(connection: duckdb.DuckDBPyConnection) -> Linker:
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        blocking_rules_to_generate_predictions=[
            *(block_on(column) for column in ("first_name", "surname", "dob", "email")),
        ],
        comparisons=[
            cl.ForenameSurnameComparison("first_name", "surname"),
            cl.DateOfBirthComparison("dob", input_is_string=False),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
    )
    linker = Linker(DuckDBAPI(connection).register("source_rows"), settings, log_level="ERROR")
    linker.training.estimate_probability_two_random_records_match(
        [
            "l.first_name = r.first_name and levenshtein(r.dob::VARCHAR, l.dob::VARCHAR) <= 1",
            "l.surname = r.surname and levenshtein(r.dob::VARCHAR, l.dob::VARCHAR) <= 1",
            "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
            "l.email = r.email",
        ],
        recall=0.7,
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=5)
    for rule in (block_on("dob"), block_on("email"), block_on("first_name", "surname")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, estimate_without_term_frequencies=True)
    return linker


def _transactions(connection: duckdb.DuckDBPyConnection) -> None:
    """A payment out has a payment in, so each side has one of the other: its own number is exclusive to it."""
    parts = " UNION ALL ".join(
        f"SELECT '{number}' AS source, ground_truth AS truth, memo, transaction_date::DATE AS transaction_date,"
        f" amount FROM '{DATA / 'splink' / name}.parquet'"
        for number, name in enumerate(("transactions_origin", "transactions_destination"))
    )
    connection.execute(
        f"""
        CREATE TABLE source_rows AS
        SELECT (row_number() OVER (ORDER BY source, truth) - 1)::INTEGER AS record, * FROM ({parts});
        CREATE TABLE records AS
        SELECT record, source, memo, amount, date_diff('day', DATE '2020-01-01', transaction_date) AS day,
            CASE WHEN source = '0' THEN record END AS outgoing, CASE WHEN source = '1' THEN record END AS incoming,
            CASE WHEN source = '1' THEN [floor(ln(amount) / 0.02)::VARCHAR]
                ELSE list_transform([-3, -2, -1, 0, 1],
                    lambda n: (floor(ln(amount) / 0.02) + n)::BIGINT::DOUBLE::VARCHAR)
                END AS sizes,
            CASE WHEN source = '1' THEN [(day // 4)::VARCHAR]
                ELSE list_transform([0, 1, 2], lambda n: (day // 4 + n)::VARCHAR) END AS days,
            CASE WHEN source = '1' THEN [(day // 16)::VARCHAR]
                ELSE list_transform([0, 1, 2], lambda n: (day // 16 + n)::VARCHAR) END AS fortnights,
            list_filter(string_split(memo, ' '), lambda word: length(word) > 1) AS words
        FROM source_rows ORDER BY record
        """
    )


_TRANSACTIONS = Model(
    "transactions",
    comparisons=(
        comparison(
            "amount",
            same("amount"),
            *(Level(f"{share:.0%}", proportion("amount", share)) for share in (0.01, 0.03, 0.06, 0.1, 0.3)),
        ),
        comparison(
            "memo",
            same("memo", frequency=True),
            Level("words", contained("words")),
            Level("alike", similar("memo", 0.95)),
            Level("two words", shared("words", 2)),
            Level("beginning", prefix("memo", 6)),
            Level("a word", shared("words")),
            Level("a little alike", similar("memo", 0.8)),
        ),
        comparison("day", *(Level(f"{days} days", follows("day", days)) for days in (1, 2, 4, 7, 10, 20, 30))),
    ),
    rules=(
        Rule((Key("sizes", each=True), Key("days", each=True)), 300),
        Rule((Key("memo", 9), Key("fortnights", each=True)), 300),
        Rule((Key("memo", 4), Key("sizes", each=True), Key("fortnights", each=True)), 300),
    ),
    training=(("memo",), ("amount",)),
    exclusive=("outgoing", "incoming"),
    automatic=0.0,
    review=-1.0,
)


def _transactions_example(connection: duckdb.DuckDBPyConnection) -> Linker:
    api = DuckDBAPI(connection)
    tables = []
    for source in "01":
        connection.execute(
            f"CREATE TABLE example_{source} AS SELECT * EXCLUDE (source) FROM source_rows WHERE source = '{source}'"
        )
        tables.append(api.register(f"example_{source}", dataset_display_name=f"side_{source}"))
    within = "transaction_date_r - transaction_date_l <= {n} and transaction_date_r >= transaction_date_l"
    amount: dict[str, Any] = {
        "output_column_name": "amount",
        "comparison_levels": [
            cll.NullLevel("amount"),
            cll.ExactMatchLevel("amount"),
            *(cll.PercentageDifferenceLevel("amount", share) for share in (0.01, 0.03, 0.1, 0.3)),
            cll.ElseLevel(),
        ],
    }
    date: dict[str, Any] = {
        "output_column_name": "transaction_date",
        "comparison_levels": [
            cll.NullLevel("transaction_date"),
            *({"sql_condition": within.format(n=n), "label_for_charts": f"<= {n} days"} for n in (1, 4, 10, 30)),
            cll.ElseLevel(),
        ],
    }
    alike = "substr(l.memo, 1,3) = substr(r.memo,1,3) and l.amount/r.amount > 0.7 and l.amount/r.amount < 1.3"
    count = connection.execute("SELECT count(*) FROM example_0").fetchone()
    settings = SettingsCreator(
        unique_id_column_name="record",
        link_type="link_only",
        probability_two_random_records_match=1 / (count[0] if count else 1),
        blocking_rules_to_generate_predictions=[
            f"strftime(l.transaction_date, '%Y%m') = strftime(r.transaction_date, '%Y%m') and {alike}",
            f"strftime(l.transaction_date+15, '%Y%m') = strftime(r.transaction_date, '%Y%m') and {alike}",
            block_on("substr(memo,1,9)"),
            (
                "round(l.amount/2,0)*2 = round(r.amount/2,0)*2"
                " and yearweek(r.transaction_date) = yearweek(l.transaction_date)"
            ),
            (
                "round(l.amount/2,0)*2 = round((r.amount+1)/2,0)*2"
                " and yearweek(r.transaction_date) = yearweek(l.transaction_date + 4)"
            ),
        ],
        comparisons=[amount, cl.LevenshteinAtThresholds("memo", [2, 6, 10]), date],
    )
    linker = Linker(tables, settings, log_level="ERROR")
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for column in ("memo", "amount"):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
    return linker


SETS = {
    "febrl3": Set("Febrl 3", _febrl("dataset3"), _FEBRL, _febrl3_example, goal=0.9987, goal_text="at least 0.9987"),
    "febrl4": Set(
        "Febrl 4",
        _febrl("dataset4a", "dataset4b"),
        _FEBRL,
        _febrl4_example,
        between=True,
        goal=0.9998,
        goal_text="at least 0.9998",
    ),
    "fake": Set("fake_1000", _fake, _FAKE, _fake_example, goal_text="at least the example's best"),
    "historical": Set(
        "Historical people, two thirds of half A",
        _historical,
        _HISTORICAL,
        _historical_example,
        goal=0.90,
        goal_text="at least 0.90",
    ),
    "transactions": Set(
        "Transactions",
        _transactions,
        _TRANSACTIONS,
        _transactions_example,
        between=True,
        goal_text="at least the example's best",
    ),
}
