"""People of five systems, resolved without labels: the batch, the scorer, the live path."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import msgspec
import numpy as np
import psycopg
import pyarrow as pa
import pytest
from splink import DuckDBAPI, Linker

from guanxi.demo.duplicates import generate
from guanxi.parties.normalisation.normalise import normalise
from guanxi.parties.normalisation.record import NormalisedParty, RawParty
from guanxi.parties.resolution import batch, blocking, training, weighing
from guanxi.parties.resolution.candidates import MemoryRegister, place
from guanxi.parties.resolution.columns import COMPANY_COLUMNS, company_row, person_row, table
from guanxi.parties.resolution.comparisons import AUTOMATIC, COMPANIES, PEOPLE
from guanxi.parties.resolution.model import Model, decode, encode, splink_settings
from guanxi.parties.resolution.scoring import Scorer
from guanxi.parties.resolution.store import SqlRegister

PEOPLE_COUNT = 6_000


@dataclasses.dataclass(frozen=True)
class Bank:
    """A resolved bank and the truth."""

    connection: duckdb.DuckDBPyConnection
    rows: list[dict[str, Any]]
    model: Model
    resolution: batch.Resolution
    scorer: Scorer


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    records = generate(PEOPLE_COUNT, seed=5)
    with duckdb.connect() as connection:
        connection.register("generated", records)
        connection.execute("CREATE TABLE records AS SELECT * FROM generated")
        model = decode(encode(training.train(connection, PEOPLE)))
        resolution = batch.resolve(connection, model)
        yield Bank(connection, records.to_pylist(), model, resolution, Scorer(model, _frequencies(connection, model)))


def _frequencies(connection: duckdb.DuckDBPyConnection, model: Model) -> Any:
    known = {
        column: dict(connection.execute(f"SELECT value, frequency FROM frequency_{column}").fetchall())
        for column in model.frequency_columns
    }
    return lambda column, value: known[column].get(value)


def _pairs(of: Mapping[int, Any]) -> set[tuple[int, int]]:
    """All pairs of records that are together."""
    groups: dict[Any, list[int]] = {}
    for record, group in of.items():
        groups.setdefault(group, []).append(record)
    return {pair for group in groups.values() for pair in itertools.combinations(sorted(group), 2)}


def test_people_are_found_without_labels(bank: Bank) -> None:
    found = _pairs(dict(enumerate(bank.resolution.cluster.tolist())))
    true = _pairs({row["record"]: row["person"] for row in bank.rows})
    assert len(found & true) / len(found) >= 0.998
    assert len(found & true) / len(true) >= 0.96


def test_the_share_of_matches_is_estimated_from_two_rules(bank: Bank) -> None:
    true = len(_pairs({row["record"]: row["person"] for row in bank.rows}))
    share = true / (len(bank.rows) * (len(bank.rows) - 1) / 2)
    assert share / 2 < bank.model.prior < share * 2


def test_our_weights_are_splinks(bank: Bank) -> None:
    """Rebuilt for the engine from our JSON, Splink's own prediction says the same; gates are ours alone."""
    open_model = msgspec.structs.replace(bank.model, gates=())
    compared = blocking.block(bank.connection, open_model.rules)
    weighing.join_frequencies(bank.connection, open_model)
    ours = bank.connection.execute(weighing.weights_sql(open_model, "pairs", "counted") + " ORDER BY l, r").fetchall()
    api = DuckDBAPI(bank.connection)
    linker = Linker(
        api.register("records", dataset_display_name="people"), splink_settings(open_model, "duckdb"), log_level=None
    )
    bank.connection.execute(
        "CREATE VIEW theirs AS SELECT l AS join_key_l, r AS join_key_r, '0' AS match_key FROM pairs"
    )
    linker.table_management.register_blocked_pairs_for_predict(api.register("theirs"))
    predicted = linker.inference.predict(warning_mode="never").as_record_list()
    theirs = {(row["record_l"], row["record_r"]): row["match_weight"] for row in predicted}
    assert compared == len(ours) == len(theirs)
    for left, right, weight, _keys in ours:
        assert weight == pytest.approx(theirs[left, right], abs=1e-6)


def test_what_blocking_misses_is_estimated_without_labels(bank: Bank) -> None:
    connection = bank.connection
    true = _pairs({row["record"]: row["person"] for row in bank.rows})
    blocking.block(connection, bank.model.rules)
    brought = set(connection.execute("SELECT l, r FROM pairs").fetchall())
    assert blocking.estimate_recall(connection, AUTOMATIC) == pytest.approx(len(true & brought) / len(true), abs=0.02)


