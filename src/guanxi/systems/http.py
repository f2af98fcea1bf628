"""A peer over HTTP that has a contract of its own: one call, one answer, or why there is none."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

import aiohttp
import msgspec

from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import LegReply
from guanxi.systems.errors import PeerSilent, PeerUnreachable

_NOT_LET_IN: Final = frozenset({401, 407})
_NOT_YET: Final = frozenset({408, 425, 429})  # the first one under the same key may still be at work
_NUL: Final = rb"\u0000"
NO_ANSWER: Final = LegReply("unknown", Reason.SYSTEM_TIMEOUT)
UNAVAILABLE: Final = LegReply("failed", Reason.SYSTEM_UNAVAILABLE)
_decode: Final = msgspec.json.Decoder(float_hook=Decimal).decode


class Addressed(Protocol):
    """What an adapter is made for: somebody with an address."""

    @property
    def address(self) -> str:
        """Where the peer is."""

    @property
    def secret(self) -> bytes | None:
        """What its credential refers to."""


class Answer(NamedTuple):
    """What the peer said. Its body is decoded JSON, with decimal numbers; None when there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any


class HttpPeer:
    """The peer at `address`: `https://user:password@host/base?option=value`. The options are for the adapter."""

    def __init__(self, address: str, *, seconds: float = 5.0) -> None:
        url = urlsplit(address)
        self.options = dict(parse_qsl(url.query))
        self.headers: dict[str, str] = {"Content-Type": "application/json"}
        if url.username is not None:
            token = base64.b64encode(f"{unquote(url.username)}:{unquote(url.password or '')}".encode())
            self.headers["Authorization"] = f"Basic {token.decode()}"
        self._base = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path.rstrip('/')}"
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the connection pool; connections are opened when needed and kept."""
        timeout = aiohttp.ClientTimeout(total=self._seconds, sock_connect=2)
        self._session = aiohttp.ClientSession(timeout=timeout, headers=self.headers)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """The peer's answer, good or refusing; `headers` are named with `_` for `-`.

        `PeerUnreachable` when nothing was done, `PeerSilent` when nobody knows.
        """
        if self._session is None:
            raise PeerUnreachable("This system has not been opened.")
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            async with self._session.request(method, self._base + path, data=body, headers=own) as response:
                raw = await response.read()
        except aiohttp.ClientConnectorError as error:
            raise PeerUnreachable(f"The peer cannot be reached: {error.strerror}.") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise PeerSilent(f"The peer did not answer: {type(error).__name__}.") from None
        if response.status in _NOT_LET_IN:
            raise PeerUnreachable(f"The peer does not let us in ({response.status}).")
        if response.status >= 500 or response.status in _NOT_YET:
            raise PeerSilent(f"The peer answers {response.status}.")
        return Answer(response.status, response.headers, _body(raw))


def _body(raw: bytes) -> Any:  # noqa: ANN401 - whatever the peer said
    if _NUL in raw:  # which nothing of ours can keep
        raise PeerSilent("The peer's answer has a NUL character.")
    try:
        return _decode(raw) if raw else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise PeerSilent("The peer's answer is not JSON.") from None
