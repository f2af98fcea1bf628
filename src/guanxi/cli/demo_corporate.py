"""The demo bank has a corporate customer with an SFTP server: a payment file laid into a folder is carried out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from guanxi.kernel.clock import now
from guanxi.storage.configuration import Configuration
from guanxi.storage.embedded import connected
from guanxi.storage.errors import StorageError

PEER: Final = "demo-corporate"
_CUSTOMER: Final = """
SELECT party.number FROM parties_party party
JOIN parties_accountholder holder ON holder.party_id = party.id AND holder.role = 'owner'
JOIN parties_account account ON account.id = holder.account_id
WHERE party.kind = 'organisation' AND account.system = 'savings' AND account.status = 'open'
ORDER BY party.number LIMIT 1
"""


def corporate_folder(configuration: Configuration) -> Path:
    """Where the customer's server has its keys and files."""
    return configuration.home / "sandbox" / "corporate"


def inbox_of(configuration: Configuration) -> Path:
    """The folder that the bank fetches from."""
    return corporate_folder(configuration) / "files" / "to-bank"


def connect_demo_corporate(configuration: Configuration) -> bool:
    """Make the first company of the demo bank a peer for files, unless it is one; whether it has been made one now."""
    from guanxi.exchange.files.peer_operations import save_peer
    from guanxi.exchange.models import FilePeerRow

    with connected(configuration.database_url) as connection:
        row = connection.execute(_CUSTOMER).fetchone()
    if row is None or not (configuration.home / "demo").exists() or FilePeerRow.objects.filter(name=PEER).exists():
        return False
    made = subprocess.run(
        [sys.executable, "-m", "guanxi.sandbox", "--files", _files(configuration), "keys"], check=False
    )
    if made.returncode:
        raise StorageError("The demo customer's keys could not be made.", next_step="See above; then start again.")
    folder = corporate_folder(configuration)
    _keep_credential(configuration.home / "credentials" / PEER, (folder / "user_key").read_bytes())
    content = {
        "host": configuration.host,
        "port": configuration.sandbox_sftp_port,
        "user": "guanxi",
        "host_key": (folder / "host_key.pub").read_text().strip(),
        "credential": f"file:{PEER}",
        "party": row[0],
        "inbound": "/to-bank",
        "outbound": "/from-bank",
        "archive": "/archive",
        "quarantine": "/quarantine",
        "kinds": ["pain.001 *.xml"],
        "every_seconds": 5,
    }
    save_peer(
        name=PEER, content=content, actor="system:demo", reason="The demo bank's customer.", at=now(), from_version=0
    )
    return True


def _files(configuration: Configuration) -> str:
    return str(corporate_folder(configuration).parent)


def _keep_credential(path: Path, secret: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(secret)
