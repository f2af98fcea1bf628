"""What a new definition means for the values that are there: how many it does not allow, and giving them its type.

Values are looked at once each (`GROUP BY`), however many parties have them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final, NamedTuple

import msgspec

from guanxi.parties.custom_fields import values
from guanxi.parties.custom_fields.definition import FieldDefinition, FieldType
from guanxi.parties.custom_fields.errors import ValueRefused
from guanxi.parties.custom_fields.field import PARTY
from guanxi.parties.custom_fields.schema import Connection

_MOST_EXAMPLES: Final = 5
_OF_PARTIES: Final = """
SELECT (custom->%(name)s::text)::text, count(*) FROM parties_party
WHERE custom ? %(name)s::text GROUP BY 1 ORDER BY 2 DESC
"""
_OF_RECORDS: Final = """
SELECT (values->%(name)s::text)::text, count(*) FROM parties_customrecord
WHERE type_id = %(subject)s AND values ? %(name)s::text GROUP BY 1 ORDER BY 2 DESC
"""
_CONVERT_PARTIES: Final = """
WITH converted AS (
    UPDATE parties_party party SET custom = custom || jsonb_build_object(%(name)s::text, said.after)
    FROM (SELECT b::jsonb AS before, a::jsonb AS after
        FROM unnest(%(before)s::text[], %(after)s::text[]) AS pairs (b, a)) AS said
    WHERE custom->%(name)s::text = said.before RETURNING party.id, said.before, said.after
)
INSERT INTO parties_fieldchange (change, at, actor, party_id, field, before, after)
SELECT %(change)s::uuid, %(at)s::timestamptz, %(actor)s::text, id, %(name)s::text, before, after FROM converted
"""
_CONVERT_RECORDS: Final = """
WITH converted AS (
    UPDATE parties_customrecord record SET values = values || jsonb_build_object(%(name)s::text, said.after)
    FROM (SELECT b::jsonb AS before, a::jsonb AS after
        FROM unnest(%(before)s::text[], %(after)s::text[]) AS pairs (b, a)) AS said
    WHERE type_id = %(subject)s AND values->%(name)s::text = said.before
    RETURNING record.id, record.party_id, said.before, said.after
)
INSERT INTO parties_fieldchange (change, at, actor, party_id, record_id, field, before, after)
SELECT %(change)s::uuid, %(at)s::timestamptz, %(actor)s::text, party_id, id, %(name)s::text, before, after
FROM converted
"""


class Refusal(NamedTuple):
    """A value that stands somewhere and that the new definition does not allow."""

    value: str
    number: int
    fault: ValueRefused


class Preview(NamedTuple):
    """How many values there are, how many of them the new definition does not allow, and the most frequent of those."""

    number: int
    refused: int
    examples: list[Refusal]
    converted: dict[str, str]  # JSON before and after, where they differ


def preview(
    connection: Connection, subject: str, name: str, before: FieldDefinition, after: FieldDefinition
) -> Preview:
    """What would become of the values of a field."""
    statement = _OF_PARTIES if subject == PARTY else _OF_RECORDS
    number = refused = 0
    examples: list[Refusal] = []
    converted: dict[str, str] = {}
    for text, times in connection.execute(statement, {"name": name, "subject": subject}):
        number += times
        old = values.load(before, before.type, msgspec.json.decode(text))
        try:
            new = msgspec.json.encode(values.store(_become(old, before, after))).decode()
        except ValueRefused as fault:
            refused += times
            examples = [*examples, Refusal(values.show(before, before.type, old, "en") or text, times, fault)]
        else:
            if new != msgspec.json.encode(msgspec.json.decode(text)).decode():
                converted[text] = new
    return Preview(number, refused, examples[:_MOST_EXAMPLES], converted)


def _become(old: values.Value, before: FieldDefinition, after: FieldDefinition) -> values.Value:
    """A value as the new definition has it."""
    if after.type is FieldType.FORMULA:
        raise ValueRefused("A formula is worked out; nobody fills it in.")
    if after.currency != before.currency and FieldType.MONEY in {before.type, after.type} and before.currency:
        raise ValueRefused("This is kept in {currency}.", currency=before.currency)
    new = old if after.type is before.type else _reread(old, before, after)
    had = new if after.type in {FieldType.CHOICE, FieldType.CHOICES} and _still_offered(new, after) else None
    values.check(after, after.type, new, before=had)
    return new


def _reread(old: values.Value, before: FieldDefinition, after: FieldDefinition) -> values.Value:
    stored = values.store(old)
    if isinstance(stored, bool):
        stored = values.show(before, before.type, old, "en").lower()
    return values.parse(after, after.type, ", ".join(stored) if isinstance(stored, list) else str(stored))


def _still_offered(new: values.Value, after: FieldDefinition) -> bool:
    """Whether the choices are all in the definition, be it as retired ones."""
    known = {choice.value for choice in after.choices}
    return set(new if isinstance(new, tuple) else (new,)) <= known


def convert(
    connection: Connection,
    subject: str,
    name: str,
    converted: dict[str, str],
    *,
    actor: str,
    change: uuid.UUID,
    at: dt.datetime,
) -> None:
    """Give every value its new form, and keep what it was in the history."""
    if not converted:
        return
    said: dict[str, Any] = {"name": name, "subject": subject, "change": change, "at": at, "actor": actor}
    statement = _CONVERT_PARTIES if subject == PARTY else _CONVERT_RECORDS
    connection.execute(statement, {**said, "before": list(converted), "after": list(converted.values())})
