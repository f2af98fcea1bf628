"""Which parties are one: a merge is a pointer, and whatever is asked "of a party" is asked of all its members.

After a split, what happened earlier on the accounts that went along is read from the party it was recorded under
(`Strand`), because the timeline itself is never changed.
"""

from __future__ import annotations

import dataclasses
import uuid
from typing import Final

from django.db import connection

from guanxi.parties.merge import MEMBERS

_HANDOVERS: Final = """
SELECT from_party_id, to_party_id, account_id FROM parties_handover
WHERE active AND (from_party_id = ANY(%s) OR to_party_id = ANY(%s))
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Strand:
    """A part of a timeline: what was recorded under `party_id`, on `only` these accounts, or on none of `without`."""

    party_id: uuid.UUID
    only: tuple[uuid.UUID, ...] = ()
    without: tuple[uuid.UUID, ...] = ()


def members_of(party_id: uuid.UUID) -> list[uuid.UUID]:
    """The party itself, first, and all that were merged into it, however indirectly."""
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, [party_id])
        found = [row[0] for row in cursor.fetchall()]
    return [party_id, *(member for member in found if member != party_id)]


def surviving(party_id: uuid.UUID) -> uuid.UUID:
    """The party that `party_id` was merged into in the end; itself when it was not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT parties_surviving(%s)", [party_id])
        row = cursor.fetchone()
    return row[0] if row and row[0] else party_id


def strands_of(party_id: uuid.UUID) -> list[Strand]:
    """What the timeline of a party is made of."""
    members = members_of(party_id)
    with connection.cursor() as cursor:
        cursor.execute(_HANDOVERS, [members, members])
        handovers: list[tuple[uuid.UUID, uuid.UUID, uuid.UUID]] = cursor.fetchall()
    given = [(from_, account) for from_, to, account in handovers if from_ in members and to not in members]
    taken = [(from_, account) for from_, to, account in handovers if to in members and from_ not in members]
    own = [Strand(member, without=tuple(account for from_, account in given if from_ == member)) for member in members]
    origins = sorted({from_ for from_, _ in taken})
    return own + [
        Strand(origin, only=tuple(account for from_, account in taken if from_ == origin)) for origin in origins
    ]
