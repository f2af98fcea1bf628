"""Writing many golden records at once: what is there is read, what differs is written, each kind in one statement."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from guanxi.parties.survivorship.choose import ALONE, Choice, Ranked
from guanxi.parties.survivorship.golden import COLUMNS, CONTACTS, Golden
from guanxi.parties.survivorship.reading import Connection, Member
from guanxi.parties.survivorship.rules import Keep, Rules, rule_for
from guanxi.parties.survivorship.statements import Statement

MOST_SAID: Final = 30  # of a field's ranking, so many are kept
_LONGEST: Final = {"name": 200, "latin_name": 200, "phone": 300, "email": 300, "address": 300}
_COUNTRIES: Final = {
    "hong_kong_id": "HK", "macau_id": "MO", "taiwan_id": "TW", "taiwan_resident": "TW", "birth_number": "CZ",
    "passport": "", "lei": "",
}  # fmt: skip

_COLUMNS: Final = """
UPDATE parties_party party SET name = given.name, latin_name = given.latin_name,
    birth_date = nullif(given.birth_date, '')::date, gender = given.gender, updated_at = %s
FROM jsonb_to_recordset(%s::jsonb)
    AS given (party uuid, name text, latin_name text, birth_date text, gender text)
WHERE party.id = given.party
"""
_CONTACTS: Final = """
SELECT id, party_id, kind, value, record, preferred FROM parties_contactpoint
WHERE party_id = ANY(%s::uuid[]) AND valid_to IS NULL ORDER BY id
"""
_END_CONTACTS: Final = "UPDATE parties_contactpoint SET valid_to = %s, preferred = false WHERE id = ANY(%s::bigint[])"
_PREFER: Final = "UPDATE parties_contactpoint SET preferred = NOT preferred WHERE id = ANY(%s::bigint[])"
_ADD_CONTACTS: Final = """
INSERT INTO parties_contactpoint (party_id, kind, value, purpose, preferred, source, record, valid_from)
SELECT party, kind, value, purpose, preferred, source, record, valid_from FROM jsonb_to_recordset(%s::jsonb)
    AS given (party uuid, kind text, value text, purpose text, preferred boolean, source text, record bigint,
        valid_from timestamptz)
"""
_IDENTIFIERS: Final = (
    "SELECT id, party_id, kind, value, record FROM parties_identifier WHERE party_id = ANY(%s::uuid[])"
)
_DROP_IDENTIFIERS: Final = "DELETE FROM parties_identifier WHERE id = ANY(%s::bigint[])"
_ADD_IDENTIFIERS: Final = """
INSERT INTO parties_identifier (party_id, kind, value, issuing_country, record)
SELECT party, kind, value, country, record FROM jsonb_to_recordset(%s::jsonb)
    AS given (party uuid, kind text, value text, country text, record bigint)
"""
_PROVENANCE: Final = """
SELECT id, party_id, field, value, source, record, rule, source_record, digest FROM parties_provenance
WHERE party_id = ANY(%s::uuid[]) AND superseded_at IS NULL
"""
_SUPERSEDE: Final = "UPDATE parties_provenance SET superseded_at = %s WHERE id = ANY(%s::bigint[])"
_TOUCH: Final = """
UPDATE parties_provenance SET others = given.others, digest = given.digest, told_at = given.told_at,
    source_record = given.source_record
FROM jsonb_to_recordset(%s::jsonb) AS given (id bigint, others jsonb, digest text, told_at timestamptz,
    source_record uuid)
WHERE parties_provenance.id = given.id
"""
_CHOOSE: Final = """
INSERT INTO parties_provenance (party_id, field, value, source, record, rule, source_record, told_at, others, digest,
    chosen_at)
SELECT party, field, value, source, record, rule, source_record, told_at, others, digest, %s
FROM jsonb_to_recordset(%s::jsonb) AS given (party uuid, field text, value text, source text, record bigint,
    rule text, source_record uuid, told_at timestamptz, others jsonb, digest text)
