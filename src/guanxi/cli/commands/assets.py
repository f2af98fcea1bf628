"""`guanxi assets`."""

from __future__ import annotations

import click

from guanxi.cli.assets import build_assets


@click.command()
def assets() -> None:
    """Build the browser's assets, if their sources have changed."""
    click.echo("The assets have been built." if build_assets() else "The assets are up to date.")


COMMAND = assets
