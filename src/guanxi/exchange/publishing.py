"""Publishing the outbox: at least once, each party's events in order, by one publisher at a time.

The place is moved only after the broker has confirmed; whoever is killed in between sends some events again, with the
same ids. Events of one party are sent one after the other, those of different parties at the same time.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final

import asyncpg

from guanxi.exchange.event_brokers import Publish, open_broker
from guanxi.exchange.events import CloudEvent, events_of
from guanxi.interactions.outbox import START, News, Place, move, news_after, news_between, position_of
from guanxi.kernel.clock import now

READER: Final = "publisher"
_LOCK: Final = 71_218
_IDLE_SECONDS: Final = 0.25
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0

_log = logging.getLogger(__name__)


async def publish_for_ever(database_url: str, broker_url: str, clock: Callable[[], dt.datetime] = now) -> None:
    """Publish until cancelled; wait with growing pauses for a database or a broker that is away."""
    pause = _FIRST_PAUSE
    while True:
        started = clock()
        try:
            await _publish(database_url, broker_url, clock)
        except Exception as error:  # noqa: BLE001 - brokers' libraries have families of their own; none may end this
            _log.warning("Events cannot be published now: %s", error)
        lived = (clock() - started).total_seconds()
        pause = _FIRST_PAUSE if lived > _LONGEST_PAUSE else min(pause * 2, _LONGEST_PAUSE)
        await asyncio.sleep(pause)


async def replay(
    database_url: str, publish: Publish, first: dt.datetime, last: dt.datetime, party: uuid.UUID | None = None
) -> AsyncIterator[int]:
    """Publish again what happened from `first` to before `last`; after each batch, how many events so far."""
    connection, place, sent = await asyncpg.connect(database_url), START, 0
    try:
        while found := await news_between(connection, place, first, last, party=party):
            place, sent = found[-1].place, sent + await send(publish, found, replayed=True)
            yield sent
    finally:
        await connection.close()


async def send(publish: Publish, found: Sequence[News], *, replayed: bool = False) -> int:
    """Publish the events of `found`, each party's in order; how many they were."""
    by_party: dict[str, list[CloudEvent]] = {}
    for each in found:
        for event in events_of(each.row):
            by_party.setdefault(event.subject, []).append(event)

    async def in_order(events: list[CloudEvent]) -> None:
        for event in events:
            await publish(event, replayed)

    async with asyncio.TaskGroup() as together:
        for events in by_party.values():
            together.create_task(in_order(events))
    return sum(map(len, by_party.values()))


async def _publish(database_url: str, broker_url: str, clock: Callable[[], dt.datetime]) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)  # held as long as this connection lives
        async with open_broker(broker_url) as publish:
            _log.info("Publishing events")
            place = await position_of(connection, READER)
            while True:
                place = await _next(connection, publish, place, clock)
    finally:
        await connection.close()


async def _next(
    connection: asyncpg.Connection, publish: Publish, place: Place, clock: Callable[[], dt.datetime]
) -> Place:
    found = await news_after(connection, place)
    if not found:
        await asyncio.sleep(_IDLE_SECONDS)
        return place
    await send(publish, found)
    await move(connection, READER, found[-1].place, clock())
    return found[-1].place
