"""A system that takes requests as files over SFTP, and answers with files."""

from __future__ import annotations

from guanxi.systems.http import Addressed
from guanxi.systems.sftp_exchange.adapter import SftpExchange


def make_system(endpoint: Addressed) -> SftpExchange:
    """The adapter for the folder at the endpoint's address. Its credential is a password or a private key."""
    return SftpExchange(endpoint.address, endpoint.secret)
