"""Group commit: whoever waits while one batch is being written goes together into the next.

Under load a statement and a commit are shared by dozens of requests; alone, a request waits for nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import asyncpg

from guanxi.exchange.errors import ExchangeBusy

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Batcher(Generic[Item, Answer]):
    """Collects items and hands them to `write` in batches; each submitter gets the answer at its own position.

    When the database refuses a value in a batch, its items are written one by one, so that a bad one cannot take
    others with it.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        lanes: int = 1,
        largest: int = 256,
        bounded: bool = True,
    ) -> None:
        self._write = write
        self._largest = largest
        self._most_waiting = 64 * largest if bounded else math.inf
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._idle_lanes = lanes
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Answer:
        """The answer to `item`, once its batch has been written. `ExchangeBusy` when too many wait."""
        if len(self._waiting) >= self._most_waiting:
            raise ExchangeBusy
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._idle_lanes:
            self._idle_lanes -= 1
            task = asyncio.create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    @property
    def waiting(self) -> int:
        """How many items wait for their batch to be written."""
        return len(self._waiting)

    async def flush(self) -> None:
        """Wait until everything submitted so far has been written."""
        while self._tasks:
            with contextlib.suppress(Exception):
                await asyncio.gather(*self._tasks)

    async def _drain(self) -> None:
        await asyncio.sleep(0)  # let everybody who is ready in this turn of the loop come along
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._largest], self._waiting[self._largest :]
                await self._write_batch(batch)
        finally:
            self._idle_lanes += 1

    async def _write_batch(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._write([item for item, _ in batch])
        except asyncpg.DeadlockDetectedError:
            await self._write_batch(batch)
            return
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            if len(batch) == 1:
                _tell(batch, error)
                return
            for one in batch:
                await self._write_batch([one])
            return
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            _tell(batch, error)
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)


def _tell(batch: Sequence[tuple[object, asyncio.Future[Answer]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
