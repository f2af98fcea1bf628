"""`guanxi events`: what goes out to the bank's other systems."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import uuid

import click

from guanxi.exchange.event_brokers import open_broker
from guanxi.exchange.event_document import asyncapi_document
from guanxi.exchange.events import CloudEvent, events_of
from guanxi.exchange.publishing import READER, replay
from guanxi.interactions.outbox import START, lag, news_between
from guanxi.kernel import clock
from guanxi.storage.configuration import Configuration
from guanxi.storage.errors import ConfigurationInvalid
from guanxi.storage.installation import database_ready

_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"])


@click.group()
def events() -> None:
    """Events that go out to the bank's other systems."""


@events.command()
def asyncapi() -> None:
    """Print the AsyncAPI document."""
    click.echo(asyncapi_document())


@events.command()
def status() -> None:
    """How many interactions wait to be published, and for how long the oldest has."""
    with database_ready(os.environ) as settings:
        waiting, seconds = asyncio.run(_lag(settings.database_url))
    told = settings.broker_url or "GUANXI_BROKER_URL is not set: nothing is published"
    click.echo(f"{waiting:,} waiting, the oldest for {seconds:,.0f} s ({told}).")


@events.command("replay")
@click.option("--from", "first", type=_TIME, required=True, help="UTC.")
@click.option("--to", "last", type=_TIME, help="UTC.  [default: now]")
@click.option("--party", type=click.UUID, help="Only this party's.")
def replay_(first: dt.datetime, last: dt.datetime | None, party: uuid.UUID | None) -> None:
    """Publish again what happened since a time, with the same ids and the header guanxi-replayed."""
    with database_ready(os.environ) as settings:
        if not settings.broker_url:
            raise ConfigurationInvalid("There is no broker.", next_step="Set GUANXI_BROKER_URL.")
        until = last.replace(tzinfo=dt.UTC) if last else clock.now()
        sent = asyncio.run(_replay(settings, first.replace(tzinfo=dt.UTC), until, party))
    click.echo(f"{sent:,} events published again.")


@events.command()
@click.option("--party", type=click.UUID, help="Only this party's.")
def tail(party: uuid.UUID | None) -> None:
    """Print events as they come into the outbox, a line of JSON each, until Ctrl-C."""
    with database_ready(os.environ) as settings:
        asyncio.run(_tail(settings.database_url, party))


async def _lag(database_url: str) -> tuple[int, float]:
    import asyncpg

    connection = await asyncpg.connect(database_url)
    try:
        return await lag(connection, READER, clock.now())
    finally:
        await connection.close()


async def _replay(settings: Configuration, first: dt.datetime, last: dt.datetime, party: uuid.UUID | None) -> int:
    sent = 0
    async with open_broker(settings.broker_url) as publish:
        async for sent in replay(settings.database_url, publish, first, last, party):
            click.echo(f"{sent:,} …", err=True)
    return sent


async def _tail(database_url: str, party: uuid.UUID | None) -> None:
    import asyncpg

    connection, place = await asyncpg.connect(database_url), START
    started = clock.now()
    while True:
        found = await news_between(connection, place, started, started + dt.timedelta(days=365), party=party)
        for each in found:
            place = each.place
            for event in events_of(each.row):
                _print(event)
        await asyncio.sleep(0.2)


def _print(event: CloudEvent) -> None:
    click.echo(event.encoded().decode())


COMMAND = events
