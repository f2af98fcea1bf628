"""`guanxi office`."""

from __future__ import annotations

import os

import click

from guanxi.cli.assets import OFFICE_STATIC
from guanxi.storage.installation import database_ready


@click.command()
def office() -> None:
    """Serve the web application for staff."""
    with database_ready(os.environ) as configuration:
        from granian import Granian
        from granian.constants import Interfaces

        Granian(
            "guanxi.office.asgi:application",
            address=configuration.host,
            port=configuration.office_port,
            interface=Interfaces.ASGINL,
            workers=1,
            websockets=False,
            log_access=False,
            static_path_route=["/static"],
            static_path_mount=[OFFICE_STATIC],
        ).serve()


COMMAND = office
