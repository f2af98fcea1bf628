"""A small bank in the database and an exchange over it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from guanxi.exchange.process import Exchange
from guanxi.kernel.clock import now
from guanxi.kernel.identity import uuid7
from guanxi.kernel.vocabulary import Channel
from guanxi.services.request import Actor, ServiceRequest

OWNER, STRANGER = uuid.UUID(int=0xA1), uuid.UUID(int=0xB2)
CARD_HASH = "ab" * 32
_BANK = f"""
INSERT INTO parties_party (id, number, kind, name, latin_name, gender, language, branch, occupation, tier,
    created_at, updated_at)
VALUES ('{OWNER}', '100000001', 'person', '王小明', 'Wang Xiaoming', 'M', 'zh-Hans', '', '', '', now(), now()),
       ('{STRANGER}', '100000002', 'person', '李芳', 'Li Fang', 'F', 'zh-Hans', '', '', '', now(), now());
INSERT INTO parties_account (id, number, system, product, currency, status, branch, opened_on, ledger_balance,
    available_balance)
VALUES ('{uuid.UUID(int=0xC1)}', 'SV0001', 'savings', 'current', 'CNY', 'open', '', '2020-01-01', 1000, 1000),
       ('{uuid.UUID(int=0xC2)}', 'SV0002', 'savings', 'current', 'CNY', 'open', '', '2020-01-01', 50, 50),
       ('{uuid.UUID(int=0xC3)}', 'IN0001', 'integrated', 'umbrella', 'CNY', 'open', '', '2020-01-01', 0, 0);
INSERT INTO parties_accountholder (account_id, party_id, role)
VALUES ('{uuid.UUID(int=0xC1)}', '{OWNER}', 'owner'), ('{uuid.UUID(int=0xC2)}', '{STRANGER}', 'owner'),
       ('{uuid.UUID(int=0xC3)}', '{OWNER}', 'owner');
INSERT INTO parties_card (id, number_hash, masked_number, kind, product, account_id, party_id, status, expires_on,
    issued_on, pin_verification_value, pin_failures)
VALUES ('{uuid.UUID(int=0xD1)}', '\\x{CARD_HASH}', '622202******0001', 'debit', 'debit', '{uuid.UUID(int=0xC1)}',
    '{OWNER}', 'active', '2039-12-31', '2020-01-01', '', 0);
"""


@pytest.fixture(scope="module")
def bank_url(database_url: str) -> str:
    """The address of a database with two customers, three accounts and a card."""
    import psycopg

    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_BANK)
    return database_url


@pytest.fixture
async def pool(bank_url: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to the bank."""
    async with asyncpg.create_pool(bank_url, min_size=1, max_size=6) as opened:
        yield opened


@pytest.fixture
def local_exchange(pool: asyncpg.Pool) -> Exchange:
    """An exchange that reaches no business system."""
    return Exchange(pool, {})


def ask(
    service: str, arguments: Any, *, key: str | None = None, actor: Actor | None = None, **given: Any
) -> ServiceRequest:
    """A request of the owner on the internet bank, unless told otherwise."""
    request_id = uuid7()
    at: dt.datetime = given.get("at") or now()
    return ServiceRequest(
        id=request_id,
        channel=given.get("channel", Channel.INTERNET),
        service=service,
        idempotency_key=key or request_id.hex,
        actor=actor or Actor("party", str(OWNER), OWNER),
        arguments=arguments,
        received_at=at,
    )
