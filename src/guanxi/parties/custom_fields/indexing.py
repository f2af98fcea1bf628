"""Indexes on fields that are declared searchable: made and dropped while the bank works, never inside a transaction.

The wish and what is there are compared by name, and the name has a digest of the expression in it: an index that was
broken off, or whose formula has changed, is dropped and made anew, however often and by whomever this is run.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from guanxi.parties.custom_fields.definition import FieldDefinition, FieldType
from guanxi.parties.custom_fields.field import PARTY
from guanxi.parties.custom_fields.fields_of_subject import fields_of

Connection = psycopg.Connection[Any]

_LOCK: Final = 71_217
_DEFINED: Final = "SELECT id, subject, name, definition::text FROM parties_customfield WHERE removed_at IS NULL"
_THERE: Final = """
SELECT class.relname, index.indisvalid FROM pg_index index JOIN pg_class class ON class.oid = index.indexrelid
WHERE index.indrelid IN ('parties_party'::regclass, 'parties_customrecord'::regclass)
    AND class.relname LIKE 'parties\\_field\\_%'
"""
_STATE: Final = "UPDATE parties_customfield SET index_state = %s, index_fault = %s WHERE id = %s"
_SETTLE: Final = """
UPDATE parties_customfield SET index_state = 'none' WHERE index_state IN ('leaving', 'building') AND NOT id = ANY(%s)
"""
_LONGEST_FAULT: Final = 200


class Wanted(NamedTuple):
    """An index that should be there."""

    field: int
    name: str
    statement: str


def keep_indexes(connection: Connection) -> list[str]:
    """Make what is wanted and drop what is not; the names of the indexes made. The connection commits by itself.

    One at a time: somebody else who does this already is left to it.
    """
    if not _alone(connection):
        return []
    try:
        wanted = {each.name: each for each in _wanted(connection)}
        there: dict[str, bool] = dict(connection.execute(_THERE).fetchall())
        for name, valid in there.items():
            if name not in wanted or not valid:
                connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}".encode())
        made = [each.name for name, each in wanted.items() if not there.get(name) and _make(connection, each)]
        for name, each in wanted.items():
            if there.get(name):
                connection.execute(_STATE, ["ready", "", each.field])
        connection.execute(_SETTLE, [[each.field for each in wanted.values()]])
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return made


def _alone(connection: Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
    return bool(row and row[0])


def _make(connection: Connection, wanted: Wanted) -> bool:
    """Make an index; what stands in its way is shown with the field and tried again the next time."""
    connection.execute(_STATE, ["building", "", wanted.field])
    try:
        connection.execute(wanted.statement.encode())
    except psycopg.DatabaseError as error:
        connection.execute(_STATE, ["failed", str(error)[:_LONGEST_FAULT], wanted.field])
        return False
    connection.execute(
        "ANALYZE parties_party" if " parties_party " in wanted.statement else "ANALYZE parties_customrecord"
    )
    connection.execute(_STATE, ["ready", "", wanted.field])
    return True


def _wanted(connection: Connection) -> list[Wanted]:
    """The index of each searchable field."""
    subjects: dict[str, dict[str, FieldDefinition]] = {}
    ids: dict[tuple[str, str], int] = {}
    for number, subject, name, text in connection.execute(_DEFINED):
        subjects.setdefault(subject, {})[name] = msgspec.json.decode(text, type=FieldDefinition)
        ids[subject, name] = number
    return [
        _index(ids[subject, name], subject, field.type, field.sql)
        for subject, defined in subjects.items()
        for name, field in fields_of(subject, defined, _table(subject))[0].items()
        if not field.builtin and field.definition.searchable and field.indexable
    ]


def _index(number: int, subject: str, kind: FieldType, sql: str) -> Wanted:
    """Ordered by value and id, as lists are; choices by what they contain."""
    digest = hashlib.sha256(sql.encode()).hexdigest()[:8]
    name = f"parties_field_{number}_{digest}"
    of_type = "" if subject == PARTY else "type_id, "
    entry = f"USING gin (({sql}) jsonb_path_ops)" if kind is FieldType.CHOICES else f"({of_type}({sql}), id)"
    return Wanted(number, name, f"CREATE INDEX CONCURRENTLY {name} ON {_table(subject)} {entry}")


def _table(subject: str) -> str:
    return "parties_party" if subject == PARTY else "parties_customrecord"
