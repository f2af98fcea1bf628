"""A customer as one document: the golden record, where it is from, and every record that was linked to it.

PostgreSQL makes the text itself; its version is a hash of it, so that whatever is different has another version.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any, Final, NamedTuple

import psycopg

from guanxi.parties.errors import PartyUnknown

Connection = psycopg.Connection[Any]

MOST: Final = 500  # of contact points, identifiers, records and absorbed customers, each
_DOCUMENT: Final = f"""
WITH RECURSIVE root AS (
    SELECT * FROM parties_party WHERE id = parties_surviving(%(party)s) AND kind <> 'staff'
), members (id) AS (
    SELECT id FROM root
    UNION
    SELECT party.id FROM members JOIN parties_party party ON party.merged_into_id = members.id
)
SELECT root.id, json_build_object(
    'id', root.id, 'number', root.number, 'kind', root.kind, 'name', root.name, 'latin_name', root.latin_name,
    'birth_date', root.birth_date, 'gender', root.gender, 'language', root.language, 'branch', root.branch,
    'occupation', root.occupation, 'tier', root.tier, 'customer_since', root.customer_since, 'custom', root.custom,
    'contact_points', coalesce((SELECT json_agg(json_build_object(
        'kind', kind, 'value', value, 'purpose', purpose, 'preferred', preferred, 'source', source,
        'since', valid_from) ORDER BY kind, preferred DESC, id) FROM (
            SELECT * FROM parties_contactpoint
            WHERE party_id IN (SELECT id FROM members) AND valid_to IS NULL ORDER BY id LIMIT {MOST}) AS point
        ), '[]'),
    'identifiers', coalesce((SELECT json_agg(json_build_object(
        'kind', kind, 'value', value, 'issuing_country', issuing_country) ORDER BY kind, value) FROM (
            SELECT DISTINCT kind, value, issuing_country FROM parties_identifier
            WHERE party_id IN (SELECT id FROM members) LIMIT {MOST}) AS document
        ), '[]'),
    'records', coalesce((SELECT json_agg(json_build_object(
        'source', source, 'key', key, 'version', version, 'told_at', coalesce(told_at, received_at),
        'gone', gone_at IS NOT NULL, 'linked_by', how, 'confidence', confidence) ORDER BY source, key) FROM (
            SELECT record.*, link.how, link.confidence FROM parties_link link
            JOIN parties_sourcerecord record ON record.id = link.source_record_id
            WHERE link.party_id IN (SELECT id FROM members) ORDER BY record.source, record.key LIMIT {MOST}) AS told
        ), '[]'),
    'provenance', coalesce((SELECT json_object_agg(field, json_build_object(
        'value', value, 'source', source, 'rule', rule, 'told_at', told_at) ORDER BY field)
        FROM parties_provenance WHERE party_id = root.id AND superseded_at IS NULL), '{{}}'),
    'absorbed', coalesce((SELECT json_agg(id ORDER BY id) FROM (
        SELECT id FROM members WHERE id <> root.id ORDER BY id LIMIT {MOST}) AS absorbed), '[]')
)::text
FROM root
"""  # noqa: S608 - a number of our own
_BY_NUMBER: Final = "SELECT id FROM parties_party WHERE number = %s"
_LOCK: Final = "SELECT id FROM parties_party WHERE id = %s FOR NO KEY UPDATE"


class CustomerDocument(NamedTuple):
    """The customer's id (of the one it was merged into, where it was), the JSON, and its version."""

    id: uuid.UUID
    text: str
    version: str


def read_customer(connection: Connection, party: uuid.UUID) -> CustomerDocument:
    """The customer of that id, or the one it is now part of; `PartyUnknown`."""
    row = connection.execute(_DOCUMENT, {"party": party}).fetchone()
    if row is None:
        raise PartyUnknown
    return CustomerDocument(row[0], row[1], hashlib.blake2b(row[1].encode(), digest_size=12).hexdigest())


def read_customer_for_change(connection: Connection, party: uuid.UUID) -> CustomerDocument:
    """The same, and nobody else changes it until the transaction ends."""
    found = read_customer(connection, party)
    connection.execute(_LOCK, [found.id])
    return read_customer(connection, found.id)


def find_customer(connection: Connection, name: str) -> uuid.UUID:
    """The id of the customer whose id or customer number `name` is; `PartyUnknown`."""
    try:
        return uuid.UUID(name)
    except ValueError:
        row = connection.execute(_BY_NUMBER, [name]).fetchone() if len(name) <= 20 and "\0" not in name else None
    if row is None:
        raise PartyUnknown
    found: uuid.UUID = row[0]
    return found
