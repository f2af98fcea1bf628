"""A real OpenSSH server on loopback, for one user, with keys and a folder of its own."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import asyncssh
import pytest

from guanxi.storage.embedded import free_port


class Server(NamedTuple):
    """An OpenSSH server for one user, with the keys of both sides."""

    port: int
    folder: Path
    host_key: str
    user_key: bytes

    def address(self, **more: str) -> str:
        options = "&".join(f"{name}={quote(value)}" for name, value in {"host_key": self.host_key, **more}.items())
        return f"sftp://{getpass.getuser()}@127.0.0.1:{self.port}{self.folder}/exchange?{options}"


@contextlib.contextmanager
def ssh_server() -> Iterator[Server]:
    """The server for as long as the block lasts; where OpenSSH is missing the test is skipped, and says so."""
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("OpenSSH is not installed: `apt-get install openssh-server`")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd, as root, wants to be alone
    folder, port = Path(tempfile.mkdtemp(prefix="guanxi-sftp-", dir="/tmp")), free_port()
    host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    host.write_private_key(folder / "host")
    (folder / "host").chmod(0o600)
    user.write_public_key(folder / "authorized")
    settings = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PermitRootLogin": "yes",
        "Subsystem": "sftp internal-sftp",
    }
    (folder / "config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "config")], stderr=log)
    _await(port, process, folder)
    public = " ".join(host.export_public_key().decode().split()[:2])
    yield Server(port, folder, public, user.export_private_key())
    process.terminate()
    process.wait(timeout=10)
    shutil.rmtree(folder, ignore_errors=True)


def _await(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
