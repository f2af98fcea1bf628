"""Keeping tasks of data quality in step with what sources say: made once, brought up to date, closed as they lapse."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from guanxi.kernel.identity import uuid7
from guanxi.parties.survivorship.golden import Golden, Wanted
from guanxi.parties.survivorship.reading import Connection
from guanxi.parties.survivorship.writing import encoded

LAPSED: Final = "What sources say does not differ any more."
PATIENCE_DAYS: Final = 14  # so long a source has to put right what is said to be resolved

_OWNERS: Final = "SELECT name, owner FROM parties_source WHERE owner <> ''"
_LIVE: Final = """
SELECT id, party_id, field, kind, fingerprint FROM parties_qualitytask
WHERE party_id = ANY(%s::uuid[]) AND closed_at IS NULL
"""
_SETTLED: Final = """
SELECT party_id, fingerprint FROM parties_qualitytask
WHERE party_id = ANY(%s::uuid[]) AND fingerprint = ANY(%s::text[])
    AND (state = 'dismissed' OR (state = 'resolved' AND closed_at > %s))
"""
_LAPSE: Final = """
UPDATE parties_qualitytask SET state = 'closed', closed_at = %s, closed_by = 'system:survivorship', reason = %s
WHERE id = ANY(%s::uuid[])
"""
_RENEW: Final = """
UPDATE parties_qualitytask task SET sources = ARRAY(SELECT jsonb_array_elements_text(given.sources)),
    says = given.says, fingerprint = given.fingerprint
FROM jsonb_to_recordset(%s::jsonb) AS given (id uuid, sources jsonb, says jsonb, fingerprint text)
WHERE task.id = given.id
"""
_MAKE: Final = """
INSERT INTO parties_qualitytask (id, kind, party_id, field, sources, says, fingerprint, owner, state, due, made_at,
    closed_by, reason)
SELECT id, kind, party, field, ARRAY(SELECT jsonb_array_elements_text(sources)), says, fingerprint, owner, 'open', due,
    %s, '', ''
FROM jsonb_to_recordset(%s::jsonb) AS given (id uuid, kind text, party uuid, field text, sources jsonb, says jsonb,
    fingerprint text, owner text, due date)
ON CONFLICT DO NOTHING
"""


def keep_tasks(connection: Connection, found: Sequence[Golden], members: Collection[uuid.UUID], at: dt.datetime) -> int:
    """Make the tasks that are wanted of `found`, close those of `members` that are not; how many were made."""
    wanted = {(golden.known.party, each.field, each.kind): each for golden in found for each in golden.tasks}
    lapsed, renewed = [], []
    for task, party, field, kind, fingerprint in connection.execute(_LIVE, [list(members)]):
        present = wanted.pop((party, field, kind), None)
        if present is None:
            lapsed.append(task)
        elif present.fingerprint != fingerprint:
            renewed.append({"id": task, **_content(present)})
    connection.execute(_LAPSE, [at, LAPSED, lapsed])
    connection.execute(_RENEW, [encoded(renewed)])
    if not wanted:
        return 0
    new = _unsettled(connection, wanted, at)
    owners = dict(connection.execute(_OWNERS).fetchall())
    rows = [_row(party, each, owners, at) for (party, _, _), each in new.items()]
    return connection.execute(_MAKE, [at, encoded(rows)]).rowcount


def _unsettled(
    connection: Connection, wanted: Mapping[tuple[uuid.UUID, str, str], Wanted], at: dt.datetime
) -> dict[tuple[uuid.UUID, str, str], Wanted]:
    """Those that nobody has dismissed, nor resolved a short while ago."""
    parties = list({party for party, _, _ in wanted})
    fingerprints = list({each.fingerprint for each in wanted.values()})
    since = at - dt.timedelta(days=PATIENCE_DAYS)
    settled = set(connection.execute(_SETTLED, [parties, fingerprints, since]).fetchall())
    return {key: each for key, each in wanted.items() if (key[0], each.fingerprint) not in settled}


def _row(party: uuid.UUID, wanted: Wanted, owners: Mapping[str, str], at: dt.datetime) -> dict[str, Any]:
    """A task goes to who answers for the source that is most likely wrong, else for one of the others."""
    asked = [*wanted.sources, *wanted.says]
    return {
        "id": uuid7(),
        "party": party,
        "kind": wanted.kind,
        "field": wanted.field[:48],
        "owner": next((owners[source] for source in asked if source in owners), ""),
        "due": at.date() + dt.timedelta(days=wanted.days),
        **_content(wanted),
    }


def _content(wanted: Wanted) -> dict[str, Any]:
    return {"sources": list(wanted.sources), "says": wanted.says, "fingerprint": wanted.fingerprint}
