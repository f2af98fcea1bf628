"""Group commit: order, bounds, and one bad item that costs nobody else anything."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from guanxi.exchange.batching import Batcher
from guanxi.exchange.errors import ExchangeBusy


class Writer:
    """Doubles numbers; refuses negative ones as PostgreSQL would; can be held back."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()
        self.started = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.started.set()
        await self.go.wait()
        if any(item < 0 for item in items):
            raise asyncpg.DataError
        return [2 * item for item in items]


async def test_whoever_waits_goes_together_into_the_next_batch() -> None:
    writer = Writer()
    writer.go.clear()
    batcher: Batcher[int, int] = Batcher(writer, largest=10)
    first = asyncio.create_task(batcher.submit(0))
    await writer.started.wait()
    others = [asyncio.create_task(batcher.submit(number)) for number in range(1, 25)]
    await asyncio.sleep(0)
    writer.go.set()
    assert await asyncio.gather(first, *others) == [2 * number for number in range(25)]
    assert [len(batch) for batch in writer.batches] == [1, 10, 10, 4]


async def test_a_bad_item_costs_nobody_else_anything() -> None:
    batcher: Batcher[int, int] = Batcher(Writer())
    answers = await asyncio.gather(*(batcher.submit(item) for item in (1, -2, 3)), return_exceptions=True)
    assert (answers[0], answers[2]) == (2, 6)
    assert isinstance(answers[1], asyncpg.DataError)


async def test_too_many_are_turned_away_at_once_and_those_who_wait_are_served() -> None:
    writer = Writer()
    writer.go.clear()
    batcher: Batcher[int, int] = Batcher(writer, largest=1)
    waiting = [asyncio.create_task(batcher.submit(0))]
    await writer.started.wait()
    waiting += [asyncio.create_task(batcher.submit(number)) for number in range(64)]
    await asyncio.sleep(0)
    assert batcher.waiting == 64
    with pytest.raises(ExchangeBusy):
        await batcher.submit(1)
    writer.go.set()
    assert len(await asyncio.gather(*waiting)) == 65


async def test_somebody_who_stops_waiting_does_not_disturb_the_others() -> None:
    writer = Writer()
    writer.go.clear()
    batcher: Batcher[int, int] = Batcher(writer)
    gone, stays = (asyncio.create_task(batcher.submit(number)) for number in (1, 2))
    await writer.started.wait()
    gone.cancel()
    writer.go.set()
    assert await stays == 4
