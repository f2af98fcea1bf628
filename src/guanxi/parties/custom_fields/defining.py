"""Defining fields and kinds of records: checked against all that is there, kept as a version, audited, in the caller's
transaction. Whoever calls has seen to it that the actor may.

A removed field keeps its values: restored, it has them again. Nothing is ever taken out of the rows.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, NamedTuple

import msgspec

from guanxi.access import audit_chain
from guanxi.kernel.identity import uuid7
from guanxi.parties.custom_fields.checking import MOST_FIELDS, Faults, faults_of_definition, name_fault
from guanxi.parties.custom_fields.conversion import Preview, convert, preview
from guanxi.parties.custom_fields.definition import FieldDefinition, FieldType, RecordTypeDefinition
from guanxi.parties.custom_fields.errors import DefinitionChanged, DefinitionInvalid, FieldUnknown, ValueRefused
from guanxi.parties.custom_fields.formula import names_in
from guanxi.parties.custom_fields.schema import LOCK, Connection

_LOCK: Final = "SELECT pg_advisory_xact_lock(%s)"
_ONE: Final = """
SELECT definition::text, version, removed_at IS NOT NULL, index_state FROM parties_customfield
WHERE subject = %s AND name = %s
"""
_ALL: Final = "SELECT name, definition::text FROM parties_customfield WHERE subject = %s AND removed_at IS NULL"
_INSERT: Final = """
INSERT INTO parties_customfield (subject, name, definition, version, index_state, index_fault)
VALUES (%s, %s, %s::jsonb, 1, %s, '')
"""
_UPDATE: Final = """
UPDATE parties_customfield SET definition = %s::jsonb, version = version + 1, removed_at = %s, index_fault = '',
    index_state = CASE WHEN %s THEN 'wanted' WHEN index_state = 'none' THEN 'none' ELSE 'leaving' END
