"""The fields and kinds of records as they are defined at present, read anew when one of them has changed."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import msgspec
import psycopg

from guanxi.parties.custom_fields.definition import FieldDefinition, RecordTypeDefinition
from guanxi.parties.custom_fields.errors import ValueRefused
from guanxi.parties.custom_fields.field import PARTY, Field
from guanxi.parties.custom_fields.fields_of_subject import fields_of

Connection = psycopg.Connection[Any]

_STAMP: Final = "SELECT COALESCE(max(id), 0) FROM parties_definitionversion"
_FIELDS: Final = "SELECT subject, name, definition::text FROM parties_customfield WHERE removed_at IS NULL"
_TYPES: Final = "SELECT name, definition::text FROM parties_customrecordtype WHERE removed_at IS NULL"
_MOST_CACHED: Final = 8
LOCK: Final = 71_216  # shared by whoever writes values, alone for whoever defines fields
_cache: dict[tuple[str, int], Schema] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class Schema:
    """All fields by their subject (`""` for parties, else the kind of records) and name, and all kinds of records."""

    stamp: int
    fields: dict[str, dict[str, Field]]
    faults: dict[str, dict[str, ValueRefused]]  # of formulas that do not hold (any more)
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
    made = {subject: fields_of(subject, defined) for subject, defined in given.items()}
    fields, faults = ({subject: each[part] for subject, each in made.items()} for part in (0, 1))
    return Schema(stamp, fields, faults, types)  # type: ignore[arg-type]
