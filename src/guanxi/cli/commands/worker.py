"""`guanxi worker`."""

from __future__ import annotations

import os

import click

from guanxi.storage.installation import database_ready


@click.command()
def worker() -> None:
    """Do the background jobs and keep the schedules."""
    with database_ready(os.environ) as configuration:
        from guanxi.cli.worker import work

        work(configuration)


COMMAND = worker
