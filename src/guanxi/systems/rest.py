"""The contract that our REST back-ends share: accounts with operations, idempotent by the leg's id.

Operations that wait while a call is under way go together in the next one. A call that was not answered is `unknown`;
asking after an operation that the system has never seen makes sure that it never will do it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Final

import aiohttp
import msgspec

from guanxi.exchange.batching import Batcher
from guanxi.kernel.vocabulary import Reason
from guanxi.services.request import Leg, LegReply

_LANES: Final = 4  # calls under way at once
_SECONDS: Final = 5.0
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.decode
_NO_ANSWER: Final = LegReply("unknown", Reason.SYSTEM_TIMEOUT)
_STATES: Final = {"posted": "confirmed", "confirmed": "confirmed", "accepted": "pending", "reversed": "reversed"}
_ENVELOPE: Final = frozenset({"id", "status", "reason", "reference"})


class RestSystem:
    """One REST back-end below `base` (such as http://127.0.0.1:8020/savings)."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._session: aiohttp.ClientSession | None = None
        self._batcher = Batcher(self._perform_many, lanes=_LANES)

    async def open(self) -> None:
        """Make the connection pool; connections are opened when needed and kept."""
        timeout = aiohttp.ClientTimeout(total=_SECONDS, sock_connect=2)
        headers = {"Content-Type": "application/json"}
        self._session = aiohttp.ClientSession(timeout=timeout, headers=headers, auto_decompress=False)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

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
            status, body = await self._call("POST", f"/operations/{leg.id}/reversal")
        except (aiohttp.ClientError, TimeoutError):
            return _NO_ANSWER
        return read_result(body) if status == 200 else _NO_ANSWER

    async def _look(self, path: str) -> LegReply:
        try:
            status, body = await self._call("GET", path)
        except aiohttp.ClientConnectorError:
            return LegReply("failed", Reason.SYSTEM_UNAVAILABLE)
        except (aiohttp.ClientError, TimeoutError):
            return _NO_ANSWER
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
            return [LegReply("failed", Reason.SYSTEM_UNAVAILABLE)] * len(legs)
        except (aiohttp.ClientError, TimeoutError):
            return [_NO_ANSWER] * len(legs)
        if status != 200 or not isinstance(body, Mapping):
            return [_NO_ANSWER] * len(legs)
        results = {result.get("id"): result for result in body.get("results", ()) if isinstance(result, Mapping)}
        return [_of(results, leg.id) for leg in legs]

    async def _call(self, method: str, path: str, content: Mapping[str, object] | None = None) -> tuple[int, object]:
        if self._session is None:
            raise LookupError("this system has not been opened")
        data = _encode(content) if content is not None else None
        async with self._session.request(method, self._base + path, data=data) as response:
            raw = await response.read()
        try:
            return response.status, _decode(raw) if raw else None
        except msgspec.DecodeError:
            return 502, None


def read_result(body: object) -> LegReply:
    """What a system says of an operation. What is no proper answer is no answer."""
    if not isinstance(body, Mapping):
        return _NO_ANSWER
    content = {str(name): value for name, value in body.items() if name not in _ENVELOPE}
    reference = body.get("reference")
    if body.get("status") in {"refused", "rejected"}:
        return LegReply("failed", _reason(body.get("reason")), reference, content)
    state = _STATES.get(str(body.get("status")))
    return (
        msgspec.convert({"state": state, "reference": reference, "content": content}, LegReply) if state else _NO_ANSWER
    )


def _of(results: Mapping[object, object], leg_id: uuid.UUID) -> LegReply:
    """The result for this very leg: an answer about another one is none."""
    return read_result(results.get(str(leg_id)))


def _reason(value: object) -> Reason:
    try:
        return Reason(str(value))
    except ValueError:
        return Reason.REFUSED_BY_SYSTEM
