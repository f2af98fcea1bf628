"""A business system behind two folders on an SFTP server: a request file out, a response file back.

A leg's file is named by its id, so that writing it again changes nothing; it is written beside its name and renamed
when it is whole. The response has the same name in the other folder. What is to be undone gets a second file. A file
lasts, so a request that was written is answered one day: until then the leg is unknown, or, where the address says
`later=yes`, pending.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncssh
import msgspec

from guanxi.exchange.maps.engine import to_wire
from guanxi.exchange.maps.message_map import load_map
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg, LegReply
from guanxi.systems.errors import PeerSilent, PeerUnreachable
from guanxi.systems.http import NO_ANSWER, UNAVAILABLE
from guanxi.systems.rest import read_result

Kind = Literal["request", "undo"]
_MAP: Final = load_map(Path(__file__).with_name("map.toml"))
_REFUSED: Final = LegReply("failed", Reason.REFUSED_BY_SYSTEM)
_AGAIN: Final = 0.1  # seconds between looks
_LARGEST: Final = 1 << 20
_NUL: Final = rb"\u0000"
_log = logging.getLogger(__name__)


class SftpExchange:
    """The folders at `sftp://user@host/base?host_key=ssh-ed25519%20AAAA...`; a response is waited for `seconds`.

    Without `host_key` the server must stand among the known hosts of the user that we run as.
    """

    def __init__(self, address: str, secret: bytes | None = None, *, seconds: float = 2.5) -> None:
        url = urlsplit(address)
        more = dict(parse_qsl(url.query))
        self._base = url.path.rstrip("/")
        self._waiting = LegReply("pending") if more.get("later") == "yes" else NO_ANSWER
        self._seconds = seconds
        self._options: dict[str, Any] = {"port": url.port or 22, "username": unquote(url.username or "") or ()}
        self._options |= {"connect_timeout": 2, "login_timeout": 3, "keepalive_interval": 15}
        self._host = url.hostname or ""
        if key := more.get("host_key"):
            self._options["known_hosts"] = ([asyncssh.import_public_key(key)], [], [])
        if secret and b"PRIVATE KEY" in secret:
            self._options["client_keys"] = [asyncssh.import_private_key(secret)]
        elif secret or url.password:
            self._options["password"] = secret.decode() if secret else unquote(url.password or "")
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
        self._connecting = asyncio.Lock()

    async def open(self) -> None:
        """A connection is made when it is needed, and kept."""

    async def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            await self._connection.wait_closed()
        self._connection = self._client = None

    async def perform(self, leg: Leg) -> LegReply:
        """Write the request, and wait a little for the response. What has been undone is not done again."""
        try:
            sftp = await self._sftp()
        except PeerUnreachable:
            return UNAVAILABLE
        try:
            if await sftp.exists(self._path("responses", leg, "undo")):
                return _REFUSED
            await self._write(sftp, leg, "request", to_wire(_MAP, {"operation": leg.operation, **leg.content}))
            return await self._response(sftp, leg, "request")
        except (asyncssh.Error, OSError, PeerSilent):
            return NO_ANSWER

    async def enquire(self, leg: Leg) -> LegReply:
        """What became of the leg. Its request is written again if it never was; the system does it once by its name."""
        reply = await self.perform(leg)
        return NO_ANSWER if reply == UNAVAILABLE else reply

    async def undo(self, leg: Leg) -> LegReply:
        """Ask for the leg to be taken back, whether or not it has arrived, and wait a little for the response."""
        try:
            sftp = await self._sftp()
            await self._write(sftp, leg, "undo", b"{}")
            reply = await self._response(sftp, leg, "undo")
        except (asyncssh.Error, OSError, PeerSilent, PeerUnreachable):
            return NO_ANSWER
        return reply if reply.state == "reversed" else NO_ANSWER

    async def _sftp(self) -> asyncssh.SFTPClient:
        async with self._connecting:
            if self._connection is None or self._client is None or self._connection.is_closed():
                try:
                    self._connection = await asyncssh.connect(self._host, **self._options)
                    self._client = await self._connection.start_sftp_client()
                except (asyncssh.Error, OSError) as error:
                    _log.warning("sftp: %s", error)
                    raise PeerUnreachable("The SFTP server cannot be reached, or does not let us in.") from None
            return self._client

    async def _write(self, sftp: asyncssh.SFTPClient, leg: Leg, kind: Kind, content: bytes) -> None:
        """Write the file whole or not at all; not again once it has been answered."""
        path = self._path("requests", leg, kind)
        if await sftp.exists(self._path("responses", leg, kind)) or await sftp.exists(path):
            return
        part = f"{path}.{secrets.token_hex(4)}.part"
        async with sftp.open(part, "wb") as file:
            await file.write(content)
        await sftp.posix_rename(part, path)

    async def _response(self, sftp: asyncssh.SFTPClient, leg: Leg, kind: Kind) -> LegReply:
        path, until = self._path("responses", leg, kind), time.monotonic() + self._seconds
        while True:
            if await sftp.exists(path):
                async with sftp.open(path, "rb") as file:
                    return read_result(_decoded(await file.read(_LARGEST)))
            if time.monotonic() >= until:
                return self._waiting
            await asyncio.sleep(_AGAIN)

    def _path(self, folder: str, leg: Leg, kind: Kind) -> str:
        return f"{self._base}/{folder}/{leg.id}.{kind}.json"


def _decoded(raw: bytes) -> object:
    if _NUL in raw:  # which nothing of ours can keep
        raise PeerSilent("The response has a NUL character.")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise PeerSilent("The response is not JSON.") from None
