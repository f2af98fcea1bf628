"""Editing the rules: checked, tried on a sample of parties, kept as a new version, audited, and followed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from guanxi.access import audit_chain
from guanxi.parties.survivorship.errors import RulesChanged, RulesInvalid
from guanxi.parties.survivorship.golden import Golden, golden_of
from guanxi.parties.survivorship.reading import Connection, read_known, read_members
from guanxi.parties.survivorship.refresh import refresh_golden, rules_in_force
from guanxi.parties.survivorship.rules import DEFAULT, Rules, decode, differences, encode, faults_of

LONGEST_REASON: Final = 200
EXAMINED: Final = 1_000  # parties that a preview tries
EXAMPLES: Final = 20
_LOCK: Final = "SELECT pg_advisory_xact_lock(71217)"
_KEEP: Final = """
INSERT INTO parties_survivorshiprules (version, body, at, actor, reason) VALUES (%s, %s::jsonb, %s, %s, %s)
"""
_SOURCES: Final = "SELECT name, title FROM parties_source ORDER BY name LIMIT 200"
_VERSIONS: Final = """
SELECT version, body, at, actor, reason FROM parties_survivorshiprules ORDER BY version DESC LIMIT %s
"""
_HOW_MANY: Final = "SELECT count(*) FROM parties_goldenstate"
_SAMPLE: Final = "SELECT party_id FROM parties_goldenstate TABLESAMPLE BERNOULLI (%s) LIMIT %s"
_BEHIND: Final = "SELECT party_id FROM parties_goldenstate WHERE rules_version < %s LIMIT %s"
_HOW_MANY_BEHIND: Final = "SELECT count(*) FROM parties_goldenstate WHERE rules_version < %s"


class Example(NamedTuple):
    """A field of a party that would become something else."""

    party: uuid.UUID
    name: str
    field: str
    before: str
    before_source: str
    after: str
    after_source: str
    because: str


class Preview(NamedTuple):
    """What draft rules would change: of so many parties tried, out of all; by field; some of them to look at."""

    examined: int
    parties: int
    changing: int
    by_field: dict[str, int]
    examples: Sequence[Example]

    @property
    def estimate(self) -> int:
        """Parties that would change, of all."""
        return round(self.changing / self.examined * self.parties) if self.examined else 0


class Version(NamedTuple):
    """Rules as they once were."""

    version: int
    rules: Rules
    at: dt.datetime
    actor: str
    reason: str
    changes: Sequence[tuple[str, str, str]]


def sources(connection: Connection) -> dict[str, str]:
    """The titles of sources under their names."""
    return dict(connection.execute(_SOURCES).fetchall())


def save_rules(
    connection: Connection, *, rules: Rules, actor: str, reason: str, at: dt.datetime, from_version: int
) -> int:
    """Keep a new version over `from_version`, which must be in force; its number. Parties follow by `choose_anew`."""
    faults = faults_of(rules, sources(connection))
    plain = reason.strip()
    if not plain or len(plain) > LONGEST_REASON:
        faults["reason"] = f"Say why, in at most {LONGEST_REASON} characters."
    if faults:
        raise RulesInvalid(faults)
    connection.execute(_LOCK)
    version, before = rules_in_force(connection)
    if version != from_version:
        raise RulesChanged
    body = msgspec.json.encode(encode(rules)).decode()
    connection.execute(_KEEP, [version + 1, body, at, actor, plain])
    changes = [list(each) for each in differences(before, rules)]
    detail = {"version": version + 1, "reason": plain, "changes": changes}
    audit_chain.append(
        connection, actor=actor, action="change_survivorship", subject="survivorship:rules", at=at, detail=detail
    )
    return version + 1


def versions(connection: Connection, most: int = 50) -> list[Version]:
    """The latest first, each with what it changed; what was in force before anybody edited is no version."""
    rows = connection.execute(_VERSIONS, [most + 1]).fetchall()
    found = []
    for place, (version, body, at, actor, reason) in enumerate(rows[:most]):
        rules = decode(body)
        earlier = decode(rows[place + 1][1]) if place + 1 < len(rows) else DEFAULT
        found.append(Version(version, rules, at, actor, reason, differences(earlier, rules)))
    return found


def preview(connection: Connection, rules: Rules, at: dt.datetime, most: int = EXAMINED) -> Preview:
    """Try draft rules on a random sample of parties; nothing is written."""
    row = connection.execute(_HOW_MANY).fetchone()
    parties: int = row[0] if row else 0
    share = min(100.0, 120.0 * most / parties) if parties else 100.0
    sample = [row[0] for row in connection.execute(_SAMPLE, [share, most])]
    _, present = rules_in_force(connection)
    known = [each for each in read_known(connection, read_members(connection, sample), at) if each.told]
    found = [_examples(golden_of(each, present), golden_of(each, rules)) for each in known]
    by_field = Counter(each.field.partition(".")[0] for examples in found for each in examples)
    return Preview(
        examined=len(known),
        parties=parties,
        changing=sum(map(bool, found)),
        by_field=dict(by_field.most_common()),
        examples=[each for examples in found for each in examples][:EXAMPLES],
    )


def _examples(before: Golden, after: Golden) -> list[Example]:
    name = before.choices["name"].value if "name" in before.choices else ""
    return [
        Example(
            before.known.party,
            name,
            field,
            old.value,
            old.said_by.source if old.said_by else "",
            new.value,
            new.said_by.source if new.said_by else "",
            new.because,
        )
        for field, old in before.choices.items()
        if (new := after.choices[field]).value != old.value
    ]


def choose_anew(connection: Connection, at: dt.datetime, most: int = 2_000) -> int:
    """Choose parties again that were last chosen by earlier rules; how many were. 0: all are by those in force."""
    version, _ = rules_in_force(connection)
    behind = [row[0] for row in connection.execute(_BEHIND, [version, most])]
    if behind:
        refresh_golden(connection, behind, at)
        connection.execute(
            "UPDATE parties_goldenstate SET rules_version = %s WHERE party_id = ANY(%s::uuid[])", [version, behind]
        )
    return len(behind)


def how_many_behind(connection: Connection) -> int:
    """Parties that still wait to be chosen by the rules in force."""
    version, _ = rules_in_force(connection)
    row = connection.execute(_HOW_MANY_BEHIND, [version]).fetchone()
    return row[0] if row else 0
