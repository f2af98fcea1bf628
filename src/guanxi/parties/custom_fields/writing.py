"""The only writer of values: checked, kept in the history and audited, in the caller's transaction.

What was written by one call stands in the history under one id, `Outcome.change`, and is taken back by it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from guanxi.access import audit_chain
from guanxi.kernel.identity import uuid7
from guanxi.parties.custom_fields.definition import FieldType
from guanxi.parties.custom_fields.errors import FieldNotEditable, FieldsInvalid, FieldUnknown, ValueRefused
from guanxi.parties.custom_fields.field import Field
from guanxi.parties.custom_fields.registry import Editor, all_fields, fields_for
from guanxi.parties.custom_fields.schema import LOCK, Connection
from guanxi.parties.custom_fields.values import Value
from guanxi.parties.errors import PartyUnknown
from guanxi.parties.search_index import index_parties
from guanxi.parties.survivorship.pins import follow_edits

Changes = Mapping[uuid.UUID, Mapping[str, Value]]
_Faults = dict[uuid.UUID, dict[str, ValueRefused]]

_SHARE: Final = "SELECT pg_advisory_xact_lock_shared(%s)"
_LOCK: Final = "SELECT id FROM parties_party WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_READ: Final = """
SELECT party.id, party.kind, party.merged_into_id{columns} FROM parties_party party WHERE party.id = ANY(%s::uuid[])
"""
_CUSTOM: Final = """
UPDATE parties_party SET custom = (custom || %s::jsonb) - %s::text[], updated_at = %s WHERE id = %s
"""
_COLUMN: Final = "UPDATE parties_party SET {column} = %s, updated_at = %s WHERE id = %s"
_KEEP: Final = """
INSERT INTO parties_fieldchange (change, at, actor, party_id, field, before, after)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s::jsonb)
"""
_OF_CHANGE: Final = """
SELECT party_id, field, before::text, after::text FROM parties_fieldchange WHERE change = %s AND record_id IS NULL
"""
_PRESENT_CONTACT: Final = """
SELECT id, purpose FROM parties_contactpoint WHERE party_id = %s AND kind = %s AND valid_to IS NULL
ORDER BY preferred DESC, id LIMIT 1
"""
_END_CONTACT: Final = "UPDATE parties_contactpoint SET valid_to = %s, preferred = false WHERE id = %s"
_ADD_CONTACT: Final = """
INSERT INTO parties_contactpoint (party_id, kind, value, purpose, preferred, source, valid_from)
VALUES (%s, %s, %s, %s, true, 'staff', %s)
"""
_FINDABLE: Final = frozenset({"name", "latin_name", "phone", "email"})
_NULLABLE: Final = frozenset({FieldType.DATE})
_SET: Final = "set_fields"
_MOST_TOLD: Final = 20  # parties that an audit entry names


class Changed(NamedTuple):
    """One value that was changed; both as JSON has them."""

    party: uuid.UUID
    field: str
    before: Any
    after: Any


class Outcome(NamedTuple):
    """What was changed together; `kept` names what could not be taken back because it has been changed since."""

    change: uuid.UUID
    changed: list[Changed]
    kept: Sequence[Changed] = ()


class _Row(NamedTuple):
    """A party as it stands: the values of the fields that are to be changed."""

    kind: str
    merged: bool
    values: dict[str, Value]


def set_fields(
    connection: Connection, *, actor: Editor, party: uuid.UUID, changes: Mapping[str, Value], at: dt.datetime
) -> Outcome:
    """Give fields of a party new values; what already is so is no change.

    `FieldsInvalid` tells all that is wrong and nothing is changed; `FieldUnknown` and `FieldNotEditable` for fields
    that the actor may not see or change; `PartyUnknown`.
    """
    return set_fields_of_many(connection, actor=actor, changes={party: changes}, at=at)


def set_fields_of_many(connection: Connection, *, actor: Editor, changes: Changes, at: dt.datetime) -> Outcome:
    """The same of many parties at once: all of it, or nothing."""
    fields = _fields(connection, actor, changes)
    rows = _locked(connection, fields, changes)
    faults = _faults(connection, fields, rows, changes)
    if faults:
        raise FieldsInvalid(faults)
    changed = [
        Changed(party, name, field.store(before), field.store(value))
        for party, wanted in changes.items()
        for name, value in wanted.items()
        if (before := rows[party].values[name]) != value and (field := fields[name])
    ]
    return _write(connection, actor, fields, changed, at, action=_SET)


def faults_of(
    connection: Connection, *, actor: Editor, changes: Changes
) -> Mapping[uuid.UUID, dict[str, ValueRefused]]:
    """What `set_fields_of_many` would refuse, by party and field; nothing is changed."""
    fields = _fields(connection, actor, changes)
    return _faults(connection, fields, _rows(connection, fields, list(changes)), changes)


def take_back(connection: Connection, *, actor: Editor, change: uuid.UUID, at: dt.datetime) -> Outcome:
    """Give back the values that were there before a change; a value that has been changed since stays as it is."""
    told = [
        Changed(party, name, *(msgspec.json.decode(text) if text else None for text in (before, after)))
        for party, name, before, after in connection.execute(_OF_CHANGE, [change])
    ]
    there = all_fields(on=connection)
    known = [each for each in told if each.field in there]
    wanted: dict[uuid.UUID, dict[str, Value]] = {}
    for each in known:
        wanted.setdefault(each.party, {})[each.field] = None
    fields = _fields(connection, actor, wanted)
    rows = _locked(connection, fields, wanted)
    same = [each for each in known if fields[each.field].store(rows[each.party].values[each.field]) == each.after]
    back = [Changed(each.party, each.field, each.after, each.before) for each in same]
    outcome = _write(connection, actor, fields, back, at, action="take_back_fields")
    return outcome._replace(kept=[each for each in told if each not in same])


def _fields(connection: Connection, actor: Editor, changes: Changes) -> dict[str, Field]:
    """The fields that are to be changed, all of which the actor may change."""
    connection.execute(_SHARE, [LOCK])
    names = {name for wanted in changes.values() for name in wanted}
    there = {field.name: field for field in fields_for(actor, on=connection) if field.name in names}
    for name in sorted(names):
        if name not in there:
            raise FieldUnknown(name)
        if not there[name].editable:
            raise FieldNotEditable(name)
    return there


def _locked(connection: Connection, fields: Mapping[str, Field], changes: Changes) -> dict[uuid.UUID, _Row]:
    connection.execute(_LOCK, [list(changes)])
    return _rows(connection, fields, list(changes))


def _rows(connection: Connection, fields: Mapping[str, Field], parties: list[uuid.UUID]) -> dict[uuid.UUID, _Row]:
    columns = "".join(f", {field.sql}" for field in fields.values())
    found = {}
    for party, kind, merged_into, *raw in connection.execute(_READ.format(columns=columns), [parties]):
        read = zip(fields.values(), raw, strict=True)
        found[party] = _Row(kind, merged_into is not None, {field.name: field.load(each) for field, each in read})
    if len(found) < len(parties):
        raise PartyUnknown
    return found


def _faults(
    connection: Connection, fields: Mapping[str, Field], rows: Mapping[uuid.UUID, _Row], changes: Changes
) -> _Faults:
    there = _parties_there(connection, changes)
    faults: _Faults = {}
    for party, wanted in changes.items():
        for name, value in wanted.items():
            fault = _fault(fields[name], rows[party], value, there)
            if fault is not None:
                faults.setdefault(party, {})[name] = fault
    return faults


def _fault(field: Field, row: _Row, value: Value, there: frozenset[uuid.UUID]) -> ValueRefused | None:
    """Why a value is refused, if it is."""
    if row.merged:
        return ValueRefused("This customer has been merged into another; change that one.")
    if field.definition.kinds and row.kind not in field.definition.kinds and value is not None:
        return ValueRefused("This customer has no such field.")
    if isinstance(value, uuid.UUID) and value not in there:
        return ValueRefused("There is no such customer.")
    try:
        field.check(value, before=row.values[field.name])
    except ValueRefused as refused:
        return refused
    return None


def _parties_there(connection: Connection, changes: Changes) -> frozenset[uuid.UUID]:
    named = [value for wanted in changes.values() for value in wanted.values() if isinstance(value, uuid.UUID)]
    if not named:
        return frozenset()
    return frozenset(row[0] for row in connection.execute(_LOCK.replace(" FOR NO KEY UPDATE", ""), [named]))


def _write(
    connection: Connection,
    actor: Editor,
    fields: Mapping[str, Field],
    changed: list[Changed],
    at: dt.datetime,
    *,
    action: str,
) -> Outcome:
    change = uuid7()
    if changed:
        with connection.cursor() as cursor:
            cursor.executemany(_KEEP, [_history(each, change, actor.name, at) for each in changed])
            custom = [each for each in changed if not fields[each.field].builtin]
            cursor.executemany(_CUSTOM, _custom_rows(custom, at))
        _write_builtin(connection, fields, changed, at)
        stands = action == _SET  # what is taken back is left to the sources again, where there are any
        edits = [(each.party, each.field, each.after if stands else None) for each in changed]
        follow_edits(connection, actor=actor.name, edits=edits, at=at)
        _audit(connection, actor, changed, change, at, action)
    return Outcome(change, changed)


def _history(each: Changed, change: uuid.UUID, actor: str, at: dt.datetime) -> list[Any]:
    before, after = (None if value is None else msgspec.json.encode(value).decode() for value in each[2:])
    return [change, at, actor, each.party, each.field, before, after]


def _custom_rows(changed: Sequence[Changed], at: dt.datetime) -> list[list[Any]]:
    """Of each party what is put into its JSON and what is taken out."""
    of_party: dict[uuid.UUID, dict[str, Any]] = {}
    for each in changed:
        of_party.setdefault(each.party, {})[each.field] = each.after
    return [
        [
            msgspec.json.encode({name: value for name, value in said.items() if value is not None}).decode(),
            [name for name, value in said.items() if value is None],
            at,
            party,
        ]
        for party, said in of_party.items()
    ]


def _write_builtin(
    connection: Connection, fields: Mapping[str, Field], changed: Sequence[Changed], at: dt.datetime
) -> None:
    for each in changed:
        field = fields[each.field]
        if field.column:
            empty = None if field.type in _NULLABLE else ""
            value = empty if each.after is None else each.after
            connection.execute(_COLUMN.format(column=field.column), [value, at, each.party])
        elif field.contact:
            _write_contact(connection, each.party, field.contact, each.after, at)
    index_parties(connection, {each.party for each in changed if each.field in _FINDABLE})


def _write_contact(connection: Connection, party: uuid.UUID, kind: str, value: str | None, at: dt.datetime) -> None:
    """The contact point that was shown is superseded by the new one, for the same purpose."""
    present = connection.execute(_PRESENT_CONTACT, [party, kind]).fetchone()
    if present:
        connection.execute(_END_CONTACT, [at, present[0]])
    if value is not None:
        connection.execute(_ADD_CONTACT, [party, kind, value, present[1] if present else "home", at])


def _audit(
    connection: Connection, actor: Editor, changed: Sequence[Changed], change: uuid.UUID, at: dt.datetime, action: str
) -> None:
    """One entry for what was changed together; the values themselves stand in the history."""
    parties = list(dict.fromkeys(str(each.party) for each in changed))
    detail: dict[str, Any] = {"change": str(change), "fields": sorted({each.field for each in changed})}
    if len(parties) > 1:
        detail |= {"parties": parties[:_MOST_TOLD], "number": len(parties)}
    subject = f"party:{parties[0]}" if len(parties) == 1 else f"change:{change}"
    audit_chain.append(connection, actor=actor.name, action=action, subject=subject, at=at, detail=detail)
