"""`guanxi reconcile`: the journal held against the business systems' books."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sys

import click

from guanxi.kernel import clock
from guanxi.storage.installation import database_ready


@click.command()
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day (UTC).  [default: yesterday]")
def reconcile(date: dt.datetime | None) -> None:
    """Hold the journal of a day against each business system's book; what does not agree becomes a break."""
    day = date.date() if date else clock.now().date() - dt.timedelta(days=1)
    with database_ready(os.environ) as configuration:
        from guanxi.exchange.jobs import reconcile_day

        results = asyncio.run(reconcile_day(configuration, day))
    for result in results:
        end = click.style(result.failure, fg="red") if result.failure else f"{result.breaks:,} breaks"
        click.echo(f"{result.system:<14}{result.ours:>10,} ours {result.theirs:>10,} theirs   {end}")
    if any(result.breaks or result.failure for result in results):
        click.echo("Breaks wait for a person in the office, under Exchange.")
        sys.exit(1)


COMMAND = reconcile
