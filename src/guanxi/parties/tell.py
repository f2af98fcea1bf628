"""What sources tell while somebody waits: records are kept as versions, compared, linked, and their parties refreshed.

Everything happens in the caller's transaction, one resolution at a time. What is told twice changes nothing; what is
older than what is known of a record is not believed (`stale`).
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
import psycopg

from guanxi.kernel.identity import uuid7
from guanxi.parties.errors import SourceUnknown
from guanxi.parties.normalisation.record import RawParty
from guanxi.parties.resolve import lock, resolve_records
from guanxi.parties.survivorship.refresh import refresh_golden

Connection = psycopg.Connection[Any]
State = Literal["added", "changed", "unchanged", "stale", "gone"]

_SOURCE: Final = "SELECT 1 FROM parties_source WHERE name = %s"
_OWN_SOURCE: Final = """
INSERT INTO parties_source (name, title, kind, trust, owner, description, version, updated_at, updated_by)
VALUES (%s, %s, 'rest', 0.5, '', '{}', 1, %s, %s) ON CONFLICT DO NOTHING
"""
_CURRENT: Final = """
SELECT record.key, record.id, record.record, record.version, record.content, record.mapped, record.gone_at,
    record.told_at
FROM parties_sourcerecord record
WHERE record.source = %s AND record.key = ANY(%s::text[]) AND record.superseded_at IS NULL
"""
_SUPERSEDE: Final = "UPDATE parties_sourcerecord SET superseded_at = %s WHERE id = ANY(%s::uuid[])"
_INSERT: Final = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(rows)s::jsonb) AS given (id uuid, old uuid, record bigint, key text,
        version integer, content jsonb, mapped jsonb, told_at timestamptz)
), made AS (
    INSERT INTO parties_sourcerecord (id, record, source, key, version, content, mapped, received_at, told_at)
    SELECT id, coalesce(record, nextval('parties_record')), %(source)s, key, version, content, mapped, %(at)s, told_at
    FROM given RETURNING id, record, key
), moved AS (
    UPDATE parties_link link SET source_record_id = given.id FROM given WHERE link.source_record_id = given.old
)
SELECT key, record FROM made
"""
_GO: Final = "UPDATE parties_sourcerecord SET gone_at = %s WHERE id = ANY(%s::uuid[])"
_WHOSE: Final = """
SELECT record.record, party.id, party.number, link.how, link.confidence
FROM parties_sourcerecord record JOIN parties_link link ON link.source_record_id = record.id
JOIN parties_party party ON party.id = parties_surviving(link.party_id)
WHERE record.record = ANY(%s::bigint[]) AND record.superseded_at IS NULL
"""
_DOUBTS: Final = """
SELECT low, high FROM parties_reviewpair
WHERE closed_at IS NULL AND (low = ANY(%(records)s::bigint[]) OR high = ANY(%(records)s::bigint[]))
"""


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What a source says of one record: a party as it has it, or that the record is gone.

    `content` is kept beside it as the source sent it; `told_at` is as of when the source says so.
    """

    key: str
    party: RawParty | None = None
    content: Mapping[str, Any] | None = None
    told_at: dt.datetime | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, and whose record it is. A record without anything to compare by belongs to nobody yet."""

    key: str
    state: State
    record: int
    version: int
    customer: uuid.UUID | None = None
    number: str = ""
    linked_by: str = ""
    confidence: float = 0.0
    doubtful_pairs: int = 0


class _Current(msgspec.Struct, frozen=True):
    """The version of a record that holds."""

    key: str
    id: uuid.UUID
    record: int
    version: int
    content: Any
    mapped: Any
    gone_at: dt.datetime | None
    told_at: dt.datetime | None


