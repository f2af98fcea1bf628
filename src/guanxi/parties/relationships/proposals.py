"""Keeping what was found beside what is known: new ones proposed, gone ones withdrawn, decided ones left alone."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from guanxi.parties.relationships.ground import Connection, roots_of
from guanxi.parties.relationships.kinds import KINDS, Stored, stored

FINDER: Final = "system:relationships"
_TOGETHER: Final = frozenset({"family", "household"})  # of these groups two people have one relationship at a time
_EXISTING: Final = """
SELECT relationship.id, relationship.from_party_id, relationship.to_party_id, relationship.kind, relationship.state,
    relationship.origin, relationship.valid_to, relationship.confidence, relationship.evidence,
    relationship.decided_at IS NOT NULL
FROM unnest(%s::uuid[], %s::uuid[]) AS pair (one, other)
JOIN parties_relationship relationship
    ON relationship.from_party_id = pair.one AND relationship.to_party_id = pair.other
"""
_ADD: Final = """
INSERT INTO parties_relationship (from_party_id, to_party_id, kind, state, origin, confidence, evidence, made_at)
VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, %s)
ON CONFLICT DO NOTHING RETURNING id
"""
_REFRESH: Final = "UPDATE parties_relationship SET confidence = %s, evidence = %s::jsonb WHERE id = %s"
_TELL: Final = """
INSERT INTO parties_relationshipevent (relationship_id, at, actor, what, detail)
SELECT id, %s, %s, %s, %s::jsonb FROM unnest(%s::bigint[]) AS told (id)
"""
# What a payer pays is known from the payees' side alone: an employer that changed its address loses nobody by it.
_WITHDRAW: Final = """
UPDATE parties_relationship SET valid_to = greatest(%(day)s::date, valid_from)
WHERE valid_to IS NULL AND id <> ALL(%(kept)s::bigint[])
    AND ((origin = 'found' AND state = 'proposed')
        OR (origin = 'source' AND kind = 'authorised_signatory' AND evidence -> 0 ->> 'sign' = 'account'
            AND decided_at IS NULL))
    AND (to_party_id = ANY(%(focus)s::uuid[])
        OR (from_party_id = ANY(%(focus)s::uuid[]) AND kind NOT IN ('employer', 'regular_payer')))
RETURNING id
"""


class Proposal(NamedTuple):
    """`first` is probably the `kind` of `second`; one of origin `source` is not a guess."""

    first: uuid.UUID
    kind: str
    second: uuid.UUID
    confidence: float
    evidence: list[dict[str, Any]]
    origin: str = "found"


class Found(NamedTuple):
    """How much was new, and how much was gone."""

    proposed: int
    withdrawn: int


class _Row(NamedTuple):
    id: int
    first: uuid.UUID
    second: uuid.UUID
    kind: str
    state: str
    origin: str
    valid_to: dt.date | None
    confidence: float
    evidence: list[dict[str, Any]]
    decided: bool

    @property
    def closed(self) -> bool:
        """A person rejected it, or confirmed and then ended it: it is not to be proposed again."""
        return self.state == "rejected" or (self.decided and self.valid_to is not None)

    def says(self, place: Stored) -> bool:
        """The same of the same two."""
        same = self.first == place.from_party or KINDS[place.kind].symmetric
        return self.kind == place.kind and same


def keep(connection: Connection, proposals: Sequence[Proposal], focus: Collection[uuid.UUID], at: dt.datetime) -> Found:
    """Bring the relationships of `focus` in line with what was found; all ids are of parties that stayed."""
    existing = _existing(connection, proposals)
    kept: list[int] = []
    new: dict[str, list[int]] = defaultdict(list)
    for each in _merged(proposals):
        place = stored(each.first, each.kind, each.second)
        rows = existing.get(frozenset((each.first, each.second)), ())
        if any(row.says(place) and row.closed for row in rows):
            continue
        present = [row for row in rows if row.valid_to is None and row.state != "rejected"]
        same = next((row for row in present if row.says(place)), None)
        if same is not None:
            kept.append(same.id)
            if same.state == "proposed" and (same.confidence, same.evidence) != (each.confidence, each.evidence):
                connection.execute(_REFRESH, [each.confidence, _json(each.evidence), same.id])
        elif not any(row.state == "confirmed" and _alike(row.kind, each.kind) for row in present):
            state = "confirmed" if each.origin == "source" else "proposed"
            values = [*place, state, each.origin, each.confidence, _json(each.evidence), at]
            row_ = connection.execute(_ADD, values).fetchone()
            if row_ is not None:
                kept.append(row_[0])
                new["proposed" if state == "proposed" else "added"].append(row_[0])
    for what, ids in new.items():
        tell(connection, ids, what=what, actor=FINDER, at=at)
    gone = _withdraw(connection, kept, focus, at)
    return Found(len(new["proposed"]), len(gone))


def tell(
    connection: Connection,
    ids: Collection[int],
    *,
    what: str,
    actor: str,
    at: dt.datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write down what became of relationships."""
    if ids:
        connection.execute(_TELL, [at, actor, what, _json(detail or {}), list(ids)])


def _withdraw(connection: Connection, kept: Sequence[int], focus: Collection[uuid.UUID], at: dt.datetime) -> list[int]:
    members = list(roots_of(connection, focus))
    rows = connection.execute(_WITHDRAW, {"day": at.date(), "kept": list(kept), "focus": members})
    gone = [row[0] for row in rows]
    tell(connection, gone, what="withdrawn", actor=FINDER, at=at)
    return gone


def _alike(one: str, other: str) -> bool:
    """Two people are not both spouses and siblings: what is confirmed stands for the group."""
    return KINDS[one].group in _TOGETHER and KINDS[other].group in _TOGETHER


def _merged(proposals: Iterable[Proposal]) -> list[Proposal]:
    """One of each: where two accounts say the same, both stand in the evidence."""
    found: dict[tuple[uuid.UUID, str, uuid.UUID], Proposal] = {}
    for each in proposals:
        place = stored(each.first, each.kind, each.second)
        before = found.get((place.from_party, place.kind, place.to_party))
        evidence = [*before.evidence, *each.evidence][:10] if before else each.evidence
        best = max(each.confidence, before.confidence if before else 0.0)
        found[place.from_party, place.kind, place.to_party] = each._replace(evidence=evidence, confidence=best)
    return list(found.values())


def _existing(connection: Connection, proposals: Iterable[Proposal]) -> dict[frozenset[uuid.UUID], list[_Row]]:
    """What stands between each pair already, under any of their members."""
    pairs = {frozenset((each.first, each.second)) for each in proposals}
    roots = roots_of(connection, {party for pair in pairs for party in pair})
    members: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for member, root in roots.items():
        members[root].append(member)
    asked = []
    for one, other in ((one, other) for pair in pairs for one in pair for other in pair if one != other):
        asked += [(first, second) for first in members[one] for second in members[other]]
    rows = connection.execute(_EXISTING, [[pair[0] for pair in asked], [pair[1] for pair in asked]])
    found: dict[frozenset[uuid.UUID], list[_Row]] = defaultdict(list)
    for row in map(_Row._make, rows):
        ends = roots[row.first], roots[row.second]
        found[frozenset(ends)].append(row._replace(first=ends[0], second=ends[1]))
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