"""
_STATES: Final = """
INSERT INTO parties_goldenstate (party_id, rules_version, refreshed_at, before)
SELECT party, %s, %s, before FROM jsonb_to_recordset(%s::jsonb) AS given (party uuid, before jsonb)
ON CONFLICT (party_id) DO UPDATE SET rules_version = excluded.rules_version, refreshed_at = excluded.refreshed_at
"""


class Contact(NamedTuple):
    """A contact point that a party should have."""

    party: uuid.UUID
    kind: str
    value: str


def encoded(rows: Iterable[dict[str, Any]]) -> str:
    """Rows as one parameter."""
    return msgspec.json.encode(list(rows)).decode()


def write_columns(
    connection: Connection, found: Sequence[Golden], roots: dict[uuid.UUID, Member], at: dt.datetime
) -> set[uuid.UUID]:
    """Name, name in letters, birth date and gender; gives the parties that changed."""
    rows = {}
    for golden in found:
        present = roots[golden.known.party].columns
        wanted = {field: _value(golden.choices.get(field)) for field in COLUMNS}
        wanted["name"] = wanted["name"] or present["name"]
        if wanted != present:
            rows[golden.known.party] = {"party": golden.known.party, **wanted}
    if rows:
        connection.execute(_COLUMNS, [at, encoded(rows.values())])
    return set(rows)


def _value(choice: Choice | None) -> str:
    return choice.value[: _LONGEST.get(choice.field, 200)] if choice else ""


def write_contacts(connection: Connection, found: Sequence[Golden], rules: Rules, at: dt.datetime) -> set[uuid.UUID]:
    """Telephones, e-mails, addresses: what was chosen is preferred; gives the parties that changed."""
    wanted, preferred = _wanted_contacts(found, rules, at)
    ended, turned, there = [], [], set()
    changed: set[uuid.UUID] = set()
    parties = [golden.known.party for golden in found]
    for row, party, kind, value, record, is_preferred in connection.execute(_CONTACTS, [parties]):
        contact = Contact(party, kind, value)
        if record is not None and (contact not in wanted or contact in there):
            ended.append(row)
            changed.add(party)
        else:
            there.add(contact)
            if is_preferred != (contact in preferred):
                turned.append(row)
    new = [row for contact, row in wanted.items() if contact not in there and row["record"] is not None]
    connection.execute(_END_CONTACTS, [at, ended])
    connection.execute(_PREFER, [turned])
    connection.execute(_ADD_CONTACTS, [encoded(new)])
    return changed | {row["party"] for row in new}


def _wanted_contacts(
    found: Sequence[Golden], rules: Rules, at: dt.datetime
) -> tuple[dict[Contact, dict[str, Any]], set[Contact]]:
    wanted: dict[Contact, dict[str, Any]] = {}
    preferred = set()
    for golden in found:
        purpose = "work" if golden.known.kind == "organisation" else "home"
        for kind in CONTACTS:
            choice = golden.choices.get(kind)
            if choice is None:
                continue
            for place, statement in enumerate(_kept(choice, rules)):
                contact = Contact(golden.known.party, kind, statement.value[: _LONGEST[kind]])
                if not place:
                    preferred.add(contact)
                wanted[contact] = {
                    **contact._asdict(),
                    "purpose": purpose,
                    "preferred": not place,
                    "source": statement.source,
                    "record": _record(statement, choice),
                    "valid_from": statement.told_at or at,
                }
    return wanted, preferred


def _kept(choice: Choice, rules: Rules) -> list[Statement]:
    """The statements whose values the golden record has, the chosen one first."""
    first = choice.said_by or Statement(field=choice.field, value=choice.value, keys=(choice.value,), source="")
    if rule_for(rules, choice.field).keep is Keep.ONE:
        return [first]
    return [first, *(each for each in choice.values if each is not first)]


def _record(statement: Statement, choice: Choice) -> int | None:
    """The record that says so, 0 for a pin; None for what was entered here and stands there already."""
    if statement.record:
        return statement.record
    return 0 if choice.said_by is None and statement.value == choice.value else None


def write_identifiers(connection: Connection, found: Sequence[Golden], rules: Rules) -> set[uuid.UUID]:
    """Documents and registrations; gives the parties that changed."""
    wanted = {
        (golden.known.party, choice.field.partition(".")[2], statement.value[:40]): _record(statement, choice)
        for golden in found
        for choice in golden.choices.values()
        if choice.field.startswith("identifier.")
        for statement in _kept(choice, rules)
    }
    dropped, there = [], set()
    changed: set[uuid.UUID] = set()
    parties = [golden.known.party for golden in found]
    for row, party, kind, value, record in connection.execute(_IDENTIFIERS, [parties]):
        if record is not None and (party, kind, value) not in wanted:
            dropped.append(row)
            changed.add(party)
        else:
            there.add((party, kind, value))
    new: list[dict[str, Any]] = [
        {"party": party, "kind": kind, "value": value, "country": _COUNTRIES.get(kind, "CN"), "record": record}
        for (party, kind, value), record in wanted.items()
        if record is not None and (party, kind, value) not in there
    ]
    connection.execute(_DROP_IDENTIFIERS, [dropped])
    connection.execute(_ADD_IDENTIFIERS, [encoded(new)])
    return changed | {row["party"] for row in new}


def write_provenance(connection: Connection, found: Sequence[Golden], at: dt.datetime) -> set[uuid.UUID]:
    """Why each value stands; what changed is superseded, never lost. Gives the parties of which something changed."""
    wanted = {(row["party"], row["field"]): row for golden in found for row in _provenance(golden)}
    gone, touched = [], []
    changed = set()
    parties = [golden.known.party for golden in found]
    for row, party, field, *present, version, digest in connection.execute(_PROVENANCE, [parties]):
        new = wanted.get((party, field))
        if new is None or present != [new["value"], new["source"], new["record"], new["rule"]]:
            gone.append(row)
            changed.add(party)
            continue
        if digest != new["digest"] or version != new["source_record"]:
            touched.append(
                {"id": row, **{name: new[name] for name in ("others", "digest", "told_at", "source_record")}}
            )
        del wanted[party, field]
    connection.execute(_SUPERSEDE, [at, gone])
    connection.execute(_TOUCH, [encoded(touched)])
    connection.execute(_CHOOSE, [at, encoded(wanted.values())])
    return changed | {party for party, _ in wanted}


def _provenance(golden: Golden) -> Iterable[dict[str, Any]]:
    versions = {told.record: told.version for told in golden.known.told}
    for field, choice in golden.choices.items():
        said_by = choice.said_by
        ranking = [] if choice.because == ALONE else [_said(each) for each in choice.ranking[:MOST_SAID]]
        others = msgspec.json.encode(ranking)
        yield {
            "party": golden.known.party,
            "field": field[:48],
            "value": choice.value,
            "source": said_by.source if said_by else "",
            "record": said_by.record or None if said_by else None,
            "rule": choice.because,
            "source_record": versions.get(said_by.record) if said_by else None,
            "told_at": said_by.told_at if said_by else None,
            "others": msgspec.Raw(others),
            "digest": hashlib.blake2b(others, digest_size=16).hexdigest(),
        }


def _said(ranked: Ranked) -> dict[str, Any]:
    statement = ranked.statement
    return {
        "value": statement.value,
        "source": statement.source,
        "record": statement.record,
        "told_at": statement.told_at,
        "agrees": ranked.agrees,
        "lost_by": ranked.lost_by,
        "measures": ranked.measures,
    }


def write_states(
    connection: Connection,
    found: Sequence[Golden],
    before: dict[uuid.UUID, dict[str, str] | None],
    version: int,
    at: dt.datetime,
) -> None:
    """By which rules the parties were chosen, and what stood there before the first time."""
    rows = [{"party": golden.known.party, "before": before[golden.known.party]} for golden in found]
    connection.execute(_STATES, [version, at, encoded(rows)])


_RESTORE: Final = """
WITH restored AS (
    DELETE FROM parties_goldenstate WHERE party_id = ANY(%(parties)s::uuid[]) AND before IS NOT NULL
    RETURNING party_id, before
), superseded AS (
    UPDATE parties_provenance SET superseded_at = %(at)s
    WHERE superseded_at IS NULL AND party_id IN (SELECT party_id FROM restored)
), ended AS (
    UPDATE parties_contactpoint SET valid_to = %(at)s, preferred = false
    WHERE record IS NOT NULL AND valid_to IS NULL AND party_id IN (SELECT party_id FROM restored)
), dropped AS (
    DELETE FROM parties_identifier WHERE record IS NOT NULL AND party_id IN (SELECT party_id FROM restored)
), preferred AS (
    UPDATE parties_contactpoint point SET preferred = point.id::text = ANY(string_to_array(before ->> 'preferred', ' '))
    FROM restored WHERE point.party_id = restored.party_id AND record IS NULL AND valid_to IS NULL
)
UPDATE parties_party party SET name = before ->> 'name', latin_name = before ->> 'latin_name',
    birth_date = nullif(before ->> 'birth_date', '')::date, gender = before ->> 'gender', updated_at = %(at)s
FROM restored WHERE party.id = restored.party_id
RETURNING party.id
"""


def restore(connection: Connection, parties: Collection[uuid.UUID], at: dt.datetime) -> set[uuid.UUID]:
    """Parties of which no source tells any more are as they were before any did; gives those that changed."""
    return {row[0] for row in connection.execute(_RESTORE, {"parties": list(parties), "at": at})}
