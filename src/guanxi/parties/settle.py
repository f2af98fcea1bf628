"""From clusters of records to parties: who is linked to whom, who is new, who turns out to be one, or two.

A party stays with the cluster that has most of its records. A cluster without a party gets a new one. A party whose
records have all gone over to another's cluster is merged into that one; a merge that resolution itself had made is
taken back when the records part again. What a source or a person said of a record (`Link.how`) is never overruled.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from guanxi.kernel.identity import uuid7
from guanxi.parties.merge import Connection, merge, undo_merge
from guanxi.parties.resolution.clusters import Doubt, Edge

RESOLUTION: Final = "system:resolution"
_STANDING: Final = """
SELECT record.record, record.id, link.party_id, link.how, parties_surviving(link.party_id)
FROM parties_sourcerecord record LEFT JOIN parties_link link ON link.source_record_id = record.id
WHERE record.record = ANY(%s::bigint[]) AND record.superseded_at IS NULL
ORDER BY record.record
"""
_ALL_OF: Final = """
SELECT link.party_id, record.record
FROM parties_link link JOIN parties_sourcerecord record ON record.id = link.source_record_id
WHERE link.party_id = ANY(%s::uuid[])
"""
_NEW_PARTIES: Final = """
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier, birth_date,
    created_at, updated_at, custom)
SELECT made.id, nextval('parties_party_number')::text, %(kind)s,
    left(coalesce(nullif(mapped ->> 'name', ''), concat_ws(' ', mapped ->> 'given_name', mapped ->> 'surname')), 200),
    left(coalesce(mapped ->> 'latin_name', ''), 200), '', 'zh-Hans', '', '', '', NULL, %(at)s, %(at)s, '{}'
FROM unnest(%(ids)s::uuid[], %(records)s::uuid[]) AS made (id, record)
JOIN parties_sourcerecord record ON record.id = made.record
"""
_LINK: Final = """
INSERT INTO parties_link (source_record_id, party_id, evidence, confidence, how, linked_at)
SELECT record, party, evidence::jsonb, confidence, 'automatic', %(at)s
FROM unnest(%(records)s::uuid[], %(parties)s::uuid[], %(evidence)s::text[], %(confidence)s::float8[])
    AS made (record, party, evidence, confidence)
ON CONFLICT (source_record_id) DO UPDATE SET party_id = excluded.party_id, evidence = excluded.evidence,
    confidence = excluded.confidence, linked_at = excluded.linked_at
"""
_OWN_MERGE: Final = """
SELECT move.id FROM parties_move move
WHERE move.other_id = %s AND move.kind = 'merge' AND move.actor = %s
    AND NOT EXISTS (SELECT FROM parties_move undo WHERE undo.undoes_id = move.id)
ORDER BY move.at DESC LIMIT 1
"""
_KEEP_DOUBTS: Final = """
WITH given AS (
    SELECT * FROM unnest(%(low)s::bigint[], %(high)s::bigint[], %(weight)s::float8[], %(reason)s::text[])
        AS pairs (low, high, weight, reason)
), lapsed AS (
    UPDATE parties_reviewpair pair SET closed_at = %(at)s, verdict = 'lapsed'
    WHERE closed_at IS NULL
        AND (%(every)s OR low = ANY(%(records)s::bigint[]) OR high = ANY(%(records)s::bigint[]))
        AND NOT EXISTS (SELECT FROM given WHERE given.low = pair.low AND given.high = pair.high)
)
INSERT INTO parties_reviewpair (low, high, weight, reason, made_at, verdict)
SELECT low, high, weight, reason, %(at)s, '' FROM given
ON CONFLICT (low, high) WHERE closed_at IS NULL DO UPDATE SET weight = excluded.weight, reason = excluded.reason
"""


@dataclasses.dataclass(slots=True)
class Settled:
    """What changed: parties that are new, records that were linked anew, moves made; and whom it touches."""

    created: int = 0
    linked: int = 0
    merged: int = 0
    parted: int = 0
    doubts: int = 0
    touched: set[uuid.UUID] = dataclasses.field(default_factory=set)

    def add(self, other: Settled) -> None:
        """Both together."""
        self.created += other.created
        self.linked += other.linked
        self.merged += other.merged
        self.parted += other.parted
        self.doubts += other.doubts
        self.touched |= other.touched


@dataclasses.dataclass(frozen=True, slots=True)
class _Standing:
    """A record as it stands: its current version, the party it is linked to, and whom that is now."""

    record: int
    version: uuid.UUID
    party: uuid.UUID | None
    how: str | None
    surviving: uuid.UUID | None

    @property
    def fixed(self) -> bool:
        """Linked by word of a source or a person."""
        return self.how in {"source", "staff"}


def settle(
    connection: Connection,
    *,
    kind: str,
    of: Mapping[int, int],
    at: dt.datetime,
    strongest: Mapping[int, Edge] | None = None,
) -> Settled:
    """Bring links and parties in line with whole clusters: `of` gives the cluster of each record.

    `strongest` has for a record the pair that speaks most for its link, which is kept as evidence.
    """
    standing = [_Standing(*row) for row in connection.execute(_STANDING, [list(of)])]
    clusters: defaultdict[int, list[_Standing]] = defaultdict(list)
    for each in standing:
        clusters[of[each.record]].append(each)
    settled = Settled()
    chosen = _parties_of(clusters)
    _part(connection, clusters, chosen, settled, at)
    new = {root: uuid7() for root in clusters if root not in chosen}
    if new:
        made = {"ids": list(new.values()), "records": [clusters[root][0].version for root in new]}
        connection.execute(_NEW_PARTIES, {**made, "kind": kind, "at": at})
        settled.created = len(new)
    _link(connection, clusters, chosen | new, strongest or {}, settled, at)
    _merge(connection, clusters, chosen | new, settled, at)
    return settled


def keep_doubts(connection: Connection, doubts: Iterable[Doubt], records: Iterable[int] | None, at: dt.datetime) -> int:
    """Give the pairs to people who should look; those of `records` (None: all) that are doubtful no more lapse."""
    found = list(doubts)
    given: dict[str, Any] = {
        "low": [min(doubt.left, doubt.right) for doubt in found],
        "high": [max(doubt.left, doubt.right) for doubt in found],
        "weight": [doubt.weight for doubt in found],
        "reason": [doubt.reason.value for doubt in found],
        "records": list(records or ()),
        "every": records is None,
        "at": at,
    }
    connection.execute(_KEEP_DOUBTS, given)
    return len(found)


def _parties_of(clusters: Mapping[int, list[_Standing]]) -> dict[int, uuid.UUID]:
    """The party of each cluster that has one: each party goes where most of its records are.

    A cluster with a record that a source or a person has linked keeps that party in any case.
    """
    claims = [
        (-count, root, party)
        for root, members in clusters.items()
        for party, count in Counter(each.surviving for each in members if each.surviving).items()
    ]
    chosen: dict[int, uuid.UUID] = {}
    taken: set[uuid.UUID] = set()
    for _, root, party in sorted(claims):
        if root not in chosen and party not in taken:
            chosen[root] = party
            taken.add(party)
    for root, members in clusters.items():
        held = [each.surviving for each in members if each.fixed and each.surviving]
        if root not in chosen and held:
            chosen[root] = Counter(held).most_common(1)[0][0]
    return chosen


def _part(
    connection: Connection,
    clusters: Mapping[int, list[_Standing]],
    chosen: dict[int, uuid.UUID],
    settled: Settled,
    at: dt.datetime,
) -> None:
    """Take back resolution's own merges where their records part again."""
    for root, members in clusters.items():
        if root in chosen:
            continue
        for party in sorted({each.party for each in members if each.party and each.party != each.surviving}):
            row = connection.execute(_OWN_MERGE, [party, RESOLUTION]).fetchone()
            if row is not None:
                undo_merge(
                    connection,
                    actor=RESOLUTION,
                    move_id=row[0],
                    reason="Their records are no longer alike.",
                    at=at,
                    decided=False,
                    refresh=False,
                )
                settled.parted += 1
                settled.touched |= {party, *(each.surviving for each in members if each.surviving)}
                chosen[root] = party
                break


