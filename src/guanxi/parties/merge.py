"""Making two parties one, and taking it back: a pointer is set or cleared, and every row stays where it was.

Accounts, interactions, cases and consents follow because they are read through the pointer (`members`), so taking a
merge back restores exactly what was, and what was recorded in between stays with the party it was recorded under.
All functions run in the caller's transaction on a psycopg connection, so that the office and the gateway share them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from guanxi.kernel.identity import uuid7
from guanxi.parties.errors import MergeRefused, MoveNotUndone, PartyUnknown
from guanxi.parties.survivorship.refresh import refresh_golden

Connection = psycopg.Connection[Any]

MEMBERS: Final = """
WITH RECURSIVE members (id) AS (
    SELECT %s::uuid
    UNION
    SELECT party.id FROM members JOIN parties_party party ON party.merged_into_id = members.id
)
SELECT id FROM members
"""
_MOST_PAIRS: Final = 400  # of records that a decision is written down for
_LOCK: Final = "SELECT id, kind, merged_into_id FROM parties_party WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE"
_POINT: Final = "UPDATE parties_party SET merged_into_id = %s, updated_at = %s WHERE id = %s"
_MOVE: Final = """
INSERT INTO parties_move (id, at, actor, kind, party_id, other_id, reason, detail, undoes_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s)
"""
_FIND_MOVE: Final = """
SELECT move.kind, move.party_id, move.other_id, move.detail, undo.id
FROM parties_move move LEFT JOIN parties_move undo ON undo.undoes_id = move.id WHERE move.id = %s
"""
_RECORDS: Final = """
SELECT record.record FROM parties_link link JOIN parties_sourcerecord record ON record.id = link.source_record_id
WHERE link.party_id = ANY(%s::uuid[]) ORDER BY record.record
"""
_VERDICTS: Final = """
INSERT INTO parties_verdict (low, high, verdict, weight, by, at)
SELECT low, high, %(verdict)s, (SELECT weight FROM parties_resolutionpair pair
    WHERE pair.low = pairs.low AND pair.high = pairs.high), %(by)s, %(at)s
FROM unnest(%(low)s::bigint[], %(high)s::bigint[]) AS pairs (low, high)
"""
_CLOSE: Final = """
UPDATE parties_reviewpair SET closed_at = %(at)s, verdict = %(verdict)s
WHERE closed_at IS NULL AND low = ANY(%(records)s::bigint[]) AND high = ANY(%(records)s::bigint[])
    AND (low = ANY(%(one)s::bigint[])) <> (high = ANY(%(one)s::bigint[]))
"""


class FoundMove(NamedTuple):
    """A move as it stands; `undone_by` is the move that took it back."""

    kind: str
    party: uuid.UUID
    other: uuid.UUID
    detail: dict[str, Any]
    undone_by: uuid.UUID | None


def merge(
    connection: Connection,
    *,
    actor: str,
    keep: uuid.UUID,
    absorb: uuid.UUID,
    reason: str,
    at: dt.datetime,
    decided: bool = True,
    refresh: bool = True,
) -> uuid.UUID:
    """From now on `absorb` is `keep`; gives the id of the move, by which it can be taken back.

    `decided` writes down that a person says so, which resolution heeds from then on; `refresh` chooses the golden
    record anew (whoever makes many merges does that once, afterwards). `PartyUnknown` for an id that is
    none; `MergeRefused` for a party with itself, one that was merged already, or a person with an organisation.
    """
    parties = {row[0]: row for row in connection.execute(_LOCK, [[keep, absorb]])}
    if keep == absorb:
        raise MergeRefused("A customer cannot be merged with itself.")
    if keep not in parties or absorb not in parties:
        raise PartyUnknown
    if any(merged_into is not None for _, _, merged_into in parties.values()):
        raise MergeRefused("One of the two has already been merged into another customer.")
    if parties[keep][1] != parties[absorb][1]:
        raise MergeRefused("A person, an organisation and a member of staff cannot be one party.")
    sides = records_of(connection, keep), records_of(connection, absorb)
    connection.execute(_POINT, [keep, at, absorb])
    if decided:
        write_verdicts(connection, sides, "same", by=actor, at=at, most=1)
    close_pairs(connection, sides, "same", at)
    if refresh:
        refresh_golden(connection, [keep, absorb], at)
    return write_move(connection, actor=actor, kind="merge", party=keep, other=absorb, reason=reason, at=at)


def undo_merge(
    connection: Connection,
    *,
    actor: str,
    move_id: uuid.UUID,
    reason: str,
    at: dt.datetime,
    decided: bool = True,
    refresh: bool = True,
) -> uuid.UUID:
    """Take a merge back; gives the id of the new move. Later merges of either side do not stand in its way.

    `MoveNotUndone` when there is no such merge or it was taken back already.
    """
    found = find_move(connection, move_id)
    if found is None or found.kind != "merge":
        raise MoveNotUndone("There is no such merge.")
    parties = {row[0]: row for row in connection.execute(_LOCK, [[found.party, found.other]])}
    if found.undone_by is not None or parties[found.other][2] != found.party:
        raise MoveNotUndone("This merge has been taken back already.")
    connection.execute(_POINT, [None, at, found.other])
    sides = records_of(connection, found.party), records_of(connection, found.other)
    if decided:
        write_verdicts(connection, sides, "different", by=actor, at=at)
    if refresh:
        refresh_golden(connection, [found.party, found.other], at)
    return write_move(
        connection,
        actor=actor,
        kind="undo",
        party=found.party,
        other=found.other,
        reason=reason,
        at=at,
        undoes=move_id,
    )


def find_move(connection: Connection, move_id: uuid.UUID) -> FoundMove | None:
    """The move of that id."""
    row = connection.execute(_FIND_MOVE, [move_id]).fetchone()
    return FoundMove(*row) if row else None


def write_move(
    connection: Connection,
    *,
    actor: str,
    kind: str,
    party: uuid.UUID,
    other: uuid.UUID,
    reason: str,
    at: dt.datetime,
    detail: dict[str, Any] | None = None,
    undoes: uuid.UUID | None = None,
) -> uuid.UUID:
    """Write down what was done."""
    move_id = uuid7()
    body = msgspec.json.encode(detail or {}).decode()
    connection.execute(_MOVE, [move_id, at, actor, kind, party, other, reason, body, undoes])
    return move_id


def records_of(connection: Connection, party: uuid.UUID) -> list[int]:
    """The numbers of the records that are linked to a party or to one of its members."""
    members = [row[0] for row in connection.execute(MEMBERS, [party])]
    return [row[0] for row in connection.execute(_RECORDS, [members])]


def write_verdicts(
    connection: Connection,
    sides: tuple[Collection[int], Collection[int]],
    verdict: str,
    *,
    by: str,
    at: dt.datetime,
    most: int = _MOST_PAIRS,
) -> None:
    """Write down what a person says of the records of two sides, pair by pair."""
    pairs = [(min(one, other), max(one, other)) for one in sides[0] for other in sides[1] if one != other][:most]
    low, high = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    connection.execute(_VERDICTS, {"verdict": verdict, "by": by, "at": at, "low": low, "high": high})


def close_pairs(
    connection: Connection, sides: tuple[Collection[int], Collection[int]], verdict: str, at: dt.datetime
) -> None:
    """Nobody has to look at the pairs between two sides any more."""
    records = [*sides[0], *sides[1]]
    connection.execute(_CLOSE, {"at": at, "verdict": verdict, "records": records, "one": list(sides[0])})
