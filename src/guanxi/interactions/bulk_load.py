"""Load very many interactions: into months beside the timeline, indexed when full, attached when all is there.

Nothing of a load that broke off is on the timeline; the next `begin` removes what it left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg
from psycopg import sql

from guanxi.interactions.errors import MonthNotEmpty

STAGING: Final = "interactions_bulk"
COLUMNS: Final = (
    *("id", "occurred_at", "party_id", "account_id", "request_id", "amount", "duration_ms", "currency"),
    *("channel", "kind", "service", "outcome", "legs", "detail"),
)
_MAKE: Final = sql.SQL(
    "CREATE TABLE {staging} (LIKE interactions_interaction INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
    " PARTITION BY RANGE (occurred_at)"
)
_MAKE_MONTH: Final = sql.SQL(
    "CREATE TABLE {month} PARTITION OF {staging} FOR VALUES FROM ({first}) TO ({last})"
    " WITH (autovacuum_enabled = false)"
)
_INDEX: Final = (
    "ALTER TABLE {month} ADD PRIMARY KEY (occurred_at, id)",
    "CREATE INDEX ON {month} (party_id, occurred_at DESC, id DESC)",
    "ALTER TABLE {month} RESET (autovacuum_enabled)",
)
_ATTACH: Final = (
    "ALTER TABLE {staging} DETACH PARTITION {month}",
    "DROP TABLE IF EXISTS {final}",
    "ALTER TABLE {month} RENAME TO {final}",
    "ALTER TABLE interactions_interaction ATTACH PARTITION {final} FOR VALUES FROM ({first}) TO ({last})",
)


def is_unfinished(connection: psycopg.Connection[Any]) -> bool:
    """Whether a load began and neither ended nor was begun anew."""
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [STAGING]).fetchone()
    return bool(row and row[0])


def begin(connection: psycopg.Connection[Any], first: dt.date, last: dt.date) -> None:
    """Make the tables to COPY into (through `STAGING`) for the months of `first` to `last`."""
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(STAGING)))
    for month in _months(first, last):
        _refuse_filled(connection, month)
    connection.execute(_MAKE.format(staging=sql.Identifier(STAGING)))
    for month in _months(first, last):
        connection.execute(_MAKE_MONTH.format(**_names(month)))


def index_month(connection: psycopg.Connection[Any], month: dt.date) -> None:
    """Give a filled month the indexes of the timeline."""
    for statement in _INDEX:
        connection.execute(sql.SQL(statement).format(**_names(month)))


def finish(connection: psycopg.Connection[Any], first: dt.date, last: dt.date) -> None:
    """Put all months on the timeline, in the caller's transaction."""
    for month in _months(first, last):
        for statement in _ATTACH:
            connection.execute(sql.SQL(statement).format(**_names(month)))
    connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(STAGING)))


def months(first: dt.date, last: dt.date) -> Sequence[dt.date]:
    """The first days of the months from that of `first` to that of `last`."""
    return list(_months(first, last))


def _months(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = _next(month)


def _next(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1)


def _names(month: dt.date) -> dict[str, sql.Composable]:
    return {
        "staging": sql.Identifier(STAGING),
        "month": sql.Identifier(f"{STAGING}_{month:%Y_%m}"),
        "final": sql.Identifier(f"interactions_interaction_{month:%Y_%m}"),
        "first": sql.Literal(f"{month:%Y-%m-%d} 00:00:00+00"),
        "last": sql.Literal(f"{_next(month):%Y-%m-%d} 00:00:00+00"),
    }


def _refuse_filled(connection: psycopg.Connection[Any], month: dt.date) -> None:
    name = f"interactions_interaction_{month:%Y_%m}"
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchone()
    if row and row[0]:
        question = sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(name))
        if connection.execute(question).fetchone():
            raise MonthNotEmpty(month)
