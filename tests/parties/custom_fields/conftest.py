"""A few parties and fields of every type, in the caller's own database."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from guanxi.parties.fields import Editor

AT = dt.datetime(2026, 11, 24, 2, tzinfo=dt.UTC)
WANG, LI, FIRM, GONE = (uuid.UUID(int=number) for number in (1, 2, 3, 4))
AGENT, ENGINEER = Editor("staff:wu", "agent", edits=True), Editor("staff:sun", "engineer", edits=False)
DEFINITIONS: dict[str, dict[str, Any]] = {
    "nickname": {"type": "text", "longest": 8},
    "plate": {"type": "text", "pattern": "[京沪][A-Z][A-Z0-9]{5}"},
    "children": {"type": "integer", "minimum": "0", "maximum": "30"},
    "share": {"type": "decimal", "places": 4},
    "income": {"type": "money", "currency": "CNY", "minimum": "0"},
    "wedding": {"type": "date", "minimum": "1900-01-01"},
    "resident": {"type": "boolean"},
    "risk": {
        "type": "choice",
        "choices": [
            {"value": "low", "title": {"en": "Low", "zh_hans": "低"}},
            {"value": "high", "title": {"en": "High", "zh_hans": "高"}},
            {"value": "odd", "retired": True},
        ],
    },
    "hobbies": {"type": "choices", "choices": [{"value": "tea"}, {"value": "chess"}, {"value": "golf"}]},
    "guardian": {"type": "party", "kinds": ["person"]},
    "secret": {"type": "text", "see": ["compliance"]},
    "told": {"type": "text", "edit": ["supervisor"]},
}
_PARTY = """
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, birth_date,
    customer_since, created_at, updated_at, merged_into_id)
VALUES (%s, %s, %s, %s, %s, '', 'zh-Hans', '101', '', 'gold', '1980-05-03', NULL, now(), now(), %s)
"""


@pytest.fixture(scope="module")
def bank(database_url: str) -> str:
    """Four parties, one of them merged into another, and the fields above."""
    with psycopg.connect(database_url) as connection:
        connection.execute(_PARTY, [WANG, "1001", "person", "王小明", "Wang Xiaoming", None])
        connection.execute(_PARTY, [LI, "1002", "person", "李雷", "Li Lei", None])
        connection.execute(_PARTY, [FIRM, "1003", "organisation", "远东贸易有限公司", "", None])
        connection.execute(_PARTY, [GONE, "1004", "person", "王小明", "", WANG])
        for position, (name, definition) in enumerate(DEFINITIONS.items()):
            define(connection, name, {**definition, "position": position})
    return database_url


def define(connection: psycopg.Connection[Any], name: str, definition: dict[str, Any]) -> None:
    """Put a definition where definitions stand."""
    body = msgspec.json.encode({"title": {"en": name.title()}, **definition}).decode()
    connection.execute(
        "INSERT INTO parties_customfield (subject, name, definition, version, index_state, index_fault)"
        " VALUES ('', %s, %s::jsonb, 1, 'none', '')",
        [name, body],
    )
    connection.execute(
        "INSERT INTO parties_definitionversion (what, version, at, actor, reason, definition)"
        " VALUES (%s, 1, now(), 'test', '', %s::jsonb)",
        [f"field:party.{name}", body],
    )


@pytest.fixture
def connection(bank: str) -> Iterator[psycopg.Connection[Any]]:
    """A transaction that is taken back after the test."""
    with psycopg.connect(bank) as connection:
        yield connection
        connection.rollback()
