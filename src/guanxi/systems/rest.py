"""The contract that our REST back-ends share: accounts with operations, idempotent by the leg's id.

Operations that wait while a call is under way go together in the next one. A call that was not answered is `unknown`;
asking after an operation that the system has never seen makes sure that it never will do it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final, Self

import aiohttp
import msgspec

from guanxi.exchange.batching import Batcher
from guanxi.exchange.parameters import Endpoint
from guanxi.kernel.vocabulary import Reason
from guanxi.services.ports import BookedOperation
from guanxi.services.request import Leg, LegReply
from guanxi.systems.book import find_in_book, read_book

_LANES: Final = 4  # calls under way at once
_SECONDS: Final = 5.0
_CONNECT_SECONDS: Final = 2.0
_NUL: Final = rb"\u0000"
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.decode
_NO_ANSWER: Final = LegReply("unknown", Reason.SYSTEM_TIMEOUT)
_UNAVAILABLE: Final = LegReply("failed", Reason.SYSTEM_UNAVAILABLE)
_NOT_NOW: Final = frozenset({429, 503})  # when the system itself says with it that nothing was done
_NOT_SO: Final = range(400, 500)  # likewise, and it would not be another time
_STATES: Final[Mapping[str, LegReply]] = {
    "posted": LegReply("confirmed"),
    "confirmed": LegReply("confirmed"),
    "accepted": LegReply("pending"),
    "reversed": LegReply("reversed"),
    "refused": LegReply("failed"),
    "rejected": LegReply("failed"),
}
_ENVELOPE: Final = frozenset({"id", "status", "reason", "reference"})
_LONGEST_REFERENCE: Final = 64


class RestSystem:
    """One REST back-end below `base` (such as http://127.0.0.1:8020/savings)."""

    def __init__(
        self, base: str, *, token: str = "", seconds: float = _SECONDS, connect_seconds: float = _CONNECT_SECONDS
    ) -> None:
        self._base = base.rstrip("/")
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=connect_seconds)
        self._session: aiohttp.ClientSession | None = None
        self._batcher = Batcher(self._perform_many, lanes=_LANES)

    @classmethod
    def at(cls, endpoint: Endpoint) -> Self:
        """The back-end at `endpoint`; its credential is a bearer token (RFC 6750)."""
        parameters = endpoint.parameters
        return cls(
            endpoint.address,
            token=endpoint.secret.decode() if endpoint.secret else "",
            seconds=parameters.timeout_seconds,
            connect_seconds=parameters.connect_seconds,
        )

    async def open(self) -> None:
        """Make the connection pool; connections are opened when needed and kept."""
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {self._token}"} if self._token else {}
        )
        self._session = aiohttp.ClientSession(timeout=self._timeout, headers=headers, auto_decompress=False)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def ping(self) -> bool:
        """Whether there is an answer at all that does not tell of a fault of its own."""
        try:
            status, _ = await self._call("GET", "/accounts/-")
        except (aiohttp.ClientError, TimeoutError):
            return False
        return status < 500 and status not in _NOT_NOW

    async def perform(self, leg: Leg) -> LegReply:
        """Do what the leg says."""
        if leg.operation == "balance":
            return await self._look(f"/accounts/{leg.content['account']}")
        if leg.operation == "entries":
            return await self._look(f"/accounts/{leg.content['account']}/entries?limit={leg.content['limit']}")
        return await self._batcher.submit(leg)

    async def enquire(self, leg: Leg) -> LegReply:
        """What became of the leg; one that never arrived is refused for ever from now on, and so is `failed`."""
        try:
            status, body = await self._call("GET", f"/operations/{leg.id}")
        except (aiohttp.ClientError, TimeoutError):
            return _NO_ANSWER
        if status == 404:
            undone = await self.undo(leg)
            return LegReply("failed", Reason.SYSTEM_TIMEOUT) if undone.state == "reversed" else _NO_ANSWER
        return read_result(body) if status == 200 else _NO_ANSWER

    async def undo(self, leg: Leg) -> LegReply:
        """Reverse the leg, or see to it that it is refused should it still arrive."""
        try:
            status, body = await self._call("POST", f"/operations/{leg.id}/reversal", {"by": leg.undo})
        except (aiohttp.ClientError, TimeoutError):
            return _NO_ANSWER
        return read_result(body) if status == 200 else _NO_ANSWER

    def name_of(self, leg_id: uuid.UUID) -> str:
        """The leg's own id: the operation goes by it there."""
        return str(leg_id)

    def booked(self, day: dt.date) -> AsyncIterator[BookedOperation]:
        """The system's operations of `day`, page by page."""
        return read_book(self._base, day)

    async def find_booked(self, name: str) -> BookedOperation | None:
        """One operation, whenever it was."""
        return await find_in_book(self._base, name)

    async def _look(self, path: str) -> LegReply:
        try:
            status, body = await self._call("GET", path)
        except aiohttp.ClientConnectorError:
            return _UNAVAILABLE
        except (aiohttp.ClientError, TimeoutError):
            return _NO_ANSWER
        if status in _NOT_NOW:
            return _UNAVAILABLE
        if status == 404:
            return LegReply("failed", Reason.ACCOUNT_UNKNOWN)
        if status != 200 or not isinstance(body, Mapping):
            return _NO_ANSWER
        return LegReply("confirmed", content=dict(body))

    async def _perform_many(self, legs: Sequence[Leg]) -> list[LegReply]:
        operations = [{"id": leg.id, "operation": leg.operation, **leg.content} for leg in legs]
        try:
            status, body = await self._call("POST", "/operations/batch", {"operations": operations})
        except aiohttp.ClientConnectorError:
            return [_UNAVAILABLE] * len(legs)
        except (aiohttp.ClientError, TimeoutError):
            return [_NO_ANSWER] * len(legs)
        if status in _NOT_NOW:
            return [_UNAVAILABLE if _nothing_done(body) else _NO_ANSWER] * len(legs)
        if status in _NOT_SO:
            return await self._perform_each(legs)
        results = _results(body) if status == 200 else {}
        return [read_result(results.get(str(leg.id))) for leg in legs]

    async def _perform_each(self, legs: Sequence[Leg]) -> list[LegReply]:
        """The system did nothing because one of `legs` does not fit: that one is refused, the others go alone."""
        if len(legs) == 1:
            return [LegReply("failed", Reason.REFUSED_BY_SYSTEM)]
        return [reply for leg in legs for reply in await self._perform_many([leg])]

    async def _call(self, method: str, path: str, content: Mapping[str, object] | None = None) -> tuple[int, object]:
        if self._session is None:
            raise LookupError("this system has not been opened")
        data = _encode(content) if content is not None else None
        async with self._session.request(method, self._base + path, data=data) as response:
            raw = await response.read()
        if _NUL in raw:  # which nothing of ours can keep
            return 502, None
        try:
            return response.status, _decode(raw) if raw else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return 502, None


def read_result(body: object) -> LegReply:
    """What a system says of an operation. What is no proper answer is no answer."""
    if not isinstance(body, Mapping):
        return _NO_ANSWER
    said = _STATES.get(str(body.get("status")))
    if said is None:
        return _NO_ANSWER
    content = {str(name): value for name, value in body.items() if name not in _ENVELOPE}
    reason = _reason(body.get("reason")) if said.state == "failed" else None
    return LegReply(said.state, reason, _reference(body.get("reference")), content)


def _nothing_done(body: object) -> bool:
    """Whether the system itself says so: anything on the way to it may answer 503 to what it has done already."""
    return isinstance(body, Mapping) and body.get("nothing_done") is True


def _results(body: object) -> dict[str, object]:
    """The results of a batch by leg id: an answer about another leg is none."""
    results = body.get("results") if isinstance(body, Mapping) else None
    if not isinstance(results, Sequence):
        return {}
    return {str(result.get("id")): result for result in results if isinstance(result, Mapping)}


def _reference(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_REFERENCE else None


def _reason(value: object) -> Reason:
    try:
        return Reason(str(value))
    except ValueError:
        return Reason.REFUSED_BY_SYSTEM
