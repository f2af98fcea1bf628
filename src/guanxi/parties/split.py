"""Parting one party into two: chosen source records and accounts become a party of their own.

What is moved is written down row by row, so that taking the split back puts each row where it was. The timeline of the
accounts that go along follows by a handover (`members.Strand`); the rows of the timeline itself are never changed.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Final

from guanxi.kernel.identity import uuid7
from guanxi.parties.errors import MoveNotUndone, PartyUnknown, SplitRefused
from guanxi.parties.merge import MEMBERS, Connection, find_move, records_of, write_move, write_verdicts
from guanxi.parties.survivorship.refresh import refresh_golden

_LINKS: Final = """
SELECT link.source_record_id, link.party_id, link.how, record.record,
    coalesce(record.mapped ->> 'name', record.content ->> 'name', '')
FROM parties_link link JOIN parties_sourcerecord record ON record.id = link.source_record_id
WHERE link.party_id = ANY(%s::uuid[]) ORDER BY record.record FOR UPDATE OF link
"""
_HOLDERS: Final = """
SELECT id, party_id, account_id FROM parties_accountholder
WHERE party_id = ANY(%s::uuid[]) AND account_id = ANY(%s::uuid[]) FOR UPDATE
"""
_CARDS: Final = """
SELECT id, party_id FROM parties_card WHERE party_id = ANY(%s::uuid[]) AND account_id = ANY(%s::uuid[]) FOR UPDATE
"""
_NEW_PARTY: Final = """
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, created_at,
    updated_at, custom)
SELECT %s, nextval('parties_party_number')::text, kind, coalesce(nullif(%s, ''), name), '', '', language, branch, '',
    '', %s, %s, '{}'
FROM parties_party WHERE id = %s
"""
_HAND_OVER: Final = """
INSERT INTO parties_handover (move_id, account_id, from_party_id, to_party_id, active)
SELECT %s, account, party, %s, true FROM unnest(%s::uuid[], %s::uuid[]) AS went (account, party)
"""
_WITHDRAW: Final = """
WITH parted AS (SELECT record FROM parties_sourcerecord WHERE id = ANY(%(parted)s::uuid[]))
INSERT INTO parties_verdict (low, high, verdict, by, at)
SELECT DISTINCT verdict.low, verdict.high, 'withdrawn', %(by)s, %(at)s::timestamptz
FROM parties_verdict verdict
WHERE verdict.verdict = 'different' AND low = ANY(%(all)s::bigint[]) AND high = ANY(%(all)s::bigint[])
    AND (low IN (SELECT record FROM parted)) <> (high IN (SELECT record FROM parted))
"""
# (name in the detail, statement that gives rows to a party where they still are with another)
_GIVE: Final = {
    "links": "UPDATE parties_link SET party_id = %s, how = %s WHERE source_record_id = %s AND party_id = %s",
    "holders": "UPDATE parties_accountholder SET party_id = %s WHERE id = %s AND party_id = %s",
    "cards": "UPDATE parties_card SET party_id = %s WHERE id = %s AND party_id = %s",
}


def split(
    connection: Connection,
    *,
    actor: str,
    party: uuid.UUID,
    records: Collection[int],
    accounts: Collection[uuid.UUID],
    reason: str,
    at: dt.datetime,
) -> uuid.UUID:
    """Make a party of its own from `records` (numbers) and `accounts` of `party`; gives the id of the move.

    `SplitRefused` when nothing is chosen, when nothing would be left, or when something chosen is not the party's.
    """
    members = [row[0] for row in connection.execute(MEMBERS, [party])]
    links = connection.execute(_LINKS, [members]).fetchall()
    chosen = [link for link in links if link[3] in set(records)]
    holders = connection.execute(_HOLDERS, [members, list(accounts)]).fetchall()
    if not chosen and not holders:
        raise SplitRefused("Nothing is chosen that could be parted from this customer.")
    if len(chosen) != len(set(records)) or {row[2] for row in holders} != set(accounts):
        raise SplitRefused("Something that was chosen does not belong to this customer any more.")
    if links and len(chosen) == len(links):
        raise SplitRefused("At least one source record must stay with this customer.")
    other = uuid7()
    if not connection.execute(_NEW_PARTY, [other, chosen[0][4] if chosen else "", at, at, party]).rowcount:
        raise PartyUnknown
    detail = {
        "links": [[link[0], link[1], link[2]] for link in chosen],
        "holders": [[row[0], row[1]] for row in holders],
        "cards": [list(row) for row in connection.execute(_CARDS, [members, list(accounts)])],
    }
    for name, rows in detail.items():
        for row, present, *how in rows:
            connection.execute(_GIVE[name], [other, *("staff" for _ in how), row, present])
    move_id = write_move(
        connection, actor=actor, kind="split", party=party, other=other, reason=reason, at=at, detail=detail
    )
    went = [row[2] for row in holders], [row[1] for row in holders]
    connection.execute(_HAND_OVER, [move_id, other, *went])
    left = [link[3] for link in links if link not in chosen]
    write_verdicts(connection, ([link[3] for link in chosen], left), "different", by=actor, at=at)
    refresh_golden(connection, [party, other], at)
    return move_id


def undo_split(connection: Connection, *, actor: str, move_id: uuid.UUID, reason: str, at: dt.datetime) -> uuid.UUID:
    """Put everything back where it was; what the new party got since then follows by being merged.

    `MoveNotUndone` when there is no such split, it was taken back already, or something has been moved on since.
    """
    found = find_move(connection, move_id)
    if found is None or found.kind != "split":
        raise MoveNotUndone("There is no such split.")
    if found.undone_by is not None:
        raise MoveNotUndone("This split has been taken back already.")
    for name, rows in found.detail.items():
        for row, party, *how in rows:
            if not connection.execute(_GIVE[name], [party, *how, row, found.other]).rowcount:
                raise MoveNotUndone(
                    "Something that was parted has been moved on since. Take the later move back first."
                )
    connection.execute("UPDATE parties_handover SET active = false WHERE move_id = %s", [move_id])
    connection.execute(
        "UPDATE parties_party SET merged_into_id = %s, updated_at = %s WHERE id = %s", [found.party, at, found.other]
    )
    parted = [row[0] for row in found.detail["links"]]
    connection.execute(_WITHDRAW, {"by": actor, "at": at, "parted": parted, "all": records_of(connection, found.party)})
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
