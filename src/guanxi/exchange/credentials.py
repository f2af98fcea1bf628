"""Secrets by reference: what an endpoint keeps is where its secret is, never the secret.

A reference names an environment variable that begins with GUANXI_CREDENTIAL_, or a file in the folder `credentials` of
GUANXI_HOME. Nothing else can be named, so that whoever may edit endpoints cannot have other secrets sent anywhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from guanxi.exchange.errors import CredentialMissing
from guanxi.exchange.parameters import CREDENTIAL

_LARGEST: Final = 64 * 1024


def secret_of(reference: str, home: Path) -> bytes | None:
    """The secret that `reference` names, None for none; `CredentialMissing` when it is not there."""
    if not reference:
        return None
    if not CREDENTIAL.fullmatch(reference):
        raise CredentialMissing(reference)
    kind, _, name = reference.partition(":")
    secret = os.environ.get(name, "").encode() if kind == "env" else _content(home / "credentials" / name)
    if not secret:
        raise CredentialMissing(reference)
    return secret


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).strip()
    except OSError:
        return b""
