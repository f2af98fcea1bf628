"""Values that staff fix against whatever sources say, with a reason, and take off again."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Final

from guanxi.access import audit_chain
from guanxi.kernel.identity import uuid7
from guanxi.parties.normalisation.calendar_dates import read_date
from guanxi.parties.normalisation.email_addresses import read_emails
from guanxi.parties.normalisation.phone_numbers import read_phones
from guanxi.parties.survivorship.errors import PinRefused
from guanxi.parties.survivorship.golden import COLUMNS
from guanxi.parties.survivorship.reading import Connection
from guanxi.parties.survivorship.refresh import Refreshed, refresh_golden
from guanxi.parties.survivorship.rules import FIELDS
from guanxi.parties.survivorship.statements import clean

LONGEST_REASON: Final = 200
_LONGEST: Final = {"identifier": 40, "name": 200, "latin_name": 200}
_GENDERS: Final = frozenset(("M", "F"))
_BY_HAND: Final = "entered by hand"

_LOCK: Final = "SELECT id FROM parties_party WHERE id = %s AND merged_into_id IS NULL FOR NO KEY UPDATE"
_TAKE_OFF: Final = """
UPDATE parties_pin SET undone_at = %(at)s, undone_by = %(actor)s
WHERE undone_at IS NULL AND field = %(field)s AND party_id IN (
    WITH RECURSIVE members (id) AS (
        SELECT %(party)s::uuid
        UNION
        SELECT party.id FROM members JOIN parties_party party ON party.merged_into_id = members.id
    ) SELECT id FROM members
)
RETURNING value
"""
_PUT: Final = """
INSERT INTO parties_pin (id, party_id, field, value, reason, by, at, undone_by) VALUES (%s, %s, %s, %s, %s, %s, %s, '')
"""
_CHOSEN: Final = "SELECT party_id FROM parties_goldenstate WHERE party_id = ANY(%s::uuid[])"


def pin(
    connection: Connection,
    *,
    actor: str,
    party: uuid.UUID,
    field: str,
    value: str,
    reason: str,
    at: dt.datetime,
) -> Refreshed:
    """From now on `field` of a party is `value`; an earlier pin is replaced. `PinRefused` says why it cannot be."""
    plain, why = _checked(field, value), _reason(reason)
    _lock(connection, party)
    _take_off(connection, actor, party, field, at)
    _put(connection, actor, party, field, plain, why, at)
    detail = {"field": field, "reason": why}
    audit_chain.append(connection, actor=actor, action="pin_field", subject=f"party:{party}", at=at, detail=detail)
    return refresh_golden(connection, [party], at)


def unpin(
    connection: Connection, *, actor: str, party: uuid.UUID, field: str, reason: str, at: dt.datetime
) -> Refreshed:
    """Let the sources speak again. `PinRefused` when nothing is fixed there."""
    why = _reason(reason)
    _lock(connection, party)
    if not _take_off(connection, actor, party, field, at):
        raise PinRefused("Nothing is fixed in this field.")
    detail = {"field": field, "reason": why}
    audit_chain.append(connection, actor=actor, action="unpin_field", subject=f"party:{party}", at=at, detail=detail)
    return refresh_golden(connection, [party], at)


def follow_edits(
    connection: Connection, *, actor: str, edits: Iterable[tuple[uuid.UUID, str, str | None]], at: dt.datetime
) -> None:
    """What was entered by hand in a field that is chosen from sources stands until it is taken off again.

    `edits` are (party, field, value), already written and audited; no value lets the sources speak again.
    """
    chosen = [each for each in edits if each[1] in COLUMNS]
    asked = list({party for party, _, _ in chosen})
    with_sources = {row[0] for row in connection.execute(_CHOSEN, [asked])} if asked else set()
    for party, field, value in chosen:
        if party in with_sources:
            _take_off(connection, actor, party, field, at)
            if value:
                _put(connection, actor, party, field, value, _BY_HAND, at)
    if with_sources:
        refresh_golden(connection, with_sources, at)


def _lock(connection: Connection, party: uuid.UUID) -> None:
    if connection.execute(_LOCK, [party]).fetchone() is None:
        raise PinRefused("This customer is not known, or has been merged into another.")


def _take_off(connection: Connection, actor: str, party: uuid.UUID, field: str, at: dt.datetime) -> bool:
    given: Mapping[str, object] = {"at": at, "actor": actor, "field": field, "party": party}
    return bool(connection.execute(_TAKE_OFF, given).fetchall())


def _put(
    connection: Connection, actor: str, party: uuid.UUID, field: str, value: str, reason: str, at: dt.datetime
) -> None:
    connection.execute(_PUT, [uuid7(), party, field, value, reason, actor, at])


def _reason(reason: str) -> str:
    plain = clean(reason)
    if not plain or len(plain) > LONGEST_REASON:
        raise PinRefused(f"Say why, in at most {LONGEST_REASON} characters.")
    return plain


def _checked(field: str, value: str) -> str:
    """The value as the golden record has it."""
    family, _, kind = field.partition(".")
    plain = clean(value)
    if family not in FIELDS or (family == "identifier") != bool(kind):
        raise PinRefused("There is no such field.")
    if not plain or len(plain) > _LONGEST.get(family, 300):
        raise PinRefused("Write a value that is neither empty nor too long.")
    found = _normal(family, plain)
    if not found:
        raise PinRefused("This cannot be a value of this field.")
    return found


def _normal(family: str, plain: str) -> str:
    match family:
        case "birth_date":
            return read_date(plain, "ymd").iso
        case "gender":
            return plain if plain in _GENDERS else ""
        case "phone":
            return next(iter(read_phones(plain, "CN").numbers), "")
        case "email":
            return next(iter(read_emails(plain).addresses), "")
        case _:
            return plain
