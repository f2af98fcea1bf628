"""A business system's book of a day, read over REST page by page, for reconciliation."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Final, TypeVar

import aiohttp
import msgspec

from guanxi.services.ports import BookedOperation

_Shape = TypeVar("_Shape")
_PAGE: Final = 5000
_TIMEOUT: Final = aiohttp.ClientTimeout(total=60)


class _Page(msgspec.Struct, frozen=True):
    operations: list[BookedOperation]


async def read_book(base: str, day: dt.date) -> AsyncIterator[BookedOperation]:
    """The operations of `day` below `base`, in the order of their ids."""
    after = ""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as client:
        while True:
            raw = await _get(client, f"{base}/operations?day={day:%Y-%m-%d}&limit={_PAGE}{after}")
            page = _decoded(raw, _Page).operations if raw else []
            for operation in page:
                yield operation
            if len(page) < _PAGE:
                return
            after = f"&after={page[-1].id}"


async def find_in_book(base: str, name: str) -> BookedOperation | None:
    """One operation below `base`."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as client:
        raw = await _get(client, f"{base}/operations/{name}")
    return _decoded(raw, BookedOperation) if raw else None


async def _get(client: aiohttp.ClientSession, url: str) -> bytes:
    """The body, nothing for 404; `ConnectionError` for anything that is no answer."""
    try:
        async with client.get(url) as response:
            raw = await response.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ConnectionError(str(error)) from error
    if response.status not in {200, 404}:
        raise ConnectionError(f"{url} answered {response.status}")
    return raw if response.status == 200 else b""


def _decoded(raw: bytes, shape: type[_Shape]) -> _Shape:
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.DecodeError as error:
        raise ConnectionError(f"The book cannot be read: {error}") from error
