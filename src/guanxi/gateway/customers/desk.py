"""Where the work on customers is done: on a few threads, each with a connection of its own.

What is done there is what the office does too (`guanxi.parties`), which speaks to PostgreSQL through psycopg.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from guanxi.gateway.errors import InvalidRequest, NotReady

Connection = psycopg.Connection[Any]
Result = TypeVar("Result")

_THREADS: Final = 4
_MOST_WAITING: Final = 256
_PATIENCE: Final = 10.0  # seconds for a connection
# Every statement finds its rows by index, also while the statistics still speak of an empty table.
_OPTIONS: Final = "-c timezone=UTC -c enable_seqscan=off -c statement_timeout=60000"


class CustomerDesk:
    """Threads and connections, made when they are first needed."""

    def __init__(self, database_url: str) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="customers")
        self._pool = ConnectionPool(
            database_url,
            min_size=0,
            max_size=_THREADS,
            timeout=_PATIENCE,
            kwargs={"options": _OPTIONS},
            open=False,
        )
        self._waiting = 0

    async def run(self, work: Callable[[Connection], Result]) -> Result:
        """Do `work` in a transaction of its own; it commits when `work` returns, and nothing is kept when it raises."""
        if self._waiting >= _MOST_WAITING:
            raise NotReady("Too much is waiting at this moment.", next_step="Try again in a few seconds.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._do, work)
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise NotReady(
                "The record cannot be reached, and nothing is done without it.",
                next_step="Try again with the same Idempotency-Key.",
            ) from error
        except (psycopg.DataError, UnicodeEncodeError) as error:
            raise InvalidRequest(
                "A text or a number in the request cannot be kept, such as a text with a NUL character.",
                next_step="Leave such characters out.",
            ) from error
        finally:
            self._waiting -= 1

    def _do(self, work: Callable[[Connection], Result]) -> Result:
        self._pool.open()
        with self._pool.connection() as connection:
            return work(connection)

    def close(self) -> None:
        """Let threads and connections end."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._pool.close()
