"""What brings parties together, written down under keys that can be compared: addresses, phones, e-mails, documents.

Merged parties have their ground under the party that stays.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final, NamedTuple

import psycopg

from guanxi.parties.normalisation.email_addresses import read_emails
from guanxi.parties.normalisation.phone_numbers import read_phones
from guanxi.parties.normalisation.postal_addresses import read_address
from guanxi.parties.normalisation.record import RawParty
from guanxi.parties.relationships.signs import MOST_AT_ADDRESS, MOST_ON_PHONE

Connection = psycopg.Connection[Any]

LIMITS: Final = {"address": MOST_AT_ADDRESS, "phone": MOST_ON_PHONE, "email": 4, "identifier": 4}
_LONGEST_KEY: Final = 200
_SURVIVING: Final = """
SELECT id, CASE WHEN merged_into_id IS NULL THEN id ELSE parties_surviving(id) END
FROM parties_party WHERE id = ANY(%s::uuid[])
"""
_MEMBERS: Final = """
WITH RECURSIVE members (root, id) AS (
    SELECT asked.id, asked.id FROM unnest(%s::uuid[]) AS asked (id)
    UNION
    SELECT members.root, party.id FROM members JOIN parties_party party ON party.merged_into_id = members.id
)
SELECT id, root FROM members
"""
_CONTACTS: Final = """
SELECT party_id, kind, value FROM parties_contactpoint WHERE party_id = ANY(%(parties)s::uuid[]) AND valid_to IS NULL
UNION ALL
SELECT party_id, 'identifier', kind || ':' || value FROM parties_identifier
WHERE party_id = ANY(%(parties)s::uuid[]) AND kind <> 'staff_number'
"""
_FORGET: Final = "DELETE FROM parties_commonground WHERE party_id = ANY(%s::uuid[])"
_WRITE: Final = """
INSERT INTO parties_commonground (party_id, sign, key, shown)
SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING
"""
_NEAR: Final = """
WITH mine AS (SELECT DISTINCT sign, key FROM parties_commonground WHERE party_id = ANY(%(parties)s::uuid[]))
SELECT mine.sign, array_agg(near.party_id), min(near.shown)
FROM mine CROSS JOIN LATERAL (
    SELECT ground.party_id, ground.shown FROM parties_commonground ground
    WHERE ground.sign = mine.sign AND ground.key = mine.key ORDER BY ground.party_id LIMIT %(most)s
) AS near
GROUP BY mine.sign, mine.key HAVING count(*) > 1
"""


class Group(NamedTuple):
    """Parties that share something; `crowded` when they are too many for it to mean anything."""

    sign: str
    parties: tuple[uuid.UUID, ...]
    shown: str

    @property
    def crowded(self) -> bool:
        """More than would live together or share a phone."""
        return len(self.parties) > LIMITS[self.sign]


def surviving_of(connection: Connection, parties: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Each party that there is, and the one it was merged into in the end."""
    return dict(connection.execute(_SURVIVING, [list(parties)]).fetchall())


def roots_of(connection: Connection, survivors: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """All members of the parties that stayed, each with the one that it belongs to."""
    return dict(connection.execute(_MEMBERS, [list(survivors)]).fetchall())


def write_ground(connection: Connection, parties: Collection[uuid.UUID]) -> None:
    """Write down anew what brings `parties` together with others. The deletion is of merged ones too."""
    roots = roots_of(connection, set(surviving_of(connection, parties).values()))
    rows = {
        (roots[party], sign, key): shown
        for party, kind, value in connection.execute(_CONTACTS, {"parties": list(roots)})
        for sign, key, shown in _keys(kind, value)
    }
    connection.execute(_FORGET, [sorted({*parties, *roots})])
    columns = [[row[place] for row in rows] for place in range(3)]
    connection.execute(_WRITE, [*columns, list(rows.values())])


def groups_of(connection: Connection, survivors: Collection[uuid.UUID]) -> list[Group]:
    """What `survivors` share with others, with all that share it; of a crowd only the first."""
    rows = connection.execute(_NEAR, {"parties": list(survivors), "most": max(LIMITS.values()) + 1})
    return [Group(sign, tuple(parties), shown) for sign, parties, shown in rows]


def pairs_in(groups: Iterable[Group], focus: Collection[uuid.UUID]) -> dict[frozenset[uuid.UUID], list[Group]]:
    """Each pair of which one is in `focus`, with what they share."""
    found: dict[frozenset[uuid.UUID], list[Group]] = defaultdict(list)
    for group in groups:
        if not group.crowded:
            for place, one in enumerate(group.parties):
                for other in group.parties[:place]:
                    if one in focus or other in focus:
                        found[frozenset((one, other))].append(group)
    return found


def _keys(kind: str, value: str) -> Iterator[tuple[str, str, str]]:
    if kind == "address":
        found = read_address(RawParty(address=value))
        if len(found.words) > 1 and any(letter.isdigit() for letter in "".join(found.words)):
            yield "address", _short("/".join((found.division or found.region, *found.words))), value
    elif kind == "phone":
        for number in read_phones(value).numbers:
            yield "phone", number, number
    elif kind == "email":
        for key in read_emails(value).keys:
            yield "email", _short(key), value
    elif kind == "identifier":
        yield "identifier", _short(value), value.partition(":")[2]


def _short(key: str) -> str:
    """A key that fits: a long one by its digest."""
    if len(key) <= _LONGEST_KEY:
        return key
    return hashlib.blake2b(key.encode(), digest_size=32).hexdigest()