def tell(connection: Connection, *, source: str, tellings: Sequence[Telling], at: dt.datetime) -> list[Outcome]:
    """Take in what `source` says of its records, each key once; in the order of `tellings`. `SourceUnknown`."""
    lock(connection)
    if connection.execute(_SOURCE, [source]).fetchone() is None:
        raise SourceUnknown(source)
    keys = [each.key for each in tellings]
    current = {row[0]: _Current(*row) for row in connection.execute(_CURRENT, [source, keys])}
    states = {each.key: _state(each, current.get(each.key)) for each in tellings}
    kept = _keep(connection, source, [each for each in tellings if states[each.key] in _NEWS], current, at)
    gone = [current[key].id for key, state in states.items() if state == "gone"]
    if gone:
        connection.execute(_GO, [at, gone])
    numbers = {key: known.record for key, known in current.items()} | kept
    touched = resolve_records(connection, kept.values(), at).touched if kept else set()
    found = _outcomes(connection, tellings, states, numbers, current)
    parties = touched | {each.customer for each in found if each.customer and each.state in _NEWS | {"gone"}}
    if parties:
        refresh_golden(connection, parties, at)
    return found


def be_a_source(connection: Connection, *, name: str, title: str, by: str, at: dt.datetime) -> None:
    """Let there be a source of that name, for customers that a machine client makes itself."""
    connection.execute(_OWN_SOURCE, [name, title, at, by])


_NEWS: Final = {"added", "changed"}


def _state(telling: Telling, current: _Current | None) -> State:
    if current is None:
        return "added" if telling.party is not None else "stale"
    if telling.told_at and current.told_at and telling.told_at < current.told_at:
        return "stale"
    if telling.party is None:
        return "unchanged" if current.gone_at else "gone"
    mapped, content = _stored(telling)
    same = current.gone_at is None and current.mapped == mapped and current.content == content
    return "unchanged" if same else "changed"


def _stored(telling: Telling) -> tuple[Any, Any]:
    """What is kept of a telling: the party, and what the source sent (the same where it sent nothing else)."""
    mapped = msgspec.json.decode(msgspec.json.encode(telling.party))  # as JSON gives it back: lists, not tuples
    return mapped, dict(telling.content) if telling.content is not None else mapped


def _keep(
    connection: Connection,
    source: str,
    tellings: Collection[Telling],
    current: Mapping[str, _Current],
    at: dt.datetime,
) -> dict[str, int]:
    """Keep new versions; the numbers of their records by key."""
    if not tellings:
        return {}
    rows = []
    for each in tellings:
        old = current.get(each.key)
        mapped, content = _stored(each)
        rows.append(
            {
                "id": uuid7(),
                "old": old.id if old else None,
                "record": old.record if old else None,
                "key": each.key,
                "version": old.version + 1 if old else 1,
                "content": content,
                "mapped": mapped,
                "told_at": each.told_at,
            }
        )
    old_ids = [row["old"] for row in rows if row["old"]]
    if old_ids:
        connection.execute(_SUPERSEDE, [at, old_ids])
    given = {"rows": msgspec.json.encode(rows).decode(), "source": source, "at": at}
    return dict(connection.execute(_INSERT, given).fetchall())


def _outcomes(
    connection: Connection,
    tellings: Sequence[Telling],
    states: Mapping[str, State],
    numbers: Mapping[str, int],
    current: Mapping[str, _Current],
) -> list[Outcome]:
    records = list(numbers.values())
    whose = {row[0]: row[1:] for row in connection.execute(_WHOSE, [records])}
    doubts = [end for pair in connection.execute(_DOUBTS, {"records": records}) for end in pair]
    found = []
    for each in tellings:
        record, state, known = numbers.get(each.key, 0), states[each.key], current.get(each.key)
        party, number, how, confidence = whose.get(record, (None, "", "", 0.0))
        found.append(
            Outcome(
                key=each.key,
                state=state,
                record=record,
                version=(known.version if known else 0) + (state in _NEWS),
                customer=party,
                number=number,
                linked_by=how,
                confidence=confidence,
                doubtful_pairs=doubts.count(record),
            )
        )
    return found
