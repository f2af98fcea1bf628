"""Who is paid month after month, and by whom: read from timelines, for finding relationships."""

from __future__ import annotations

import datetime as dt
import statistics
import uuid
from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final, NamedTuple

import psycopg

from guanxi.parties.relationships.signs import FEWEST_MONTHS, Payments

_WINDOW: Final = dt.timedelta(days=396)  # thirteen months
_MOST_PER_PARTY: Final = 20
_REGULAR: Final = """
WITH members AS (
    SELECT asked.id FROM unnest(%(parties)s::uuid[]) AS asked (id)
    UNION SELECT party.id FROM parties_party party WHERE party.merged_into_id = ANY(%(parties)s::uuid[])
), moved AS (
    SELECT entry.party_id, entry.amount > 0 AS incoming, entry.currency, abs(entry.amount) AS amount,
        entry.service = 'salary' AS salary, date_trunc('month', entry.occurred_at AT TIME ZONE 'UTC')::date AS month,
        coalesce(entry.detail ->> 'counterparty_account',
            entry.detail ->> CASE WHEN entry.amount > 0 THEN 'from_account' ELSE 'to_account' END) AS account
    FROM members JOIN interactions_interaction entry ON entry.party_id = members.id
    WHERE entry.occurred_at >= %(since)s AND entry.occurred_at < %(until)s AND entry.kind = 'transaction'
        AND entry.outcome = 'completed' AND entry.amount <> 0 AND entry.detail IS NOT NULL
), monthly AS (
    SELECT party_id, account, incoming, currency, month, sum(amount) AS amount, bool_or(salary) AS salary
    FROM moved WHERE account IS NOT NULL GROUP BY party_id, account, incoming, currency, month
), regular AS (
    SELECT party_id, account, incoming, currency, min(month) AS first, array_agg(amount) AS amounts,
        bool_or(salary) AS salary
    FROM monthly GROUP BY party_id, account, incoming, currency HAVING count(*) >= %(fewest)s
), best AS (
    SELECT *, row_number() OVER (PARTITION BY party_id, incoming ORDER BY cardinality(amounts) DESC, account) AS place
    FROM regular
)
SELECT best.party_id, owner.party_id, best.incoming, best.currency, best.first, best.amounts, best.salary
FROM best JOIN parties_party party ON party.id = best.party_id
JOIN parties_account account ON account.number = best.account
JOIN parties_accountholder owner ON owner.account_id = account.id AND owner.role = 'owner'
WHERE best.place <= %(most)s AND owner.party_id <> best.party_id AND (best.incoming OR party.kind <> 'organisation')
"""


def regular_payments(
    connection: psycopg.Connection[Any], parties: Collection[uuid.UUID], at: dt.datetime
) -> list[Payments]:
    """Payments that came or went in at least three of the last thirteen months, both ends being customers.

    All that `parties` receive, and those that people among them make; for each the most regular twenty.
    """
    asked = {
        "parties": list(parties),
        "since": at - _WINDOW,
        "until": at,
        "fewest": FEWEST_MONTHS,
        "most": _MOST_PER_PARTY,
    }
    return [_read(_Row(*row), at) for row in connection.execute(_REGULAR, asked)]


class _Row(NamedTuple):
    party: uuid.UUID
    other: uuid.UUID
    incoming: bool
    currency: str
    first: dt.date
    amounts: list[Decimal]
    salary: bool


def _read(row: _Row, at: dt.datetime) -> Payments:
    party, other, incoming, currency, first, amounts, salary = row
    payer, payee = (other, party) if incoming else (party, other)
    typical = statistics.median(amounts)
    spread = statistics.fmean(abs(amount - typical) for amount in amounts) / float(typical)
    span = (at.year - first.year) * 12 + at.month - first.month  # this month may still be paid
    return Payments(
        *(payer, payee, len(amounts), max(span, len(amounts)), round(spread, 3), 1, salary),
        f"{typical:,.2f} {currency}",
    )
