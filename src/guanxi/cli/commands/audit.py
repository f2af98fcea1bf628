"""`guanxi audit`."""

from __future__ import annotations

import os
import sys

import click

from guanxi.storage.installation import database_ready


@click.command()
def audit() -> None:
    """Verify that nobody has altered the audit trail."""
    with database_ready(os.environ):
        import django

        django.setup()
        from guanxi.access.audit import broken_links

        broken = list(broken_links())
    if broken:
        click.secho(f"The chain is broken at entry {broken[0]:,} and {len(broken) - 1:,} more.", fg="red")
        sys.exit(1)
    click.echo("The audit trail is whole.")


COMMAND = audit
