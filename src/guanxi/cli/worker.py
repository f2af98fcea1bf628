"""The worker: jobs and schedules of every room, on one Procrastinate application."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Final

import procrastinate

from guanxi.access import jobs as access_jobs
from guanxi.exchange import jobs as exchange_jobs
from guanxi.exchange.files.clerk import serve_files
from guanxi.exchange.publishing import publish_for_ever
from guanxi.interactions import jobs as interactions_jobs
from guanxi.parties import jobs as parties_jobs
from guanxi.parties.survivorship import jobs as survivorship_jobs
from guanxi.storage.configuration import Configuration

ROOMS: Final = (access_jobs, parties_jobs, survivorship_jobs, interactions_jobs, exchange_jobs)


def make_application(database_url: str) -> procrastinate.App:
    """The jobs of every room over the queue in the database."""
    application = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=database_url))
    for room in ROOMS:
        application.add_tasks_from(room.blueprint, namespace=room.NAMESPACE)
    return application


def work(configuration: Configuration) -> None:
    """Work until told to stop; a job under way is finished first."""
    asyncio.run(_work(configuration))


async def _work(configuration: Configuration) -> None:
    application = make_application(configuration.database_url)
    async with application.open_async(), _publishing(configuration), _meanwhile(serve_files(configuration)):
        task = asyncio.create_task(
            application.run_worker_async(install_signal_handlers=False, delete_jobs="successful", concurrency=2)
        )
        loop = asyncio.get_running_loop()
        for stop in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(stop, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            return


@contextlib.asynccontextmanager
async def _publishing(configuration: Configuration) -> AsyncIterator[None]:
    """Publish events meanwhile, where there is a broker."""
    if not configuration.broker_url:
        yield
        return
    async with _meanwhile(publish_for_ever(configuration.database_url, configuration.broker_url)):
        yield


@contextlib.asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do `work`, which never ends by itself, as long as the block lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
