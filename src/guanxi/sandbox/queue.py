"""One commit for many: operations that wait while others are being carried out go together into the next call."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from guanxi.sandbox import bank
from guanxi.sandbox.requests import Operation

_LARGEST: Final = 256  # operations in a call
_LANES: Final = 2  # calls under way at once: one is being written while the other is being read

Answers = list[dict[str, Any]]


class Queue:
    """The operations of one system on their way into its books."""

    def __init__(self, pool: asyncpg.Pool, system: str) -> None:
        self._pool = pool
        self._system = system
        self._waiting: list[tuple[Sequence[Operation], asyncio.Future[Answers]]] = []
        self._free_lanes = _LANES
        self._tasks: set[asyncio.Task[None]] = set()

    async def perform(self, operations: Sequence[Operation]) -> Answers:
        """Carry out `operations`, with whatever else waits; their answers, once they are committed."""
        future: asyncio.Future[Answers] = asyncio.get_running_loop().create_future()
        self._waiting.append((operations, future))
        if self._free_lanes:
            self._free_lanes -= 1
            task = asyncio.create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _work(self) -> None:
        await asyncio.sleep(0)  # whoever is ready in this turn of the loop comes along
        try:
            while self._waiting:
                await self._carry_out(self._take())
        finally:
            self._free_lanes += 1

    def _take(self) -> list[tuple[Sequence[Operation], asyncio.Future[Answers]]]:
        count = size = 0
        while count < len(self._waiting) and (count == 0 or size + len(self._waiting[count][0]) <= _LARGEST):
            size += len(self._waiting[count][0])
            count += 1
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    async def _carry_out(self, taken: list[tuple[Sequence[Operation], asyncio.Future[Answers]]]) -> None:
        operations = [operation for each, _ in taken for operation in each]
        try:
            answers = iter(await bank.perform(self._pool, self._system, operations))
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            for _, future in taken:
                if not future.done():
                    future.set_exception(error)
            return
        for each, future in taken:
            told = [next(answers) for _ in each]
            if not future.done():
                future.set_result(told)
