"""The timeline as it grows: one listener on the database a process, as many browsers as there are.

The journal notifies the channel `interactions` with the parties whose timelines have grown. A browser that was away
says where it was (the cursor of its newest entry) and gets what it has missed; nothing is told twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final, ParamSpec, TypeVar

import psycopg
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, override

from guanxi.access.models import StaffMember
from guanxi.interactions.queries import Filter, TimelineEntry, timeline, timeline_since
from guanxi.office.interactions.views import read_cursor, read_filter
from guanxi.office.staff import staff_of
from guanxi.parties.access import party_for
from guanxi.parties.members import members_of
from guanxi.storage.configuration import configuration

_KEEP_ALIVE: Final = 15.0  # seconds
_LONGEST_WAIT: Final = 10.0
_OVERLAP: Final = dt.timedelta(seconds=2)

_log = logging.getLogger(__name__)
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class Listener:
    """Wakes whoever watches a party when that party's timeline grows."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def watching(self, parties: Iterable[uuid.UUID]) -> Iterator[asyncio.Event]:
        """An event that is set each time the timeline of one of the parties may have grown."""
        event = asyncio.Event()
        watched = {str(party_id) for party_id in parties}
        for party_id in watched:
            self._watchers.setdefault(party_id, set()).add(event)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen_for_ever())
        try:
            yield event
        finally:
            for party_id in watched:
                self._watchers[party_id].discard(event)
                if not self._watchers[party_id]:
                    del self._watchers[party_id]

    async def _listen_for_ever(self) -> None:
        wait = 0.5
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(_database_url(), autocommit=True) as listening:
                    await listening.execute("LISTEN interactions")
                    self._wake_all()  # something may have happened while nobody listened
                    wait = 0.5
                    async for notice in listening.notifies():
                        self._wake(json.loads(notice.payload))
            except (OSError, psycopg.Error) as error:
                _log.warning("The timeline's listener has lost the database: %s", error)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    def _wake(self, parties: list[str]) -> None:
        for party_id in parties:
            for event in self._watchers.get(party_id, ()):
                event.set()

    def _wake_all(self) -> None:
        self._wake(list(self._watchers))


_LISTENER: Final = Listener()


async def timeline_live(request: HttpRequest, party_id: uuid.UUID) -> StreamingHttpResponse:
    """The stream of what is new on a party's timeline, as server-sent events."""
    staff = await request.auser()
    if isinstance(staff, StaffMember):
        request.user = staff
    present = staff_of(request)
    await _read(party_for, present, party_id)
    after = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    wanted = read_filter(request)
    stream = _events(present, party_id, wanted, read_cursor(after) if after else "", get_language() or "en")
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


async def _events(
    staff: StaffMember, party_id: uuid.UUID, wanted: Filter, after: str, language: str
) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    seen = await _new(party_id, wanted, "", frozenset())
    told = {entry.id for entry in seen if after and entry.cursor <= after}
    with _LISTENER.watching(await _read(members_of, party_id)) as event:
        while True:
            event.clear()
            entries = await _new(party_id, wanted, after, told)
            if entries:
                told |= {entry.id for entry in entries}
                after = entries[-1].cursor
                yield _event(staff, entries, after, language)
            while not event.is_set():  # whoever only waits costs no query
                try:
                    await asyncio.wait_for(event.wait(), _KEEP_ALIVE)
                except TimeoutError:
                    yield b": still here\n\n"


async def _new(party_id: uuid.UUID, wanted: Filter, after: str, told: AbstractSet[uuid.UUID]) -> list[TimelineEntry]:
    """What has not been told yet. Two writers may commit out of order, so it looks a little behind the cursor."""
    try:
        if after:
            found = await _read(timeline_since, party_id, wanted, _behind(after))
            return [entry for entry in found if entry.id not in told]
        return (await _read(timeline, party_id, wanted))[::-1]
    except (psycopg.Error, OSError) as error:
        _log.warning("The timeline cannot be read at the moment: %s", error)
        await asyncio.sleep(1)
        return []


async def _read(question: Callable[Asked, Answer], *values: Asked.args, **named: Asked.kwargs) -> Answer:
    """Ask the database and give the connection back at once: there are far more streams than connections."""

    def ask() -> Answer:
        try:
            return question(*values, **named)
        finally:
            connection.close()

    return await sync_to_async(ask)()


def _behind(cursor: str) -> str:
    at = dt.datetime.fromisoformat(cursor.partition("_")[0]) - _OVERLAP
    return f"{at.isoformat()}_{uuid.UUID(int=0)}"


def _event(staff: StaffMember, entries: list[TimelineEntry], cursor: str, language: str) -> bytes:
    with override(language):
        html = render_to_string("interactions/entries.html", {"entries": entries[::-1], "live": True, "user": staff})
    data = "\n".join(f"data: {line}" for line in html.splitlines() if line.strip())
    return f"event: entries\nid: {cursor}\n{data}\n\n".encode()


def _database_url() -> str:
    return configuration().database_url