def _link(
    connection: Connection,
    clusters: Mapping[int, list[_Standing]],
    parties: Mapping[int, uuid.UUID],
    strongest: Mapping[int, Edge],
    settled: Settled,
    at: dt.datetime,
) -> None:
    """Link records to the party of their cluster; those whose party goes over as a whole are left to the merge."""
    loose = [
        (each, parties[root])
        for root, members in clusters.items()
        for each in members
        if parties[root] not in (each.party, each.surviving) and not each.fixed
    ]
    whole = _whole(connection, {each.party for each, _ in loose if each.party}, clusters)
    wanted = [(each, party) for each, party in loose if each.party is None or each.party not in whole]
    evidence = [_evidence(strongest.get(each.record)) for each, _ in wanted]
    connection.execute(
        _LINK,
        {
            "records": [each.version for each, _ in wanted],
            "parties": [party for _, party in wanted],
            "evidence": [text for text, _ in evidence],
            "confidence": [share for _, share in evidence],
            "at": at,
        },
    )
    settled.linked = len(wanted)
    settled.touched |= {party for _, party in wanted} | {each.surviving for each, _ in wanted if each.surviving}


def _merge(
    connection: Connection,
    clusters: Mapping[int, list[_Standing]],
    parties: Mapping[int, uuid.UUID],
    settled: Settled,
    at: dt.datetime,
) -> None:
    """Merge the parties all of whose records are in the cluster of another."""
    going = {
        each.surviving: parties[root]
        for root, members in clusters.items()
        for each in members
        if each.surviving and each.surviving != parties[root] and each.surviving not in parties.values()
    }
    whole = _whole(connection, set(going), clusters)
    for party in sorted(whole):
        merge(
            connection,
            actor=RESOLUTION,
            keep=going[party],
            absorb=party,
            reason="Their records are those of one customer.",
            at=at,
            decided=False,
            refresh=False,
        )
        settled.merged += 1
        settled.touched |= {party, going[party]}


def _whole(connection: Connection, parties: set[uuid.UUID], clusters: Mapping[int, list[_Standing]]) -> set[uuid.UUID]:
    """Those of `parties` all of whose records are in one cluster."""
    cluster_of = {each.record: root for root, members in clusters.items() for each in members}
    found: defaultdict[uuid.UUID, set[int | None]] = defaultdict(set)
    if parties:
        for party, record in connection.execute(_ALL_OF, [list(parties)]):
            found[party].add(cluster_of.get(record))
    return {party for party, roots in found.items() if len(roots) == 1 and None not in roots}


def _evidence(edge: Edge | None) -> tuple[str, float]:
    """The pair that speaks for a link, and how probable that makes it; a record alone is its own party."""
    if edge is None:
        return "{}", 1.0
    told = {"low": edge.left, "high": edge.right, "weight": round(edge.weight, 2)}
    return msgspec.json.encode(told).decode(), 1 / (1 + 2.0 ** -max(min(edge.weight, 60.0), -60.0))