def test_the_scorer_agrees_with_the_engine(bank: Bank) -> None:
    weighed = bank.connection.execute("SELECT l, r, weight FROM weighed").fetchall()
    scores = [bank.scorer.score(bank.rows[left], bank.rows[right]).weight for left, right, _ in weighed]
    same = sum(_verdict(score) == _verdict(weight) for score, (_, _, weight) in zip(scores, weighed, strict=True))
    assert same / len(weighed) >= 0.998
    assert max(abs(score - weight) for score, (_, _, weight) in zip(scores, weighed, strict=True)) < 1e-3


def _verdict(weight: float) -> int:
    return (weight >= AUTOMATIC) + (weight >= PEOPLE.review)


def test_a_score_is_the_sum_of_its_parts_unless_a_gate_holds_it(bank: Bank) -> None:
    for left, right in bank.connection.execute("SELECT l, r FROM weighed LIMIT 500").fetchall():
        score = bank.scorer.score(bank.rows[left], bank.rows[right])
        total = score.prior + sum(part.weight for part in score.parts)
        assert score.weight == pytest.approx(total) if not score.gate else score.weight < total
        assert [part.comparison for part in score.parts] == [each.name for each in bank.model.comparisons]


WANG = {
    "name": "王明亮",
    "surname_sound": "wang",
    "given_sound": "mingliang",
    "sound": "wangmingliang",
    "name_keys": ["wangmingliang"],
    "birth_date": "1980-04-12",
    "gender": "M",
    "document": None,
    "documents": None,
    "phones": ["+8613901010001"],
    "emails": None,
    "address": "110105|R1路|7号",
    "address_words": ["R1路", "7号"],
    "division": "110105",
}
TWIN = {"name": "王明光", "given_sound": "mingguang", "sound": "wangmingguang", "name_keys": None}
SON = {
    "name": "王小亮",
    "given_sound": "xiaoliang",
    "sound": "wangxiaoliang",
    "name_keys": None,
    "birth_date": "2006-09-01",
}


@pytest.mark.parametrize(
    ("change", "automatic"),
    [
        ({"phones": ["+8613901019999"]}, True),
        ({"address": "310115|R9路|1号", "address_words": ["R9路", "1号"], "division": "310115"}, True),
        ({"name": None}, True),
        ({"name": None, "surname_sound": "mingliang", "given_sound": "wang", "sound": "mingliangwang"}, True),
        ({"name": "王明良"}, True),
        ({"birth_date": "1980-12-04"}, True),
        ({"name": None, "sound": "wongmingleung", "name_keys": ["wangmingliang", "wongmingleung"]}, True),
        (TWIN, False),
        (SON, False),
        ({"birth_date": "2006-09-01"}, False),
        (
            {
                "gender": "F",
                "name": "李娜",
                "surname_sound": "li",
                "given_sound": "na",
                "sound": "lina",
                "name_keys": None,
            },
            False,
        ),
    ],
    ids=[
        *("changed phone", "moved house", "pinyin", "pinyin, surname last", "homophone", "day and month", "Cantonese"),
        *("twin", "son", "son of the same name", "wife"),
    ],
)
def test_who_is_joined_and_who_is_not(bank: Bank, change: dict[str, Any], *, automatic: bool) -> None:
    assert (bank.scorer.score(WANG, WANG | change).weight >= AUTOMATIC) is automatic


def test_records_that_come_later_give_the_same_clusters(bank: Bank) -> None:
    register = MemoryRegister()
    late = {row["record"]: row for row in bank.rows[-600:]}
    early = {row["record"]: row for row in bank.rows[:-600]}
    of = dict(place(register, bank.model, bank.scorer, early).clustering.of)
    of |= place(register, bank.model, bank.scorer, late).clustering.of
    assert of == dict(enumerate(bank.resolution.cluster.tolist()))


def test_the_register_in_postgresql_gives_the_same(bank: Bank, database_url: str) -> None:
    some = {row["record"]: {"record": row["record"]} | _columns(bank.model, row) for row in bank.rows[:1500]}
    memory = MemoryRegister()
    expected = place(memory, bank.model, bank.scorer, some).clustering
    with psycopg.connect(database_url) as connection:
        register = SqlRegister(connection, bank.model)
        for column in bank.model.frequency_columns:
            query = f"SELECT value, frequency FROM frequency_{column}"
            register.put_frequencies(column, bank.connection.execute(query).fetchall())
        scorer = Scorer(bank.model, register.frequency)
        first, late = dict(list(some.items())[:1400]), dict(list(some.items())[1400:])
        of = place(register, bank.model, scorer, first).clustering.of
        for record, row in late.items():
            of |= place(register, bank.model, scorer, {record: row}).clustering.of
        assert of == expected.of
        again = place(register, bank.model, scorer, late).clustering.of
    assert again == {record: expected.of[record] for record in again}


