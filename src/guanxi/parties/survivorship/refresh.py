"""Choosing the golden records of many parties anew, from the links as they are at present.

Called in the transaction that changed links, records, pins or merges. It reads once, chooses in memory, and writes what
differs, so that a second call changes nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import msgspec

from guanxi.parties.search_index import index_parties
from guanxi.parties.survivorship import writing
from guanxi.parties.survivorship.golden import Golden, golden_of
from guanxi.parties.survivorship.reading import Connection, Member, before_of, read_known, read_members
from guanxi.parties.survivorship.rules import DEFAULT, Keep, Rules, decode, rule_for
from guanxi.parties.survivorship.scores import agreements, score
from guanxi.parties.survivorship.tasks import keep_tasks

AT_ONCE: Final = 5_000
_LOCK: Final = """
SELECT FROM parties_party WHERE id IN (SELECT parties_surviving(id) FROM unnest(%s::uuid[]) AS asked (id))
ORDER BY id FOR NO KEY UPDATE
"""
_RULES: Final = "SELECT version, body FROM parties_survivorshiprules ORDER BY version DESC LIMIT 1"
_SCORES: Final = """
INSERT INTO parties_recordscore (record, source, completeness, validity, agreement, told_at, scored_at)
SELECT record, source, completeness, validity, agreement, told_at, %s FROM jsonb_to_recordset(%s::jsonb)
    AS given (record bigint, source text, completeness float8, validity float8, agreement float8, told_at timestamptz)
ON CONFLICT (record) DO UPDATE SET source = excluded.source, completeness = excluded.completeness,
    validity = excluded.validity, agreement = excluded.agreement, told_at = excluded.told_at,
    scored_at = excluded.scored_at
"""
_PREFERRED: Final = """
SELECT party_id, string_agg(id::text, ' ') FROM parties_contactpoint
WHERE party_id = ANY(%s::uuid[]) AND record IS NULL AND valid_to IS NULL AND preferred GROUP BY party_id
"""


class Refreshed(msgspec.Struct, frozen=True):
    """What came of it: the parties that say something else now, those whose provenance changed, tasks made."""

    changed: frozenset[uuid.UUID] = frozenset()
    explained: frozenset[uuid.UUID] = frozenset()
    tasks: int = 0


def rules_in_force(connection: Connection) -> tuple[int, Rules]:
    """The present rules and their version; 0 while nobody has edited any."""
    row = connection.execute(_RULES).fetchone()
    return (row[0], decode(row[1])) if row else (0, DEFAULT)


def refresh_golden(connection: Connection, parties: Collection[uuid.UUID], at: dt.datetime) -> Refreshed:
    """Choose the fields of `parties` anew, each as the surviving party it belongs to, and write them.

    A party that has just been made for its records has `at` as its day of making: what any other party said before
    its first time is kept, weighed like what a source says, and restored when no source tells of it any more. Parties
    of which no source has told by mapped records stay as they are.
    """
    version, rules = rules_in_force(connection)
    found = [_refresh(connection, part, version, rules, at) for part in _parts(list(dict.fromkeys(parties)))]
    return Refreshed(
        frozenset().union(*(each.changed for each in found)),
        frozenset().union(*(each.explained for each in found)),
        sum(each.tasks for each in found),
    )


def _parts(parties: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    for at in range(0, len(parties), AT_ONCE):
        yield parties[at : at + AT_ONCE]


def _refresh(
    connection: Connection, parties: Collection[uuid.UUID], version: int, rules: Rules, at: dt.datetime
) -> Refreshed:
    connection.execute(_LOCK, [list(parties)])
    members = read_members(connection, parties)
    roots = {member.id: member for member in members if member.id == member.root}
    known = read_known(connection, members, at)
    found = [golden_of(each, rules) for each in known if each.told]
    silent = [each.party for each in known if not each.told]
    before = _before(connection, [roots[golden.known.party] for golden in found], at)
    changed = writing.restore(connection, silent, at) if silent else set()
    changed |= writing.write_columns(connection, found, roots, at)
    changed |= writing.write_contacts(connection, found, rules, at)
    changed |= writing.write_identifiers(connection, found, rules)
    explained = writing.write_provenance(connection, found, at)
    writing.write_states(connection, found, before, version, at)
    connection.execute(_SCORES, [at, writing.encoded(row for golden in found for row in _scores(golden, rules))])
    tasks = keep_tasks(connection, found, [member.id for member in members], at)
    index_parties(connection, changed)
    return Refreshed(frozenset(changed), frozenset(explained), tasks)


def _before(connection: Connection, roots: Sequence[Member], at: dt.datetime) -> dict[uuid.UUID, dict[str, str] | None]:
    """What to restore one day, of each: columns, and which contact points were preferred."""
    first = [root.id for root in roots if not root.has_state]
    preferred = dict(connection.execute(_PREFERRED, [first]).fetchall()) if first else {}
    found: dict[uuid.UUID, dict[str, str] | None] = {}
    for root in roots:
        before = before_of(root, at)
        found[root.id] = {**before, "preferred": preferred.get(root.id, "")} if before is not None else None
    return found


def _scores(golden: Golden, rules: Rules) -> Iterator[dict[str, Any]]:
    """The scores of a party's records. Where several values are kept, a second telephone contradicts nobody."""
    of_one = [each for each in golden.choices.values() if rule_for(rules, each.field).keep is Keep.ONE]
    agreed = agreements(of_one)
    for told in golden.known.told:
        found = score(told.raw, told.normalised, agreed.get(told.record))
        yield {
            "record": told.record,
            "source": told.source,
            "told_at": told.told_at,
            **msgspec.to_builtins(found),
        }
