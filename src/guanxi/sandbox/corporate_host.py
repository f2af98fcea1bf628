"""A corporate customer's SFTP server: it lays payment files out for the bank and gets reports back.

One user, let in by key, sees one folder with `to-bank` (the bank fetches from it) and `from-bank` (the bank puts into
it). Whoever plays the customer simply works with these folders on disk.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import asyncssh

USER: Final = "guanxi"
FOLDERS: Final = ("to-bank", "from-bank", "archive", "quarantine")


def make_keys(folder: Path) -> None:
    """Make the keys of both sides and the folders; what is there already stays."""
    for name in FOLDERS:
        (folder / "files" / name).mkdir(parents=True, exist_ok=True)
    for name in ("host_key", "user_key"):
        if not (folder / name).exists():
            key = asyncssh.generate_private_key("ssh-ed25519", comment="")
            key.write_public_key(folder / f"{name}.pub")
            _write_secret(folder / name, key.export_private_key())


async def serve_corporate_host(folder: Path, host: str, port: int) -> asyncssh.SSHAcceptor:
    """Serve the folder until the acceptor is closed."""
    make_keys(folder)
    return await asyncssh.create_server(
        lambda: _OneUser(asyncssh.read_public_key(folder / "user_key.pub")),
        host,
        port,
        server_host_keys=[str(folder / "host_key")],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(folder / "files")),
        allow_scp=False,
    )


class _OneUser(asyncssh.SSHServer):
    """Lets in who signs with the one key."""

    def __init__(self, key: asyncssh.SSHKey) -> None:
        self._key = key

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key == self._key


def _write_secret(path: Path, content: bytes) -> None:
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
