"""Parties waiting to be looked at, and runs over all of them: small batches, each in its own transaction.

A worker that dies loses at most the batch it was in; the next goes on from there. Ground is written of everybody who
waits before pairs are looked at, so that a dormitory is seen to be one before its first eight are taken for a family.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from guanxi.parties.relationships.find import find_relationships
from guanxi.parties.relationships.ground import Connection, write_ground
from guanxi.parties.relationships.proposals import Found
from guanxi.parties.relationships.signs import Payments

_KEYED_AT_ONCE: Final = 500
_FOUND_AT_ONCE: Final = 200
_ONE_WORKER: Final = 71_216  # advisory lock
_TAKE_UNKEYED: Final = """
WITH next AS (
    SELECT DISTINCT party_id
    FROM (SELECT party_id FROM parties_relationshipdue WHERE NOT keyed ORDER BY id LIMIT %s) AS first
)
UPDATE parties_relationshipdue SET keyed = true WHERE party_id IN (SELECT party_id FROM next) RETURNING party_id
"""
_TAKE_KEYED: Final = """
WITH next AS (
    SELECT DISTINCT party_id
    FROM (SELECT party_id FROM parties_relationshipdue WHERE keyed ORDER BY id LIMIT %s) AS first
)
DELETE FROM parties_relationshipdue WHERE party_id IN (SELECT party_id FROM next) RETURNING party_id
"""
_RUN: Final = "SELECT id, keyed, after FROM parties_findingrun WHERE state = 'running' FOR UPDATE"
_NEXT: Final = """
SELECT id FROM parties_party WHERE merged_into_id IS NULL AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
ORDER BY id LIMIT %(most)s
"""
_ADVANCE: Final = """
UPDATE parties_findingrun SET keyed = %s, after = %s, done = done + %s, proposed = proposed + %s,
    withdrawn = withdrawn + %s WHERE id = %s
"""
_FINISH: Final = "UPDATE parties_findingrun SET state = 'done', ended_at = %s WHERE id = %s"

PaymentsOf = Callable[[Connection, Collection[uuid.UUID], dt.datetime], Sequence[Payments]]


class Worked(NamedTuple):
    """How many parties were looked at, and what came of it."""

    parties: int = 0
    proposed: int = 0
    withdrawn: int = 0

    def and_(self, parties: int, found: Found) -> Worked:
        """With a further batch."""
        return Worked(self.parties + parties, self.proposed + found.proposed, self.withdrawn + found.withdrawn)


def work_off(
    connection: Connection, payments_of: PaymentsOf, at: dt.datetime, *, time_is_up: Callable[[], bool] = lambda: False
) -> Worked:
    """Look at all who wait, then go on with the run that is under way; stops between batches when time is up.

    On a connection that commits by itself. Does nothing while another worker is at it.
    """
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_WORKER]).fetchone()
    if not row or not row[0]:
        return Worked()
    try:
        worked = _those_who_wait(connection, payments_of, at, time_is_up)
        return _run(connection, payments_of, at, time_is_up, worked)
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_ONE_WORKER])


def _those_who_wait(
    connection: Connection, payments_of: PaymentsOf, at: dt.datetime, time_is_up: Callable[[], bool]
) -> Worked:
    worked = Worked()
    while not time_is_up():
        with connection.transaction():
            unkeyed = {row[0] for row in connection.execute(_TAKE_UNKEYED, [_KEYED_AT_ONCE])}
            if unkeyed:
                write_ground(connection, unkeyed)
                continue
            keyed = {row[0] for row in connection.execute(_TAKE_KEYED, [_FOUND_AT_ONCE])}
            if not keyed:
                break
            found = find_relationships(connection, keyed, payments_of(connection, keyed, at), at)
            worked = worked.and_(len(keyed), found)
    return worked


def _run(
    connection: Connection,
    payments_of: PaymentsOf,
    at: dt.datetime,
    time_is_up: Callable[[], bool],
    worked: Worked,
) -> Worked:
    while not time_is_up():
        with connection.transaction():
            run = connection.execute(_RUN).fetchone()
            if run is None:
                break
            id_, keyed, after = run
            most = _FOUND_AT_ONCE if keyed else _KEYED_AT_ONCE
            parties = [row[0] for row in connection.execute(_NEXT, {"after": after, "most": most})]
            found = Found(0, 0)
            if not parties and keyed:
                connection.execute(_FINISH, [at, id_])
                break
            if keyed:
                found = find_relationships(connection, parties, payments_of(connection, parties, at), at)
                worked = worked.and_(len(parties), found)
            elif parties:
                write_ground(connection, parties)
            last = parties[-1] if parties else None
            connection.execute(_ADVANCE, [keyed or not parties, last, len(parties), *found, id_])
    return worked