def _columns(model: Model, row: dict[str, Any]) -> dict[str, Any]:
    return {column: row[column] for column in model.columns}


def test_a_changed_record_leaves_where_it_no_longer_belongs(bank: Bank) -> None:
    register = MemoryRegister()
    stranger = WANG | {
        "name": "李娜",
        "surname_sound": "li",
        "given_sound": "na",
        "sound": "lina",
        "name_keys": None,
        "phones": None,
    }
    place(register, bank.model, bank.scorer, {0: WANG, 1: WANG})
    assert place(register, bank.model, bank.scorer, {1: stranger}).clustering.of == {0: 0, 1: 1}
    assert place(register, bank.model, bank.scorer, {1: WANG}).clustering.of == {0: 0, 1: 0}


def test_a_placeholder_that_slipped_through_costs_nothing(bank: Bank) -> None:
    """A thousand records with one e-mail address are not compared with one another for that."""
    rows = [row | {"record": number, "emails": ["info@example.com"]} for number, row in enumerate(bank.rows[:1000])]
    with duckdb.connect() as connection:
        connection.register("rows", pa.Table.from_pylist(rows))
        connection.execute("CREATE TABLE records AS SELECT * FROM rows")
        measured = {each.rule: each for each in blocking.measure(connection, PEOPLE.rules)}
        assert measured["each of emails"].comparisons == 0
        assert measured["each of emails"].records_left_out == 1000
        assert blocking.block(connection, PEOPLE.rules) < 5_000


def test_a_name_in_letters_is_compared_by_its_readings() -> None:
    chinese, mandarin, cantonese = (
        person_row(normalise(RawParty(kind="person", name=name))) for name in ("陳大文", "Chen Dawen", "CHAN TAI MAN")
    )
    assert mandarin["name"] is None
    assert mandarin["sound"] == chinese["sound"] == "chendawen"
    assert set(cantonese["name_keys"]) & set(chinese["name_keys"])
    assert all(value is None for value in person_row(normalise(RawParty(kind="person"))).values())


def test_a_company_is_compared_by_its_core() -> None:
    row = company_row(normalise(RawParty(kind="company", name="北京华信达科技有限公司上海分公司")))
    assert (row["core"], row["branch"]) == ("华信达科技", "上海分公司")
    assert "华信" in row["core_pieces"]


def test_companies_of_one_core_are_joined_and_branches_are_not() -> None:
    trades = ("贸易", "科技", "物流", "建材")
    brands = [a + b for a in "远华恒金东瑞泰安宏盛永嘉新中明康" for b in "达信源隆鑫丰通海兴利和顺润泽"]
    cores = [f"{brand}{trade}" for brand, trade in itertools.product(brands, trades)]
    rows = [company_row(_company(core, number, copy)) for number, core in enumerate(cores) for copy in range(2)]
    rows += [
        rows[0] | {"branch": "上海分公司"},
        rows[2] | {"document": None, "documents": None, "legal_form": "股份有限公司"},
    ]
    with duckdb.connect() as connection:
        connection.register("companies", table(rows, COMPANY_COLUMNS))
        connection.execute("CREATE TABLE records AS SELECT * FROM companies")
        model = training.train(connection, COMPANIES)
        found = batch.resolve(connection, model).cluster
    expected = np.repeat(np.arange(len(cores)) * 2, 2)
    with_document = [row for row in range(2 * len(cores)) if rows[row - row % 2]["document"]]
    assert (found[with_document] == expected[with_document]).all()
    assert np.isin(found[: 2 * len(cores)] - expected, (0, 1)).all()
    assert found[-2] == len(rows) - 2
    assert found[-1] == len(rows) - 1


def _company(core: str, number: int, copy: int) -> NormalisedParty:
    return NormalisedParty(
        name=f"{core}有限公司",
        name_pinyin=f"c{number}",
        company_core=core,
        legal_form="有限公司",
        company_branch="总公司" if copy == 0 else "",
        identifiers=(f"social_credit_code:{number:018d}",) if number % 3 or copy else (),
        phones=(f"+8621{number:08d}",) if number % 5 or copy else (),
        division=f"{110101 + number % 40}",
        address_words=(f"{number // 3}路", f"{number % 90}号"),
    )
