"""Fields that are declared searchable are found by an index, and only those."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from guanxi.parties.custom_fields.defining import Said, change_field, remove_field, standing
from guanxi.parties.custom_fields.errors import DefinitionInvalid
from guanxi.parties.custom_fields.indexing import keep_indexes
from guanxi.parties.fields import field_for

from .conftest import AGENT, AT
from .test_defining import definition

Connection = psycopg.Connection[Any]
SAID = Said("staff:sun", "", AT)
MANY = 60_000
_FILL = """
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at,
    updated_at, custom)
SELECT gen_random_uuid(), 'N' || n, 'person', '客户' || n, '', '', 'zh-Hans', '101', '', '', now(), now(),
    jsonb_build_object('nickname', 'n' || n, 'children', n %% 29, 'income', (n * 7)::text, 'hobbies',
        jsonb_build_array(CASE WHEN n %% 5000 = 0 THEN 'golf' ELSE 'tea' END),
        'wedding', (DATE '1950-01-01' + n %% 20000)::text)
FROM generate_series(1, %s) n
"""
SEARCHABLE: dict[str, dict[str, Any]] = {
    "nickname": {"type": "text", "longest": 8, "searchable": True},
    "income": {"type": "money", "currency": "CNY", "searchable": True},
    "hobbies": {
        "type": "choices",
        "choices": [{"value": "tea"}, {"value": "chess"}, {"value": "golf"}],
        "searchable": True,
    },
    "wedding": {"type": "date", "searchable": True},
    "share": {"type": "formula", "formula": "income * (2 + children)", "searchable": True},
}


@pytest.fixture(scope="module")
def large(bank: str) -> Iterator[Connection]:
    """Sixty thousand parties, and an index on every searchable field."""
    with psycopg.connect(bank, autocommit=True) as connection:
        connection.execute(_FILL, [MANY])
        connection.execute("ANALYZE parties_party")
        for name, said in SEARCHABLE.items():
            with connection.transaction():
                change_field(connection, "", name, definition(**said), SAID, from_version=1)
        assert {standing(connection, "", name).index_state for name in SEARCHABLE} == {"wanted"}
        assert len(keep_indexes(connection)) == len(SEARCHABLE)
        yield connection


@pytest.mark.parametrize(
    ("name", "operator", "texts"),
    [
        ("nickname", "is", ["n4711"]),
        ("nickname", "begins", ["n4711"]),
        ("nickname", "in", ["n1", "n2"]),
        ("income", "between", ["700", "770"]),
        ("hobbies", "has", ["golf"]),
        ("wedding", "is", ["1980-05-03"]),
        ("share", "at_least", ["12600000"]),
    ],
)
def test_a_filter_on_a_searchable_field_reads_its_index(
    large: Connection, name: str, operator: str, texts: list[str]
) -> None:
    field = field_for(AGENT, name, on=large)
    asked = field.filter_sql(operator, field.operand(operator, texts))
    statement = f"EXPLAIN SELECT party.id FROM parties_party party WHERE merged_into_id IS NULL AND {asked.sql}"
    plan = "\n".join(row[0] for row in large.execute(statement, asked.parameters))
    assert "parties_field_" in plan
    assert "Seq Scan" not in plan


def test_a_list_sorted_by_a_searchable_field_reads_its_first_page_only(large: Connection) -> None:
    field = field_for(AGENT, "income", on=large)
    statement = f"EXPLAIN SELECT party.id FROM parties_party party ORDER BY {field.sort_sql}, party.id LIMIT 50"
    plan = "\n".join(row[0] for row in large.execute(statement))
    assert "parties_field_" in plan
    assert "Sort" not in plan


def test_indexes_follow_what_is_declared_and_mend_themselves(large: Connection) -> None:
    assert standing(large, "", "nickname").index_state == "ready"
    assert keep_indexes(large) == []
    with large.transaction(), pytest.raises(DefinitionInvalid, match="index"):
        change_field(large, "", "income", definition(type="decimal"), SAID, from_version=2)
    with large.transaction():
        change_field(large, "", "nickname", definition(type="text", longest=8), SAID, from_version=2)
        remove_field(large, "", "share", SAID, from_version=2)
    assert standing(large, "", "nickname").index_state == "leaving"
    keep_indexes(large)
    assert [standing(large, "", name).index_state for name in ("nickname", "share", "income")] == [
        "none",
        "none",
        "ready",
    ]
    broken = large.execute(
        "SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'parties_party'::regclass"
        " AND indexrelid::regclass::text LIKE 'parties_field_%'"
    )
    name = broken.fetchone()[0]
    large.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [name])
    keep_indexes(large)
    mended = large.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s::regclass", [name])
    assert mended.fetchone() == (True,)


def test_two_that_look_after_indexes_do_not_meet(large: Connection, bank: str) -> None:
    with psycopg.connect(bank, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(71217)")
        assert keep_indexes(large) == []
