"""One chunk of customers, from nothing to the database; runs in a process of its own."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from guanxi.demo.behaviour import Batch, Population, draw_behaviour
from guanxi.demo.customers import Customer, draw_customers
from guanxi.demo.encode import encode_batch
from guanxi.demo.files import account_table, wallet_table
from guanxi.demo.holdings import Holdings, draw_holdings
from guanxi.demo.party_rows import party_tables
from guanxi.demo.rhythm import Numbers, window_until
from guanxi.interactions.bulk_load import COLUMNS, STAGING
from guanxi.storage.copy_rows import EPOCH_MICROSECONDS, HEADER, TRAILER, Bytes, open_copy

_COMPLAINT_DAYS = 15


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """Which customers to make, and for whom."""

    database_url: str
    secret_key: str
    seed: int
    start: int
    stop: int
    total: int
    until: dt.datetime
    interactions_per_customer: int


@dataclasses.dataclass(frozen=True, slots=True)
class Made:
    """What became of a task: counts, and what goes into the files."""

    customers: int
    interactions: int
    accounts: pa.Table
    wallets: pa.Table


def load_chunk(task: Task) -> Made:
    """Make the customers of `task` and put them into the database, in one transaction."""
    generator = np.random.default_rng([task.seed, task.start])
    window = window_until(task.until)
    customers = draw_customers(task.seed, task.start, task.stop, task.total, task.until.date())
    held = draw_holdings(task.seed, customers, window.first, task.until.date())
    population = Population(generator, customers, held, window, task.interactions_per_customer)
    batches, cents = draw_behaviour(population)
    _tell_balances(held, cents)
    with psycopg.connect(task.database_url) as connection:
        for table, columns, rows in party_tables(task.seed, customers, held, task.until, task.secret_key):
            with open_copy(connection, table, columns) as copy:
                for row in rows:
                    copy.write_row(row)
        with open_copy(connection, "interactions_case", _CASE) as copy:
            for row in _cases(generator, customers, batches, task.until):
                copy.write_row(row)
        count = _copy_interactions(connection, generator, batches, customers, held)
    return Made(len(customers), count, account_table(held), wallet_table(held))


def _tell_balances(held: Holdings, cents: Numbers) -> None:
    for account, value in zip(held.accounts, cents.tolist(), strict=True):
        account.balance = Decimal(value) / 100
        account.holder.balance += account.balance


def _copy_interactions(
    connection: psycopg.Connection[Any],
    generator: np.random.Generator,
    batches: Sequence[Batch],
    customers: Sequence[Customer],
    held: Holdings,
) -> int:
    parties = _identities([customer.id for customer in customers])
    accounts = _identities([account.id for account in held.accounts])
    currencies = [account.currency for account in held.accounts]
    with open_copy(connection, STAGING, COLUMNS, binary=True) as copy:
        copy.write(HEADER)
        for batch in filter(lambda batch: len(batch.at), batches):
            copy.write(encode_batch(generator, batch, parties, accounts, currencies))
        copy.write(TRAILER)
    return sum(len(batch.at) for batch in batches)


def _identities(values: Sequence[uuid.UUID]) -> Bytes:
    return np.frombuffer(b"".join(value.bytes for value in values), dtype=np.uint8).reshape(len(values), 16)


_CASE = (
    *("id", "number", "party_id", "contact_reason", "subject", "description", "channel", "status", "opened_at"),
    *("due_at", "closed_at"),
)


def _cases(
    generator: np.random.Generator, customers: Sequence[Customer], batches: Sequence[Batch], until: dt.datetime
) -> list[tuple[Any, ...]]:
    """A case for every complaint: closed within the time limit, but for some that wait."""
    found = []
    for batch in batches:
        if batch.template.service != "submit_complaint" or batch.detail is None:
            continue
        for party, at, line in zip(batch.party.tolist(), batch.at.tolist(), batch.detail, strict=True):
            opened = dt.datetime.fromtimestamp((at + EPOCH_MICROSECONDS) / 1_000_000, dt.UTC)
            reason = json.loads(line.tobytes()[1:])["contact_reason"]
            identity = uuid.UUID(bytes=generator.bytes(16), version=4)
            found.append(_case(generator, customers[party], identity, opened, reason, until))
    return found


def _case(
    generator: np.random.Generator,
    customer: Customer,
    identity: uuid.UUID,
    opened: dt.datetime,
    reason: str,
    until: dt.datetime,
) -> tuple[Any, ...]:
    answered = opened + dt.timedelta(days=float(generator.gamma(2, 3.5)))
    closed = answered if answered < until - dt.timedelta(days=3) and generator.random() < 0.95 else None
    status = "closed" if closed else "open" if generator.random() < 0.7 else "waiting"
    subject = f"{reason.replace('_', ' ').capitalize()}: {customer.name}"
    number = f"C{opened:%y%m%d}-{identity.hex[-8:].upper()}"
    due = opened + dt.timedelta(days=_COMPLAINT_DAYS)
    return (identity, number, customer.id, reason, subject, "", "call_centre", status, opened, due, closed)
