"""`guanxi migrate`."""

from __future__ import annotations

import os

import click

from guanxi.storage.installation import database_ready


@click.command()
def migrate() -> None:
    """Bring the database to the present schema. Safe to repeat."""
    with database_ready(os.environ):
        from guanxi.cli.schema import bring_up_to_date

        applied = bring_up_to_date()
    click.echo(f"{applied} changes applied." if applied else "The schema is up to date.")


COMMAND = migrate
