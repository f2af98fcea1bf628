"""(d) The demo bank's generator and the import of the Czech bank, against raw COPY of the rows that they made.

The anchor has less to do than either: every row lies ready in COPY's own binary form, and the tables have no foreign
keys; it copies the rows in and builds the same keys and indexes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks import fresh
from benchmarks.result import Result

CUSTOMERS = int(os.environ.get("GUANXI_BENCH_BULK_CUSTOMERS", "20000"))
BERKA = Path(__file__).resolve().parents[2] / "shared" / "data" / "berka"
_GOAL = 0.5
_TABLES = """
SELECT c.oid::regclass::text FROM pg_class c
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""
_INDEXES = """
SELECT replace(pg_get_indexdef(indexrelid), 'ON public.', 'ON raw.') FROM pg_index WHERE indrelid = %s::regclass
"""


def measure() -> list[Result]:
    """The generator, and the import where the data is."""
    found = [_measure("demo bank", ["demo", "--customers", str(CUSTOMERS)], f"{CUSTOMERS:,} customers")]
    if BERKA.is_dir():
        found.append(_measure("import of the Czech bank", ["import", "berka", str(BERKA)], "all relations and files"))
    else:
        print(f"The import is not measured: {BERKA} is not there.")
    return found


def _measure(name: str, command: list[str], scale: str) -> Result:
    with fresh.database() as url, tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "GUANXI_DATABASE_URL": url, "GUANXI_HOME": home, "GUANXI_SECRET_KEY": "benchmark"}
        before = _counts(url)
        start_up = _seconds(["migrate"], environment)  # there is nothing to do: what every command takes to begin
        own = _seconds(command, environment) - start_up
        rows = {table: count - before.get(table, 0) for table, count in _counts(url).items()}
        filled = [table for table, count in rows.items() if count]
        raw = _raw_copy(url, filled)
    return _result(name, scale, sum(rows.values()), own, start_up, raw)


def _seconds(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "guanxi.cli", *command], check=True, env=environment)
    return time.perf_counter() - started


def _counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        tables = [row[0] for row in connection.execute(_TABLES).fetchall()]
        return {table: _count(connection, table) for table in tables}


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def _raw_copy(url: str, tables: list[str]) -> float:
    """Seconds to COPY `tables`, whose rows lie ready in files, into bare ones and to index those."""
    with tempfile.TemporaryDirectory() as folder, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA raw")
        for table in tables:
            connection.execute(_statement("CREATE TABLE raw.{0} (LIKE {0} INCLUDING DEFAULTS)", table))
            with connection.cursor().copy(_statement("COPY {} TO STDOUT (FORMAT binary)", table)) as copy:
                (Path(folder) / table).write_bytes(b"".join(copy))
        connection.execute("CHECKPOINT")
        started = time.perf_counter()
        for table in tables:
            _copy_in(connection, table, Path(folder) / table)
        return time.perf_counter() - started


def _copy_in(connection: psycopg.Connection[Any], table: str, file: Path) -> None:
    with (
        file.open("rb") as rows,
        connection.cursor().copy(_statement("COPY raw.{} FROM STDIN (FORMAT binary)", table)) as copy,
    ):
        while block := rows.read(1 << 20):
            copy.write(block)
    for (definition,) in connection.execute(_INDEXES, [table]).fetchall():
        connection.execute(definition)


def _statement(text: str, table: str) -> sql.Composed:
    return sql.SQL(text).format(sql.Identifier(table))


def _result(name: str, scale: str, rows: int, own: float, start_up: float, raw: float) -> Result:
    ratio = raw / own
    return Result(
        name=f"Loading: {name}",
        question=f"How near does it come to raw COPY of the same rows? {scale}, {rows:,} rows in all tables.",
        figures=(
            ("the command, from its first row to its end", f"{own:.1f} s, {rows / own:,.0f} rows a second"),
            ("its start, as long as that of any command", f"{start_up:.1f} s"),
            ("raw COPY and the same indexes", f"{raw:.1f} s, {rows / raw:,.0f} rows a second"),
        ),
        verdict=f"{ratio:.2f} of raw COPY",
        goal=f"at least {_GOAL}",
        met=ratio >= _GOAL,
    )
