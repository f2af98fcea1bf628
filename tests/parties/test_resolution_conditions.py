"""A condition means the same to the engine and to Python."""

from __future__ import annotations

from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.parties.resolution import conditions as c
from guanxi.parties.resolution.comparisons import COMPANIES, PEOPLE, WITHIN_COMPANIES
from guanxi.parties.resolution.model import Model, decode, encode

ALL = (
    c.exact("text"),
    c.missing("text"),
    c.similar("text", 0.85),
    c.edits("text", 1),
    c.swaps("text", 1),
    c.prefix("text", 3),
    c.crossed("text", "other"),
    c.turned("date"),
    c.shared("words"),
    c.shared("words", 2),
    c.contained("words"),
    c.near("number", 2),
    c.follows("number", 2),
    c.proportion("number", 0.3),
    c.one_character("name"),
    c.every(c.exact("text"), c.unless(c.exact("other"))),
    c.either(c.exact("text"), c.exact("other")),
)
_texts = st.one_of(st.none(), st.text("abn", min_size=1, max_size=5), st.sampled_from(["martha", "marhta", "wangli"]))
_row = st.fixed_dictionaries(
    {
        "text": _texts,
        "other": _texts,
        "date": st.sampled_from([None, "1980-01-02", "1980-02-01", "1980-12-31"]),
        "words": st.one_of(st.none(), st.lists(st.sampled_from("xyz"), min_size=1, max_size=3, unique=True)),
        "number": st.one_of(st.none(), st.integers(1, 9)),
        "name": st.one_of(st.none(), st.text("王明亮光", min_size=1, max_size=4)),
    }
)
_SCHEMA = pa.schema(
    {
        "text": pa.string(),
        "other": pa.string(),
        "date": pa.string(),
        "words": pa.list_(pa.string()),
        "number": pa.int64(),
        "name": pa.string(),
    }
)


@settings(max_examples=25)
@given(st.lists(st.tuples(_row, _row), min_size=20, max_size=40))
def test_engine_and_python_agree(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    left = pa.Table.from_pylist([pair[0] for pair in pairs], schema=_SCHEMA)
    right = pa.Table.from_pylist([pair[1] for pair in pairs], schema=_SCHEMA)
    both = pa.table({f"{n}_l": left[n] for n in _SCHEMA.names} | {f"{n}_r": right[n] for n in _SCHEMA.names})
    with duckdb.connect() as connection:
        connection.register("both_sides", both)
        asked = ", ".join(f"coalesce({c.to_sql(condition, 'duckdb')}, false)" for condition in ALL)
        found = connection.execute(f"SELECT {asked} FROM both_sides").fetchall()
    expected = [tuple(c.evaluator(condition)(*pair) for condition in ALL) for pair in pairs]
    assert found == expected


@pytest.mark.parametrize("model", [PEOPLE, COMPANIES, WITHIN_COMPANIES], ids=lambda model: model.name)
def test_a_model_comes_back_from_its_json(model: Model) -> None:
    assert decode(encode(model)) == model


def test_a_model_that_names_no_plain_column_is_refused() -> None:
    text = encode(PEOPLE).replace(b'"given_sound"', b'"given_sound) OR (1=1"')
    with pytest.raises(msgspec.ValidationError, match="regex"):
        decode(text)