WHERE subject = %s AND name = %s
"""
_VERSION: Final = """
INSERT INTO parties_definitionversion (what, version, at, actor, reason, definition)
SELECT %(what)s::text, COALESCE(max(version), 0) + 1, %(at)s, %(actor)s, %(reason)s, %(definition)s::jsonb
FROM parties_definitionversion WHERE what = %(what)s::text
"""
_OF_VERSION: Final = "SELECT definition::text FROM parties_definitionversion WHERE what = %s AND version = %s"
_LONGEST_REASON: Final = 200


class Standing(NamedTuple):
    """A field as it is defined at present."""

    definition: FieldDefinition
    version: int
    removed: bool
    index_state: str


class Said(NamedTuple):
    """Who defines, why and when."""

    actor: str
    reason: str
    at: dt.datetime


def what_of(subject: str, name: str) -> str:
    """A field as versions and the audit trail name it."""
    return f"field:{subject or 'party'}.{name}"


def standing(connection: Connection, subject: str, name: str) -> Standing:
    """A field as it is defined; `FieldUnknown` when it never was."""
    row = connection.execute(_ONE, [subject, name]).fetchone()
    if row is None:
        raise FieldUnknown(name)
    return Standing(msgspec.json.decode(row[0], type=FieldDefinition), row[1], row[2], row[3])


def definitions(connection: Connection, subject: str) -> dict[str, FieldDefinition]:
    """All fields that are defined of a subject, without removed ones."""
    return {name: msgspec.json.decode(text, type=FieldDefinition) for name, text in connection.execute(_ALL, [subject])}


def create_field(connection: Connection, subject: str, name: str, definition: FieldDefinition, said: Said) -> None:
    """Define one more field. `DefinitionInvalid` tells everything that is wrong."""
    connection.execute(_LOCK, [LOCK])
    defined = definitions(connection, subject)
    faults = faults_of_definition(subject, name, definition, defined) | _faults_of_name(connection, subject, name)
    if len(defined) >= MOST_FIELDS:
        faults["name"] = ValueRefused("There are {most} fields already.", most=MOST_FIELDS)
    _refuse(faults)
    state = "wanted" if definition.searchable else "none"
    connection.execute(_INSERT, [subject, name, _json(definition), state])
    _keep(connection, what_of(subject, name), definition, said, action="define_field")


def change_field(
    connection: Connection, subject: str, name: str, definition: FieldDefinition, said: Said, *, from_version: int
) -> None:
    """Define a field differently; values are turned into its new type, all of them or the change is refused."""
    now = _present(connection, subject, name, from_version)
    faults = faults_of_change(connection, subject, name, definition)
    _refuse(faults)
    if definition.type is not now.definition.type:
        seen = preview(connection, subject, name, now.definition, definition)
        convert(connection, subject, name, seen.converted, actor=said.actor, change=uuid7(), at=said.at)
    _update(connection, subject, name, definition, removed_at=None)
    _keep(connection, what_of(subject, name), definition, said, action="define_field")


def faults_of_change(connection: Connection, subject: str, name: str, definition: FieldDefinition) -> Faults:
    """What is wrong with defining a field differently, values that would be lost included."""
    now = standing(connection, subject, name)
    defined = definitions(connection, subject)
    faults = faults_of_definition(subject, name, definition, defined)
    if faults:
        return faults
    if definition.type is not now.definition.type and _is_indexed(connection, subject, name, defined):
        return {"type": ValueRefused("Its values are in an index. Take “searchable” away first, and wait a minute.")}
    seen = preview(connection, subject, name, now.definition, definition)
    if seen.refused and _touches_values(now.definition, definition):
        part = "choices" if definition.type is now.definition.type else "type"
        part = "currency" if definition.currency != now.definition.currency and part == "choices" else part
        return {
            part: ValueRefused(
                "{refused} of {number} values do not allow this, for example “{value}” ({times}): {why}",
                refused=seen.refused,
                number=seen.number,
                value=seen.examples[0].value,
                times=seen.examples[0].number,
                why=str(seen.examples[0].fault),
            )
        }
    return {}


def preview_change(connection: Connection, subject: str, name: str, definition: FieldDefinition) -> Preview:
    """How many of the values that are there a new definition would not allow."""
    return preview(connection, subject, name, standing(connection, subject, name).definition, definition)


def remove_field(connection: Connection, subject: str, name: str, said: Said, *, from_version: int) -> None:
    """Take a field away; its values are kept. Refused while a formula uses it."""
    now = _present(connection, subject, name, from_version)
    using = users_of(definitions(connection, subject), name)
    if using:
        _refuse({"name": ValueRefused("The formulas of {names} use it.", names=", ".join(using))})
    _update(connection, subject, name, now.definition, removed_at=said.at)
    _keep(connection, what_of(subject, name), None, said, action="remove_field")


def restore_field(connection: Connection, subject: str, name: str, said: Said, *, from_version: int) -> None:
    """Bring a removed field back, with the values that it had."""
    now = _present(connection, subject, name, from_version)
    _refuse(faults_of_definition(subject, name, now.definition, definitions(connection, subject)))
    _update(connection, subject, name, now.definition, removed_at=None)
    _keep(connection, what_of(subject, name), now.definition, said, action="restore_field")


def roll_back_field(
    connection: Connection, subject: str, name: str, said: Said, *, to_version: int, from_version: int
) -> None:
    """Define a field again as it was in an earlier version; `FieldUnknown` where there is no such version."""
    row = connection.execute(_OF_VERSION, [what_of(subject, name), to_version]).fetchone()
    if row is None or row[0] is None:
        raise FieldUnknown(f"{name} {to_version}")
    definition = msgspec.json.decode(row[0], type=FieldDefinition)
    change_field(connection, subject, name, definition, said, from_version=from_version)


def users_of(defined: dict[str, FieldDefinition], name: str) -> list[str]:
    """The formulas that use a field."""
    return [
        other
        for other, definition in defined.items()
        if definition.type is FieldType.FORMULA and name in names_in(definition.formula)
    ]


def _present(connection: Connection, subject: str, name: str, from_version: int) -> Standing:
    connection.execute(_LOCK, [LOCK])
    now = standing(connection, subject, name)
    if now.version != from_version:
        raise DefinitionChanged
    return now


def _touches_values(before: FieldDefinition, after: FieldDefinition) -> bool:
    """Whether values must fit: new bounds and patterns hold for what is written from now on, a new type for all."""
    removed = {choice.value for choice in before.choices} - {choice.value for choice in after.choices}
    return before.type is not after.type or before.currency != after.currency or bool(removed)


def _is_indexed(connection: Connection, subject: str, name: str, defined: dict[str, FieldDefinition]) -> bool:
    """Whether an index is over the field, its own or one of a formula that uses it, however indirectly."""
    reached = [name]
    for each in reached:
        reached += [other for other in users_of(defined, each) if other not in reached]
    return any(standing(connection, subject, each).index_state != "none" for each in reached)


def _faults_of_name(connection: Connection, subject: str, name: str) -> Faults:
    fault = name_fault(name)
    if fault is None and connection.execute(_ONE, [subject, name]).fetchone() is not None:
        fault = ValueRefused("There is, or was, a field “{name}” already.", name=name)
    return {"name": fault} if fault else {}


def _refuse(faults: Faults) -> None:
    if faults:
        raise DefinitionInvalid(faults)


def _update(
    connection: Connection, subject: str, name: str, definition: FieldDefinition, *, removed_at: dt.datetime | None
) -> None:
    wanted = definition.searchable and removed_at is None
    connection.execute(_UPDATE, [_json(definition), removed_at, wanted, subject, name])


def _keep(
    connection: Connection,
    what: str,
    definition: FieldDefinition | RecordTypeDefinition | None,
    said: Said,
    *,
    action: str,
) -> None:
    body = None if definition is None else _json(definition)
    told: dict[str, Any] = {"what": what, "at": said.at, "actor": said.actor, "definition": body}
    connection.execute(_VERSION, {**told, "reason": said.reason[:_LONGEST_REASON]})
    detail = {"reason": said.reason} if said.reason else {}
    audit_chain.append(connection, actor=said.actor, action=action, subject=what, at=said.at, detail=detail)


def _json(definition: FieldDefinition | RecordTypeDefinition) -> str:
    return msgspec.json.encode(definition).decode()
