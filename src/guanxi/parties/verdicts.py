"""A person decides of two records whether they are one customer; it holds from then on, and can be taken back."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Final, Literal, NamedTuple

from guanxi.parties.errors import MergeRefused
from guanxi.parties.merge import Connection, close_pairs, find_move, merge, records_of, undo_merge, write_verdicts
from guanxi.parties.resolve import lock, resolve_again
from guanxi.parties.settle import Settled
from guanxi.parties.split import split, undo_split

_DECIDED: Final = "Decided on two of their records."
_TAKEN_BACK: Final = "The decision was taken back."
_SIDES: Final = """
SELECT record.record, parties_surviving(link.party_id)
FROM parties_sourcerecord record JOIN parties_link link ON link.source_record_id = record.id
WHERE record.record IN (%s, %s) AND record.superseded_at IS NULL
"""
_REOPEN: Final = """
UPDATE parties_reviewpair pair SET closed_at = NULL, verdict = ''
WHERE id = (SELECT max(id) FROM parties_reviewpair WHERE low = %s AND high = %s)
    AND NOT EXISTS (SELECT FROM parties_reviewpair WHERE low = pair.low AND high = pair.high AND closed_at IS NULL)
"""


class Decision(NamedTuple):
    """What a person decided of two records, and the move that it led to, if it did."""

    low: int
    high: int
    verdict: str
    move: uuid.UUID | None
    settled: Settled


def decide(
    connection: Connection, *, actor: str, low: int, high: int, verdict: Literal["same", "different"], at: dt.datetime
) -> Decision:
    """Write the verdict down and bring parties in line with it: the same are merged, the different parted.

    `MergeRefused` when a record is not linked to anybody, or the two are of different kinds.
    """
    lock(connection)
    low, high = min(low, high), max(low, high)
    parties = dict(connection.execute(_SIDES, [low, high]).fetchall())
    if len(parties) < len({low, high}) or low == high:
        raise MergeRefused("One of the two records is not there any more.")
    move = None
    if verdict == "same" and parties[low] != parties[high]:
        keep, absorb = _larger_first(connection, parties[low], parties[high])
        move = merge(
            connection,
            actor=actor,
            keep=keep,
            absorb=absorb,
            reason=_DECIDED,
            at=at,
            decided=False,
        )
    write_verdicts(connection, ([low], [high]), verdict, by=actor, at=at)
    close_pairs(connection, ([low], [high]), verdict, at)
    settled = resolve_again(connection, {low, high}, at)
    parties = dict(connection.execute(_SIDES, [low, high]).fetchall())
    if verdict == "different" and parties[low] == parties[high]:  # by word of a source, which resolution heeds
        move = split(connection, actor=actor, party=parties[high], records=[high], accounts=[], reason=_DECIDED, at=at)
    return Decision(low, high, verdict, move, settled)


def withdraw(
    connection: Connection, *, actor: str, low: int, high: int, move: uuid.UUID | None, at: dt.datetime
) -> Settled:
    """Take a decision back: the pair waits for a decision again, and what the decision merged is parted."""
    lock(connection)
    write_verdicts(connection, ([low], [high]), "withdrawn", by=actor, at=at)
    found = find_move(connection, move) if move else None
    if move and found and found.kind == "split":
        undo_split(connection, actor=actor, move_id=move, reason=_TAKEN_BACK, at=at)
    elif move:
        undo_merge(connection, actor=actor, move_id=move, reason=_TAKEN_BACK, at=at, decided=False)
    settled = resolve_again(connection, {low, high}, at)
    connection.execute(_REOPEN, [low, high])
    return settled


def _larger_first(connection: Connection, one: uuid.UUID, other: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """Who has more records stays; the older where both have as many."""
    sizes = {party: len(records_of(connection, party)) for party in (one, other)}
    keep, absorb = sorted((one, other), key=lambda party: (-sizes[party], party))
    return keep, absorb
