"""The worker: jobs and schedules of every room, on one Procrastinate application."""

from __future__ import annotations

import asyncio
import signal
from typing import Final

import procrastinate

from guanxi.access import jobs as access_jobs
from guanxi.exchange import jobs as exchange_jobs
from guanxi.interactions import jobs as interactions_jobs
from guanxi.storage.configuration import Configuration

ROOMS: Final = (access_jobs, interactions_jobs, exchange_jobs)


def make_application(database_url: str) -> procrastinate.App:
    """The jobs of every room over the queue in the database."""
    application = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=database_url))
    for room in ROOMS:
        application.add_tasks_from(room.blueprint, namespace=room.NAMESPACE)
    return application


def work(configuration: Configuration) -> None:
    """Work until told to stop; a job under way is finished first."""
    asyncio.run(_work(configuration.database_url))


async def _work(database_url: str) -> None:
    application = make_application(database_url)
    async with application.open_async():
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
