"""A business system behind a NATS broker: request and reply, at least once, told apart by the leg's id.

The system listens on three subjects below its own: `perform`, `enquire`, `undo`. Each request carries the leg's id as
`Idempotency-Key`, by which the system does it once, and as `Correlation-Id`, which the reply gives back. What is not
answered is sent again; what is not answered then is unknown. Nothing has to last in the broker: the journal does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec
import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from guanxi.exchange.maps.engine import to_wire
from guanxi.exchange.maps.message_map import load_map
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg, LegReply
from guanxi.systems.errors import PeerSilent, PeerUnreachable
from guanxi.systems.http import NO_ANSWER, UNAVAILABLE
from guanxi.systems.rest import read_result

_MAP: Final = load_map(Path(__file__).with_name("map.toml"))
_TRIES: Final = 2
_NUL: Final = rb"\u0000"
_log = logging.getLogger(__name__)


class BrokerSystem:
    """The system at `nats://user:password@host:4222?subject=bank.ledger`; each try may take `seconds`."""

    def __init__(self, address: str, *, seconds: float = 2.0) -> None:
        url = urlsplit(address)
        self._server = f"{url.scheme}://{url.netloc}"
        self._subject = dict(parse_qsl(url.query)).get("subject", "guanxi")
        self._seconds = seconds
        self._client: Client | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to connect; legs are refused as unavailable until that has succeeded."""
        self._connecting = asyncio.create_task(self._connect())

    async def ready(self) -> None:
        """Wait for that."""
        if self._connecting is not None:
            await self._connecting

    async def close(self) -> None:
        """Let go of the connection."""
        if self._connecting is not None:
            self._connecting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._connecting
        if self._client is not None:
            await self._client.close()

    async def perform(self, leg: Leg) -> LegReply:
        """Do what the leg says."""
        try:
            return read_result(await self._ask("perform", leg))
        except PeerUnreachable:
            return UNAVAILABLE
        except PeerSilent:
            return NO_ANSWER

    async def enquire(self, leg: Leg) -> LegReply:
        """What became of the leg. One that never arrived is taken back first, so that it never will."""
        try:
            told = await self._ask("enquire", leg)
        except (PeerUnreachable, PeerSilent):
            return NO_ANSWER
        if isinstance(told, dict) and told.get("status") == "unknown":
            undone = await self.undo(leg)
            return LegReply("failed", Reason.SYSTEM_TIMEOUT) if undone.state == "reversed" else NO_ANSWER
        return read_result(told)

    async def undo(self, leg: Leg) -> LegReply:
        """Take the leg back, whether or not it has arrived."""
        try:
            reply = read_result(await self._ask("undo", leg))
        except (PeerUnreachable, PeerSilent):
            return NO_ANSWER
        return reply if reply.state == "reversed" else NO_ANSWER

    async def _connect(self) -> None:
        async def fault(error: Exception) -> None:
            _log.warning("broker: %s", error)

        self._client = await nats.connect(
            self._server, max_reconnect_attempts=-1, reconnect_time_wait=1, error_cb=fault, connect_timeout=2
        )

    async def _ask(self, verb: str, leg: Leg) -> Any:  # noqa: ANN401 - whatever the peer said
        client = self._client
        if client is None or not client.is_connected:
            raise PeerUnreachable("The broker is not connected.")
        payload = to_wire(_MAP, {"operation": leg.operation, **leg.content})
        headers = {"Idempotency-Key": str(leg.id), "Correlation-Id": str(leg.id)}
        for _ in range(_TRIES):
            try:
                answer = await client.request(
                    f"{self._subject}.{verb}", payload, timeout=self._seconds, headers=headers
                )
            except NoRespondersError:
                raise PeerUnreachable("Nobody listens behind the broker.") from None
            except NatsTimeoutError:
                continue
            except NatsError as error:
                raise PeerSilent(f"The broker broke off: {type(error).__name__}.") from None
            if (answer.headers or {}).get("Correlation-Id") != str(leg.id):
                raise PeerSilent("The reply is to another request.")
            return _decoded(answer.data)
        raise PeerSilent("The system behind the broker did not answer.")


def _decoded(raw: bytes) -> Any:  # noqa: ANN401 - whatever the peer said
    if _NUL in raw:  # which nothing of ours can keep
        return None
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
