"""The journal held against the business systems' own books, a day at a time; what does not agree becomes a break.

Both sides are streamed in the order of names and merged, so that a day of any size takes little memory. An operation
may be booked on the next day: a leg that is not in the day's book is asked for by its name before it is called missing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import logging
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Final

import asyncpg

from guanxi.exchange.breaks import FoundBreak, keep_breaks
from guanxi.exchange.comparison import JournalledLeg, compare, merged, missing_here, missing_there
from guanxi.exchange.states import LegState
from guanxi.services.ports import BookedOperation, BusinessSystem, Reconcilable

_log = logging.getLogger(__name__)
_MARGIN: Final = dt.timedelta(hours=1)  # a leg of the day before or after may be in the day's book
_PAGE: Final = 5000
_AT_ONCE: Final = 200  # breaks kept with one statement

_LEGS: Final = """
SELECT id, operation, content, state, reference, sent_at >= $4 AND sent_at < $5 AS in_day FROM exchange_journalleg
WHERE coalesce(endpoint, system) = $1 AND sent_at >= $2 AND sent_at < $3 ORDER BY id
"""
_KNOWN: Final = "SELECT EXISTS (SELECT FROM exchange_journalleg WHERE id = $1)"
_DONE: Final = """
INSERT INTO exchange_reconciliation (system, day, at, ours, theirs, breaks, failure) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (system, day) DO UPDATE SET at = excluded.at, ours = excluded.ours, theirs = excluded.theirs,
    breaks = excluded.breaks, failure = excluded.failure
"""


@dataclasses.dataclass(slots=True)
class Result:
    """How many were compared, and what did not agree; `failure` says why it could not be done."""

    system: str
    ours: int = 0
    theirs: int = 0
    breaks: int = 0
    failure: str = ""


async def reconcile(
    pool: asyncpg.Pool, systems: Mapping[str, BusinessSystem], day: dt.date, at: dt.datetime
) -> list[Result]:
    """Hold the journal of `day` (UTC) against each endpoint that has a book; what came of it is kept."""
    books = {name: system for name, system in systems.items() if isinstance(system, Reconcilable)}
    results = [await _reconcile_one(pool, name, book, day, at) for name, book in sorted(books.items())]
    for each in results:
        await pool.execute(_DONE, each.system, day, at, each.ours, each.theirs, each.breaks, each.failure)
    return results


async def _reconcile_one(pool: asyncpg.Pool, system: str, book: Reconcilable, day: dt.date, at: dt.datetime) -> Result:
    result, found = Result(system), list[FoundBreak]()
    try:
        async for mine, other in merged(_legs(pool, system, book, day), book.booked(day)):
            result.ours += mine is not None and mine.in_day
            result.theirs += other is not None
            if broken := await _break_of(pool, system, book, mine, other, day):
                result.breaks += 1
                found.append(broken)
            if len(found) >= _AT_ONCE:
                await keep_breaks(pool, found, at)
                found = []
    except OSError as error:
        _log.warning("The book of %s for %s could not be read to its end: %s", system, day, error)
        result.failure = str(error)[:200] or type(error).__name__
    await keep_breaks(pool, found, at)
    return result


async def _break_of(
    pool: asyncpg.Pool,
    system: str,
    book: Reconcilable,
    mine: JournalledLeg | None,
    other: BookedOperation | None,
    day: dt.date,
) -> FoundBreak | None:
    if mine is not None and other is not None:
        return compare(mine, other, day)
    if mine is not None:
        if not mine.in_day or missing_there(mine, day) is None:
            return None
        elsewhere = await book.find_booked(mine.name)
        return compare(mine, elsewhere, day) if elsewhere else missing_there(mine, day)
    if other is None:
        return None
    broken = missing_here(system, other, day)
    return None if broken and await _is_known(pool, other.id) else broken


async def _is_known(pool: asyncpg.Pool, name: str) -> bool:
    """Is it a leg of another day, sent again long after it was journalled?"""
    try:
        return bool(await pool.fetchval(_KNOWN, uuid.UUID(name)))
    except ValueError:
        return False


async def _legs(pool: asyncpg.Pool, system: str, book: Reconcilable, day: dt.date) -> AsyncIterator[JournalledLeg]:
    """The journal's legs of the day and an hour around it, in the order of their names there."""
    begin = dt.datetime.combine(day, dt.time(), dt.UTC)
    end = begin + dt.timedelta(days=1)
    legs = _read_legs(pool, system, book, (begin - _MARGIN, end + _MARGIN, begin, end))
    if book.name_of(_PROBE) == str(_PROBE):
        async for leg in legs:
            yield leg
    else:  # names of the system's own making come in another order than ours
        for leg in sorted([leg async for leg in legs], key=lambda leg: leg.name):
            yield leg


_PROBE: Final = uuid.UUID(int=1)


async def _read_legs(
    pool: asyncpg.Pool, system: str, book: Reconcilable, window: tuple[dt.datetime, ...]
) -> AsyncIterator[JournalledLeg]:
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        async for row in connection.cursor(_LEGS, system, *window, prefetch=_PAGE):
            leg_id = uuid.UUID(int=row["id"].int)
            yield JournalledLeg(
                id=leg_id,
                name=book.name_of(leg_id),
                system=system,
                operation=row["operation"],
                content=json.loads(row["content"]),
                state=LegState(row["state"]),
                reference=row["reference"],
                in_day=row["in_day"],
            )
