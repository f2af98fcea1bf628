"""Reading what is known of many parties at once: their members, what sources tell, what was entered, what is pinned."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

import msgspec
import psycopg

from guanxi.parties.normalisation.normalise import normalise
from guanxi.parties.normalisation.record import RawParty
from guanxi.parties.survivorship.golden import COLUMNS, OWN_RECORD, Known, entered
from guanxi.parties.survivorship.statements import Statement, Told

Connection = psycopg.Connection[Any]

_MEMBERS: Final = """
WITH RECURSIVE given (root) AS (
    SELECT DISTINCT parties_surviving(id) FROM unnest(%s::uuid[]) AS asked (id)
), members (root, id) AS (
    SELECT root, root FROM given WHERE root IS NOT NULL
    UNION
    SELECT members.root, party.id FROM members JOIN parties_party party ON party.merged_into_id = members.id
)
SELECT members.root, members.id, party.kind, party.name, party.latin_name, party.birth_date::text, party.gender,
    party.created_at, state.party_id IS NOT NULL, state.before
FROM members JOIN parties_party party ON party.id = members.id
LEFT JOIN parties_goldenstate state ON state.party_id = members.id
"""
_TOLD: Final = """
SELECT link.party_id, record.record, record.source, record.mapped::text, coalesce(record.told_at, record.received_at),
    coalesce(source.trust, 0.5), record.gone_at IS NOT NULL, record.id
FROM parties_link link JOIN parties_sourcerecord record ON record.id = link.source_record_id
LEFT JOIN parties_source source ON source.name = record.source
WHERE link.party_id = ANY(%s::uuid[]) AND record.superseded_at IS NULL AND record.mapped IS NOT NULL
ORDER BY record.record
"""
_ENTERED_CONTACTS: Final = """
SELECT party_id, kind, value, source, valid_from FROM parties_contactpoint
WHERE party_id = ANY(%s::uuid[]) AND record IS NULL AND valid_to IS NULL ORDER BY id
"""
_ENTERED_IDENTIFIERS: Final = """
SELECT party_id, kind, value FROM parties_identifier WHERE party_id = ANY(%s::uuid[]) AND record IS NULL ORDER BY id
"""
_PINS: Final = """
SELECT party_id, field, value FROM parties_pin WHERE party_id = ANY(%s::uuid[]) AND undone_at IS NULL ORDER BY at, id
"""
_decode_raw: Final = msgspec.json.Decoder(RawParty).decode


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A party as it stands. `before` is what stood there before anything was chosen, where that was not made by us."""

    id: uuid.UUID
    root: uuid.UUID
    kind: str
    columns: dict[str, str]
    created_at: dt.datetime
    has_state: bool
    before: dict[str, str] | None


def read_members(connection: Connection, parties: Collection[uuid.UUID]) -> list[Member]:
    """The surviving parties of `parties` and all that were merged into them."""
    return [
        Member(
            id=row[1],
            root=row[0],
            kind=row[2],
            columns=dict(zip(COLUMNS, (each or "" for each in row[3:7]), strict=True)),
            created_at=row[7],
            has_state=row[8],
            before=row[9],
        )
        for row in connection.execute(_MEMBERS, [list(parties)])
    ]


def before_of(member: Member, at: dt.datetime) -> dict[str, str] | None:
    """What stood in a party that is chosen for the first time; nothing where it has only just been made for records."""
    if member.has_state:
        return member.before
    return member.columns if member.created_at < at else None


def read_known(connection: Connection, members: Collection[Member], at: dt.datetime) -> list[Known]:
    """Everything that is known of the parties to which `members` belong."""
    ids = [member.id for member in members]
    told = _told(connection, ids)
    said = _entered(connection, members, at)
    pins: defaultdict[uuid.UUID, dict[str, str]] = defaultdict(dict)
    for party, field, value in connection.execute(_PINS, [ids]):
        pins[party][field] = value
    found = []
    for root, own in _by_root(members).items():
        others = [member.id for member in own if member.id != root]
        in_order = (root, *others)
        found.append(
            Known(
                party=root,
                kind=next(member.kind for member in own if member.id == root),
                members=in_order,
                told=tuple(_present([each for member in in_order for each in told[member]])),
                entered=tuple(each for member in in_order for each in said[member]),
                pins={field: value for member in reversed(in_order) for field, value in pins[member].items()},
            )
        )
    return found


def _by_root(members: Iterable[Member]) -> dict[uuid.UUID, list[Member]]:
    found: dict[uuid.UUID, list[Member]] = {}
    for member in members:
        found.setdefault(member.root, []).append(member)
    return found


def _told(connection: Connection, ids: list[uuid.UUID]) -> defaultdict[uuid.UUID, list[tuple[Told, bool]]]:
    found: defaultdict[uuid.UUID, list[tuple[Told, bool]]] = defaultdict(list)
    for party, record, source, mapped, told_at, trust, gone, version in connection.execute(_TOLD, [ids]):
        raw = _decode_raw(mapped)
        each = Told(
            record=record,
            source=source,
            raw=raw,
            normalised=normalise(raw),
            told_at=told_at,
            trust=trust,
            version=version,
        )
        found[party].append((each, gone))
    return found


def _present(told: list[tuple[Told, bool]]) -> list[Told]:
    """What sources still have; where none has anything any more, what they had last."""
    present = [each for each, gone in told if not gone]
    return present or [each for each, _ in told]


def _entered(
    connection: Connection, members: Collection[Member], at: dt.datetime
) -> defaultdict[uuid.UUID, list[Statement]]:
    found: defaultdict[uuid.UUID, list[Statement]] = defaultdict(list)
    ids = [member.id for member in members]
    for member in members:
        before = before_of(member, at) or {}
        found[member.id] += [
            entered(field, before[field], OWN_RECORD, member.created_at) for field in COLUMNS if before.get(field)
        ]
    for party, kind, value, source, valid_from in connection.execute(_ENTERED_CONTACTS, [ids]):
        found[party].append(entered(kind, value, source, valid_from))
    for party, kind, value in connection.execute(_ENTERED_IDENTIFIERS, [ids]):
        found[party].append(entered(f"identifier.{kind}", value, OWN_RECORD, None))
    return found
