"""`guanxi gateway`."""

from __future__ import annotations

import os

import click

from guanxi.storage.installation import database_ready


@click.command()
def gateway() -> None:
    """Serve the machine doors: HTTP and ISO 8583."""
    with database_ready(os.environ) as configuration:
        from guanxi.exchange.maps.checks import require_sound
        from guanxi.gateway.server import run

        require_sound()
        run(configuration)


COMMAND = gateway
