"""`guanxi office`."""

from __future__ import annotations

import os

import click

from guanxi.cli.assets import OFFICE_STATIC
from guanxi.storage.installation import database_ready
from guanxi.storage.open_files import allow_open_files

_AT_ONCE = 16_000  # requests under way: each open timeline is one for as long as somebody looks at it


@click.command()
def office() -> None:
    """Serve the web application for staff."""
    with database_ready(os.environ) as configuration:
        from granian import Granian
        from granian.constants import Interfaces

        allow_open_files()
        Granian(
            "guanxi.office.asgi:application",
            address=configuration.host,
            port=configuration.office_port,
            interface=Interfaces.ASGINL,
            workers=1,
            workers_kill_timeout=10,
            backlog=2048,
            backpressure=_AT_ONCE,
            websockets=False,
            log_access=False,
            static_path_route=["/static"],
            static_path_mount=[OFFICE_STATIC],
        ).serve()


COMMAND = office
