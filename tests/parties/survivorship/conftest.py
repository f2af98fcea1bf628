"""Two sources, and parties that they tell of."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from guanxi.kernel.identity import uuid7
from guanxi.parties.normalisation.record import RawParty

AT = dt.datetime(2026, 5, 3, 9, tzinfo=dt.UTC)


class Bank:
    """A database, and what is put into it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        for name, trust, owner in (("cards", 0.9, "chen"), ("savings", 0.4, "li")):
            connection.execute(
                "INSERT INTO parties_source (name, title, kind, trust, owner, description, version, updated_at,"
                " updated_by) VALUES (%s, %s, 'file', %s, %s, '{}', 1, %s, 'test')",
                [name, name.title(), trust, owner, AT],
            )

    def party(self, made_at: dt.datetime = AT, name: str = "?", gender: str = "", latin_name: str = "") -> uuid.UUID:
        party_id = uuid7()
        self.connection.execute(
            "INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier,"
            " created_at, updated_at) VALUES (%s, %s, 'person', %s, %s, %s, 'zh-Hans', '', '', '', %s, %s)",
            [party_id, party_id.hex[-12:], name, latin_name, gender, made_at, made_at],
        )
        return party_id

    def told(self, to: uuid.UUID, source: str, at: dt.datetime = AT, **raw: Any) -> uuid.UUID:
        record = uuid7()
        mapped = msgspec.json.encode(RawParty(**raw)).decode()
        self.connection.execute(
            "INSERT INTO parties_sourcerecord (id, source, key, version, content, mapped, received_at, told_at)"
            " VALUES (%s, %s, %s, 1, '{}', %s, %s, %s)",
            [record, source, record.hex, mapped, at, at],
        )
        self.connection.execute(
            "INSERT INTO parties_link (source_record_id, party_id, evidence, confidence, how, linked_at)"
            " VALUES (%s, %s, '{}', 1, 'automatic', %s)",
            [record, to, at],
        )
        return record

    def rows(self, question: str, *given: Any) -> list[Any]:
        return self.connection.execute(question, given).fetchall()

    def golden(self, party: uuid.UUID) -> dict[str, Any]:
        """What the party's record says at present."""
        columns = "SELECT name, latin_name, birth_date::text, gender FROM parties_party WHERE id = %s"
        contacts = (
            "SELECT kind, value, preferred FROM parties_contactpoint WHERE party_id = %s AND valid_to IS NULL"
            " ORDER BY kind, preferred DESC, value"
        )
        identifiers = "SELECT kind, value FROM parties_identifier WHERE party_id = %s ORDER BY kind, value"
        return {
            "columns": self.rows(columns, party)[0],
            "contacts": self.rows(contacts, party),
            "identifiers": self.rows(identifiers, party),
        }

    def provenance(self, party: uuid.UUID) -> dict[str, tuple[str, str, str]]:
        present = (
            "SELECT field, value, source, rule FROM parties_provenance WHERE party_id = %s AND superseded_at IS NULL"
        )
        return {field: (value, source, rule) for field, value, source, rule in self.rows(present, party)}

    def tasks(self, party: uuid.UUID) -> list[tuple[str, str, str, str]]:
        return self.rows(
            "SELECT field, kind, owner, state FROM parties_qualitytask WHERE party_id = %s ORDER BY made_at, field, id",
            party,
        )


@pytest.fixture
def bank(database_url: str) -> Iterator[Bank]:
    """A bank whose changes are gone after the test."""
    with psycopg.connect(database_url) as connection:
        yield Bank(connection)
        connection.rollback()
