"""New and changed records find their parties while somebody waits; a decision of a person takes effect at once.

Everything happens in the caller's transaction, one resolution at a time; `resolve_all` does the same for all records.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from guanxi.parties.comparable import comparable
from guanxi.parties.learnt_models import active_model
from guanxi.parties.merge import Connection
from guanxi.parties.resolution.candidates import cluster_around, place
from guanxi.parties.resolution.clusters import Clustering, Doubt, Edge
from guanxi.parties.resolution.scoring import Scorer
from guanxi.parties.resolution.store import SqlRegister
from guanxi.parties.settle import Settled, keep_doubts, settle
from guanxi.parties.survivorship.refresh import refresh_golden

_LOCK: Final = 71_216
_MAPPED: Final = """
SELECT record, mapped FROM parties_sourcerecord
WHERE record = ANY(%s::bigint[]) AND superseded_at IS NULL AND mapped IS NOT NULL
ORDER BY record
"""
_KIND: Final = """
SELECT record.record, party.kind FROM parties_sourcerecord record
JOIN parties_link link ON link.source_record_id = record.id JOIN parties_party party ON party.id = link.party_id
WHERE record.record = ANY(%s::bigint[]) AND record.superseded_at IS NULL
    AND EXISTS (SELECT FROM parties_resolutionrow kept WHERE kept.record = record.record)
"""
_PARTIES: Final = """
SELECT DISTINCT parties_surviving(link.party_id)
FROM parties_sourcerecord record JOIN parties_link link ON link.source_record_id = record.id
WHERE record.record = ANY(%s::bigint[]) AND record.superseded_at IS NULL
"""
_NOW_WITH: Final = """
SELECT record.record, parties_surviving(link.party_id)
FROM parties_sourcerecord record JOIN parties_link link ON link.source_record_id = record.id
WHERE record.record = ANY(%s::bigint[]) AND record.superseded_at IS NULL
"""
_APART: Final = """
WITH RECURSIVE members (root, id) AS (
    SELECT party, party FROM unnest(%(parties)s::uuid[]) AS party
    UNION
    SELECT members.root, party.id FROM members JOIN parties_party party ON party.merged_into_id = members.id
), records AS MATERIALIZED (
    SELECT members.root, record.record FROM members JOIN parties_link link ON link.party_id = members.id
    JOIN parties_sourcerecord record ON record.id = link.source_record_id
), told AS (
    SELECT DISTINCT ON (verdict.low, verdict.high) verdict.low, verdict.high, verdict.verdict
    FROM records JOIN parties_verdict verdict ON verdict.low = records.record
    ORDER BY verdict.low, verdict.high, verdict.id DESC
)
SELECT DISTINCT low.root, high.root FROM told
JOIN records low ON low.record = told.low JOIN records high ON high.record = told.high
WHERE told.verdict = 'different'
"""


def resolve_records(connection: Connection, records: Collection[int], at: dt.datetime) -> Settled:
    """Compare the current versions of `records` (numbers) with their candidates and settle whose they are.

    A record without mapped columns is left alone.
    """
    lock(connection)
    rows: defaultdict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for record, mapped in connection.execute(_MAPPED, [list(records)]):
        kind, row = comparable(mapped)
        rows[kind][record] = row
    settled = Settled()
    for kind, of_kind in rows.items():
        model = active_model(connection, kind)
        register = SqlRegister(connection, model)
        placed = place(register, model, Scorer(model, register.frequency), of_kind)
        settled.add(_settle(connection, kind, placed.clustering, placed.edges, at))
    of_records = {row[0] for row in connection.execute(_PARTIES, [list(records)])}
    refresh_golden(connection, settled.touched | of_records, at)
    return settled


def resolve_again(connection: Connection, records: Collection[int], at: dt.datetime) -> Settled:
    """Cluster again around records that are compared already: after a decision, for instance."""
    lock(connection)
    of_kind: defaultdict[str, set[int]] = defaultdict(set)
    for record, kind in connection.execute(_KIND, [list(records)]):
        of_kind[kind].add(record)
    settled = Settled()
    for kind, chosen in of_kind.items():
        model = active_model(connection, kind)
        register = SqlRegister(connection, model)
        settled.add(_settle(connection, kind, cluster_around(register, model, chosen), [], at))
    refresh_golden(connection, settled.touched, at)
    return settled


def lock(connection: Connection) -> None:
    """One resolution at a time, until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def undecided(connection: Connection, doubts: Iterable[Doubt]) -> list[Doubt]:
    """Those of `doubts` whose parties nobody has said to be different, one for each two parties."""
    found = list(doubts)
    if not found:
        return []
    with_whom = dict(connection.execute(_NOW_WITH, [list({end for doubt in found for end in doubt[:2]})]).fetchall())
    apart = {frozenset(pair) for pair in connection.execute(_APART, {"parties": list(set(with_whom.values()))})}
    wanted: dict[frozenset[uuid.UUID], Doubt] = {}
    for doubt in found:
        between = frozenset((with_whom[doubt.left], with_whom[doubt.right]))
        if len(between) > 1 and between not in apart:
            wanted.setdefault(between, doubt)
    return list(wanted.values())


def _settle(
    connection: Connection, kind: str, clustering: Clustering, edges: Collection[Edge], at: dt.datetime
) -> Settled:
    settled = settle(connection, kind=kind, of=clustering.of, at=at, strongest=strongest(edges))
    settled.doubts = keep_doubts(connection, undecided(connection, clustering.doubts), clustering.of, at)
    return settled


def strongest(edges: Iterable[Edge]) -> Mapping[int, Edge]:
    """For each record the pair that weighs most."""
    found: dict[int, Edge] = {}
    for edge in sorted(edges, key=lambda edge: edge.weight):
        found[edge.left] = found[edge.right] = edge
    return found
