"""The fields and kinds of records as they are defined at present, read anew when one of them has changed."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import msgspec
import psycopg

from guanxi.parties.custom_fields.builtin import BUILTIN
from guanxi.parties.custom_fields.definition import FieldDefinition, FieldType, RecordTypeDefinition
from guanxi.parties.custom_fields.field import PARTY, Field

Connection = psycopg.Connection[Any]

_STAMP: Final = "SELECT COALESCE(max(id), 0) FROM parties_definitionversion"
_FIELDS: Final = "SELECT subject, name, definition::text FROM parties_customfield WHERE removed_at IS NULL"
_TYPES: Final = "SELECT name, definition::text FROM parties_customrecordtype WHERE removed_at IS NULL"
_MOST_CACHED: Final = 8
_cache: dict[tuple[str, int], Schema] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class Schema:
    """All fields by their subject (`""` for parties, else the kind of records) and name, and all kinds of records."""

    stamp: int
    fields: dict[str, dict[str, Field]]
    types: dict[str, RecordTypeDefinition]


def present_connection_of_office() -> Connection:
    """The connection that Django has open for this thread."""
    from django.db import connection as office  # the other doors have no Django

    office.ensure_connection()
    found: Connection = office.connection
    return found


def schema(connection: Connection) -> Schema:
    """What is defined now; kept until the next definition, which a look at the newest version tells."""
    row = connection.execute(_STAMP).fetchone()
    key = (f"{connection.info.host}:{connection.info.port}/{connection.info.dbname}", int(row[0]) if row else 0)
    if key not in _cache:
        while len(_cache) >= _MOST_CACHED:
            _cache.pop(next(iter(_cache)))
        _cache[key] = _load(connection, key[1])
    return _cache[key]


def _load(connection: Connection, stamp: int) -> Schema:
    types = {
        str(name): msgspec.json.decode(text, type=RecordTypeDefinition) for name, text in connection.execute(_TYPES)
    }
    given: dict[str, dict[str, FieldDefinition]] = {PARTY: {}, **{name: {} for name in types}}
    for subject, name, text in connection.execute(_FIELDS):
        if subject in given:
            given[subject][name] = msgspec.json.decode(text, type=FieldDefinition)
    return Schema(stamp, {subject: fields_of(subject, defined) for subject, defined in given.items()}, types)


def fields_of(subject: str, defined: dict[str, FieldDefinition]) -> dict[str, Field]:
    """The fields of a subject from their definitions, in order; of parties, the built-in ones stand first."""
    found = {field.name: field for field in BUILTIN} if subject == PARTY else {}
    for name, definition in sorted(defined.items(), key=lambda item: (item[1].position, item[0])):
        if definition.type is not FieldType.FORMULA:
            found[name] = stored_field(subject, name, definition)
    return found


def stored_field(subject: str, name: str, definition: FieldDefinition) -> Field:
    """A field whose values stand in the JSON of its row. Its SQL is immutable, so that it can be indexed."""
    json = "party.custom" if subject == PARTY else "record.values"
    sql = _SQL.get(definition.type, _SQL[FieldType.TEXT]).format(json=json, name=name)
    return Field(name, definition, definition.type, sql, editable=True, subject=subject)


_SQL: Final = {
    FieldType.TEXT: """(({json}->>'{name}') COLLATE "C")""",
    FieldType.INTEGER: "(({json}->>'{name}')::bigint)",
    FieldType.DECIMAL: "(({json}->>'{name}')::numeric)",
    FieldType.MONEY: "(({json}->>'{name}')::numeric)",
    FieldType.DATE: "parties_iso_date({json}->>'{name}')",
    FieldType.BOOLEAN: "(({json}->>'{name}')::boolean)",
    FieldType.CHOICES: "({json}->'{name}')",
    FieldType.PARTY: "(({json}->>'{name}')::uuid)",
}
