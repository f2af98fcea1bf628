"""Keys of this installation: all derived from one secret, and the working keys of terminals locked under one of them.

Each purpose has its own key by HKDF with SHA-256 (RFC 5869), so that no key serves two purposes. Working keys are
kept under AES-256-GCM (NIST SP 800-38D) with their owner as associated data: one terminal's key put in another's row
does not open.
"""

from __future__ import annotations

import functools
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from guanxi.access.errors import WorkingKeyUnreadable
from guanxi.storage.errors import ConfigurationInvalid

_NONCE_SIZE: Final = 12


@functools.lru_cache(maxsize=32)
def derive_key(secret_key: str, purpose: str) -> bytes:
    """The 32-octet key that `secret_key` gives for `purpose`."""
    if not secret_key:
        raise ConfigurationInvalid(
            "GUANXI_SECRET_KEY is not set.", next_step="Set it to a long random text and keep that text safe."
        )
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"guanxi {purpose}".encode())
    return derivation.derive(secret_key.encode())


def key_check_value(key: bytes) -> str:
    """Six hexadecimal digits by which two sides compare a TDES key without showing it (ANSI X9.24-1, annex A)."""
    cipher = Cipher(TripleDES(key + key[:8]), modes.ECB())  # noqa: S305 - one block of zeros, as the standard says
    return cipher.encryptor().update(bytes(8)).hex().upper()[:6]


def wrap_key(secret_key: str, key: bytes, *, owner: str) -> bytes:
    """`key` as it is stored for `owner` (for a terminal: see `terminals.key_owner`)."""
    nonce = os.urandom(_NONCE_SIZE)
    return nonce + _master(secret_key).encrypt(nonce, key, owner.encode())


def unwrap_key(secret_key: str, wrapped: bytes, *, owner: str) -> bytes:
    """The key that `wrap_key` stored; `WorkingKeyUnreadable` when it was not, or not for `owner`, or not here."""
    try:
        return _master(secret_key).decrypt(wrapped[:_NONCE_SIZE], wrapped[_NONCE_SIZE:], owner.encode())
    except (InvalidTag, ValueError):
        raise WorkingKeyUnreadable(owner) from None


@functools.lru_cache(maxsize=4)
def _master(secret_key: str) -> AESGCM:
    return AESGCM(derive_key(secret_key, "working keys"))
