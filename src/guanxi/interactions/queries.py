"""Reading the timeline: pages of it, what is new on it, what it adds up to. Every query is bounded and indexed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from guanxi.interactions.models import Case
from guanxi.parties.members import members_of, strands_of

PAGE: Final = 20
_SELECT: Final = """
SELECT id, occurred_at, party_id, account_id, request_id, channel, kind, service, outcome, amount, currency,
    duration_ms, legs, detail
FROM interactions_interaction WHERE party_id = %s
"""
_ONLY: Final = " AND account_id = ANY(%s::uuid[])"
_WITHOUT: Final = " AND (account_id IS NULL OR account_id <> ALL(%s::uuid[]))"
_CHANNEL: Final = " AND channel = %s"
_KIND: Final = " AND kind = %s"
_BEFORE: Final = " AND (occurred_at, id) < (%s::timestamptz, %s::uuid)"
_AFTER: Final = " AND (occurred_at, id) > (%s::timestamptz, %s::uuid)"
_AT: Final = " AND (occurred_at, id) = (%s::timestamptz, %s::uuid)"
_NEWEST_FIRST: Final = " ORDER BY occurred_at DESC, id DESC LIMIT %s"
_OLDEST_FIRST: Final = " ORDER BY occurred_at, id LIMIT %s"


@dataclasses.dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One interaction as it is shown."""

    id: uuid.UUID
    occurred_at: dt.datetime
    party_id: uuid.UUID
    account_id: uuid.UUID | None
    request_id: uuid.UUID | None
    channel: str
    kind: str
    service: str
    outcome: str
    amount: Decimal | None
    currency: str | None
    duration_ms: int | None
    legs: list[dict[str, Any]]
    detail: dict[str, Any]

    @property
    def cursor(self) -> str:
        """Where this entry stands, for asking what comes after it."""
        return f"{self.occurred_at.isoformat()}_{self.id}"


@dataclasses.dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted; empty words want all."""

    channel: str = ""
    kind: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class MonthFlow:
    """What came in and what went out in a month, in one currency."""

    month: dt.date
    inflow: Decimal
    outflow: Decimal


def timeline(party_id: uuid.UUID, wanted: Filter, before: str = "", limit: int = PAGE) -> list[TimelineEntry]:
    """The newest entries of a party, or those before the cursor `before`."""
    statement, values = _wanted(wanted)
    if before:
        statement, values = statement + _BEFORE, [*values, *_place(before)]
    return _entries(party_id, statement, values, _NEWEST_FIRST, limit)


def timeline_since(party_id: uuid.UUID, wanted: Filter, after: str, limit: int = PAGE) -> list[TimelineEntry]:
    """What has been added after the cursor `after`, oldest first."""
    statement, values = _wanted(wanted)
    return _entries(party_id, statement + _AFTER, [*values, *_place(after)], _OLDEST_FIRST, limit)


def timeline_entry(party_id: uuid.UUID, cursor: str) -> TimelineEntry | None:
    """The entry at `cursor`."""
    found = _entries(party_id, _AT, [*_place(cursor)], _NEWEST_FIRST, 1)
    return found[0] if found else None


def monthly_flow(party_id: uuid.UUID, currency: str, since: dt.date) -> list[MonthFlow]:
    """Completed money in and out by month since `since`."""
    with connection.cursor() as cursor:
        cursor.execute(_FLOW, [members_of(party_id), since, currency])
        return [MonthFlow(*row) for row in cursor.fetchall()]


def channel_counts(since: dt.datetime) -> dict[str, dict[int, int]]:
    """How many interactions each channel has had in each hour since `since` (hours counted from it)."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANNELS, [since, since])
        rows = cursor.fetchall()
    counts: dict[str, dict[int, int]] = {}
    for channel, hour, number in rows:
        counts.setdefault(channel, {})[int(hour)] = number
    return counts


def open_cases(party_id: uuid.UUID) -> list[Case]:
    """The party's open matters, the most urgent first."""
    return list(Case.objects.filter(party_id__in=members_of(party_id), closed_at=None).order_by("due_at")[:20])


def cases_due(limit: int = 10) -> list[Case]:
    """The open matters of all parties that are due first."""
    return list(Case.objects.filter(closed_at=None).order_by("due_at")[:limit])


def events_waiting() -> int | None:
    """How many events the slowest reader of the outbox has not come to, at most 10,000; None where nobody reads it."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING)
        row = cursor.fetchone()
    return row[0] if row else None


def _wanted(wanted: Filter) -> tuple[str, list[object]]:
    statement, values = "", list[object]()
    if wanted.channel:
        statement, values = statement + _CHANNEL, [*values, wanted.channel]
    if wanted.kind:
        statement, values = statement + _KIND, [*values, wanted.kind]
    return statement, values


def _place(cursor: str) -> tuple[str, str]:
    at, _, entry_id = cursor.partition("_")
    return at, entry_id


def _entries(
    party_id: uuid.UUID, condition: str, values: Sequence[object], order: str, limit: int
) -> list[TimelineEntry]:
    """Each strand of the timeline by its index, then the best of all of them."""
    parts, given = [], list[Any]()
    for strand in strands_of(party_id):
        parts.append(f"({_SELECT}{_ONLY * bool(strand.only)}{_WITHOUT * bool(strand.without)}{condition}{order})")
        given += [strand.party_id, *filter(None, (list(strand.only), list(strand.without))), *values, limit]
    statement = parts[0][1:-1] if len(parts) == 1 else " UNION ALL ".join(parts) + order
    with connection.cursor() as cursor:
        cursor.execute(statement, given if len(parts) == 1 else [*given, limit])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [TimelineEntry(*_read(row)) for row in rows]


def _read(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row with its last two columns, which are JSON, as Python has them."""
    legs, detail = (json.loads(column) if isinstance(column, str) else column for column in row[-2:])
    return *row[:-2], legs or [], detail or {}


_WAITING: Final = """
SELECT max((
    SELECT count(*) FROM (
        SELECT FROM interactions_outbox o WHERE (o.transaction_id, o.id) > (p.transaction_id, p.id)
        ORDER BY o.transaction_id, o.id LIMIT 10000
    ) AS waiting
)) FROM interactions_outboxposition p
"""
_FLOW: Final = """
SELECT date_trunc('month', occurred_at AT TIME ZONE 'UTC')::date AS month,
    coalesce(sum(amount) FILTER (WHERE amount > 0), 0), coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)
FROM interactions_interaction
WHERE party_id = ANY(%s) AND occurred_at >= %s AND currency = %s AND kind = 'transaction' AND outcome = 'completed'
GROUP BY month ORDER BY month
"""
_CHANNELS: Final = """
SELECT channel, floor(extract(epoch FROM occurred_at - %s::timestamptz) / 3600)::int AS hour, count(*)
FROM interactions_interaction WHERE occurred_at >= %s GROUP BY channel, hour
"""
