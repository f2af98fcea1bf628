"""The bank's own side of the demo: members of staff who sign in, and terminals with their keys."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Final

import psycopg
from django.contrib.auth.hashers import make_password

from guanxi.access.terminals import wrap_terminal_key
from guanxi.demo.files import terminals
from guanxi.kernel.names import romanised
from guanxi.parties.search_tokens import Findable, fuzzy_keys_of, to_tsvector_text, tokens_of

PASSWORD: Final = "guanxi"  # noqa: S105 - a demonstration
# Login, role, name, branch.
STAFF: Final = (
    ("agent", "agent", "陈晓雯", "101"),
    ("manager", "relationship_manager", "赵文博", "101"),
    ("marketer", "marketer", "林佳怡", "201"),
    ("supervisor", "supervisor", "孙丽华", "101"),
    ("analyst", "analyst", "吴子涵", "201"),
    ("engineer", "engineer", "郭志远", "101"),
    ("compliance", "compliance", "单敏", "101"),
)
_NAMESPACE: Final = uuid.UUID("5f0c7c3e-7a55-4c43-9a8e-52a1ab0c1d11")
_MEMBER: Final = """
INSERT INTO access_staffmember (password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
    date_joined, role, branch, language)
VALUES (%s, false, %s, %s, %s, %s, false, true, %s, %s, %s, 'en')
ON CONFLICT (username) DO NOTHING
"""
_PARTY: Final = """
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier,
    customer_since, created_at, updated_at)
VALUES (%s, %s, 'staff', %s, %s, '', 'zh-Hans', %s, %s, '', NULL, %s, %s)
"""
_NUMBER: Final = """
INSERT INTO parties_identifier (party_id, kind, value, issuing_country) VALUES (%s, 'staff_number', %s, 'CN')
"""
_SEARCH: Final = "INSERT INTO parties_partysearch (party_id, tokens, fuzzy) VALUES (%s, %s, %s)"
_TERMINAL: Final = """
INSERT INTO access_terminal (terminal_id, acceptor_id, kind, name, currency, mac_key, pin_key, active)
VALUES (%s, %s, %s, %s, 'CNY', %s, %s, true)
ON CONFLICT (terminal_id) DO UPDATE SET acceptor_id = excluded.acceptor_id, kind = excluded.kind,
    name = excluded.name, mac_key = excluded.mac_key, pin_key = excluded.pin_key, active = true
"""


def add_staff(connection: psycopg.Connection[Any], at: dt.datetime) -> None:
    """Members of staff who can sign in, each also known as a party: the bank's internal customers."""
    password = make_password(PASSWORD)
    for index, (login, role, name, branch) in enumerate(STAFF, 1):
        number, identity, latin = f"S{index:05d}", uuid.uuid5(_NAMESPACE, login), romanised(name)
        surname, given = latin.split()
        connection.execute(_MEMBER, [password, login, given, surname, f"{login}@bank.example", at, role, branch])
        connection.execute(_PARTY, [identity, number, name, latin, branch, role, at, at])
        connection.execute(_NUMBER, [identity, number])
        found = Findable(name, latin, number, [number])
        connection.execute(_SEARCH, [identity, to_tsvector_text(tokens_of(found)), sorted(fuzzy_keys_of(found))])


def add_terminals(connection: psycopg.Connection[Any], seed: int, secret_key: str) -> None:
    """The demo terminals, their keys wrapped as this installation keeps them."""
    for terminal in terminals(seed):
        name = terminal["terminal_id"]
        mac = wrap_terminal_key(secret_key, bytes.fromhex(terminal["mac_key"]), name, "mac")
        pin = wrap_terminal_key(secret_key, bytes.fromhex(terminal["pin_key"]), name, "pin")
        connection.execute(_TERMINAL, [name, terminal["acceptor_id"], terminal["kind"], terminal["name"], mac, pin])
