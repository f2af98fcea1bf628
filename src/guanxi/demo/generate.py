"""Make the demo bank: chunks of customers on several processes, months indexed when full, shown when all is there.

A generation that broke off leaves its mark (the staging table of the timeline); the next one removes what it left.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
import pyarrow.parquet as pq
from psycopg import sql

from guanxi.demo.chunk import Made, Task, load_chunk
from guanxi.demo.errors import AlreadyRunning, BankNotEmpty
from guanxi.demo.files import ACCOUNTS, WALLETS, write_terminals
from guanxi.demo.house import add_staff, add_terminals
from guanxi.demo.rhythm import window_until
from guanxi.interactions import bulk_load

CHUNK: Final = 1_000  # customers; their interactions take some tens of megabytes while they are made
_LOCK: Final = 0x6775616E7869  # "guanxi"
_EMPTIED: Final = (
    *("parties_party", "parties_sourcerecord", "parties_account", "interactions_interaction", "interactions_case"),
    *("access_customercredential", "access_customersession", "exchange_journalrequest"),
)
_ANALYSED: Final = (
    *("parties_party", "parties_identifier", "parties_contactpoint", "parties_account", "parties_accountholder"),
    *("parties_card", "parties_partysearch", "interactions_interaction", "interactions_case"),
)

Progress = Callable[[str, int, int], None]  # what is being done, how far, of how much


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    """What demo bank to make."""

    database_url: str
    secret_key: str
    folder: Path  # for the files
    until: dt.datetime
    customers: int = 20_000
    interactions_per_customer: int = 100
    seed: int = 42
    processes: int = 2


@dataclasses.dataclass(frozen=True, slots=True)
class Summary:
    """What was made."""

    customers: int
    interactions: int


def generate(order: Order, *, replace: bool, progress: Progress) -> Summary:
    """Make the demo bank of `order`; refuses a bank that is not empty unless told to `replace` it."""
    with psycopg.connect(order.database_url, autocommit=True) as connection:
        _claim(connection)
        unfinished = bulk_load.is_unfinished(connection)
        if not unfinished and not replace and _is_filled(connection):
            raise BankNotEmpty
        window = window_until(order.until)
        first = window.first - dt.timedelta(days=1)  # the first local day begins in the evening before, in UTC
        with connection.transaction():
            indexes = _empty(connection)
            bulk_load.begin(connection, first, window.last)
            _drop_indexes(connection, indexes)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(order.processes, mp_context=context) as pool:
            summary = _load_chunks(order, pool, progress)
            months = bulk_load.months(first, window.last)
            jobs = [pool.submit(_index, order.database_url, month) for month in months]
            for done, job in enumerate(jobs, 1):
                job.result()
                progress("indexing", done, len(jobs) + 1)
        with connection.transaction():
            bulk_load.finish(connection, first, window.last)
            for definition in indexes:
                connection.execute(definition.encode())
            add_staff(connection, order.until)
            add_terminals(connection, order.seed, order.secret_key)
        for table in _ANALYSED:
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
    progress("indexing", 1, 1)
    return summary


def _claim(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
    if not row or not row[0]:
        raise AlreadyRunning


def _is_filled(connection: psycopg.Connection[Any]) -> bool:
    question = "SELECT EXISTS (SELECT FROM parties_party) OR EXISTS (SELECT FROM interactions_interaction)"
    row = connection.execute(question).fetchone()
    return bool(row and row[0])


def _empty(connection: psycopg.Connection[Any]) -> list[str]:
    """Remove all customers; answer the definitions of the search indexes, which a broken-off run has noted."""
    noted = connection.execute("SELECT obj_description(to_regclass(%s))", [bulk_load.STAGING]).fetchone()
    present = connection.execute(
        "SELECT indexdef FROM pg_indexes WHERE tablename = 'parties_partysearch' AND indexdef LIKE '%% gin %%'"
    ).fetchall()
    tables = sql.SQL(", ").join(map(sql.Identifier, _EMPTIED))
    connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))
    return json.loads(noted[0]) if noted and noted[0] else [row[0] for row in present]


def _drop_indexes(connection: psycopg.Connection[Any], definitions: list[str]) -> None:
    """Indexes of words are far cheaper made at the end than kept; their definitions stay with the staging table."""
    for definition in definitions:
        name = definition.split()[2]
        connection.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(sql.Identifier(name)))
    note = sql.SQL("COMMENT ON TABLE {} IS {}")
    connection.execute(note.format(sql.Identifier(bulk_load.STAGING), sql.Literal(json.dumps(definitions))))


def _load_chunks(order: Order, pool: Executor, progress: Progress) -> Summary:
    tasks = [
        Task(
            database_url=order.database_url,
            secret_key=order.secret_key,
            seed=order.seed,
            start=start,
            stop=min(start + CHUNK, order.customers),
            total=order.customers,
            until=order.until,
            interactions_per_customer=order.interactions_per_customer,
        )
        for start in range(0, order.customers, CHUNK)
    ]
    customers = interactions = 0
    with _open_files(order) as write:
        for made in pool.map(load_chunk, tasks):
            write(made)
            customers += made.customers
            interactions += made.interactions
            progress("customers", customers, order.customers)
    return Summary(customers, interactions)


@contextmanager
def _open_files(order: Order) -> Iterator[Callable[[Made], None]]:
    """The files appear under their names only when they are whole."""
    order.folder.mkdir(parents=True, exist_ok=True)
    half_written = [order.folder / "accounts.parquet.part", order.folder / "wallets.parquet.part"]
    with ExitStack() as stack:
        accounts = stack.enter_context(pq.ParquetWriter(half_written[0], ACCOUNTS))
        wallets = stack.enter_context(pq.ParquetWriter(half_written[1], WALLETS))

        def write(made: Made) -> None:
            accounts.write_table(made.accounts)
            wallets.write_table(made.wallets)

        yield write
    for path in half_written:
        path.rename(path.with_suffix(""))
    write_terminals(order.folder, order.seed)


def _index(database_url: str, month: dt.date) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '256MB'")
        bulk_load.index_month(connection, month)
