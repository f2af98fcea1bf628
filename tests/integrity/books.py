"""The bank's books held against what its customers remember. Shares no code with gateway, exchange or sandbox bank.

First the ledger of the business systems and the customers' memory alone; then the journal and the timeline.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
from decimal import Decimal

import psycopg

from guanxi.kernel.clock import now
from guanxi.lab.client_log import Remembered

Movements = collections.Counter[tuple[str, Decimal]]
_MONEY = {"cash_withdrawal", "purchase", "internal_transfer", "bill_payment"}


def ended_requests(lines: Iterable[Remembered]) -> list[Remembered]:
    """How each request ended for its customer; one without an end is `unanswered`."""
    last: dict[str, Remembered] = {}
    for line in lines:
        last[line.key] = line
    return list(last.values())


def remembered_movements(requests: Iterable[Remembered]) -> Movements:
    """What customers were told has moved: account and signed amount, each as often as it happened."""
    movements: Movements = collections.Counter()
    for request in requests:
        if request.service in _MONEY and request.ended == "completed":
            movements[request.account, -Decimal(request.amount)] += 1
            if request.payee:
                movements[request.payee, Decimal(request.amount)] += 1
    return movements


def booked_movements(bank: psycopg.Connection) -> Movements:
    """What the ledger says has moved on customers' accounts since they were opened: net of what was posted back."""
    rows = bank.execute(
        """
        SELECT account, sum(amount) FROM (
            SELECT operation_id, debit_account AS account, -amount AS amount, memo FROM posting
            UNION ALL SELECT operation_id, credit_account, amount, memo FROM posting
        ) AS sides
        WHERE account NOT LIKE 'GL-%' AND memo <> 'opening balance'
        GROUP BY account, operation_id HAVING sum(amount) <> 0
        """
    )
    return collections.Counter((account, amount) for account, amount in rows)


def faults_of_the_ledger(bank: psycopg.Connection) -> dict[str, list[tuple[object, ...]]]:
    """What must be empty in any bank's books."""
    return {
        "balances that are not the sum of their postings": bank.execute(
            """
            SELECT number, ledger_balance, coalesce(posted, 0) FROM account LEFT JOIN (
                SELECT account, sum(amount) AS posted FROM (
                    SELECT debit_account AS account, -amount AS amount FROM posting
                    UNION ALL SELECT credit_account, amount FROM posting
                ) AS sides GROUP BY account
            ) AS sums ON sums.account = number
            WHERE ledger_balance <> coalesce(posted, 0)
            """
        ).fetchall(),
        "currencies whose debits and credits differ": bank.execute(
            """
            SELECT currency, sum(amount) FROM (
                SELECT currency, -amount AS amount FROM posting UNION ALL SELECT currency, amount FROM posting
            ) AS sides GROUP BY currency HAVING sum(amount) <> 0
            """
        ).fetchall(),
        "money still held": bank.execute("SELECT number, held FROM account WHERE held <> 0").fetchall(),
        "overdrawn": bank.execute(
            "SELECT number FROM account WHERE system = 'savings' AND ledger_balance < 0"
        ).fetchall(),
    }


def open_matters(database: psycopg.Connection) -> list[tuple[object, ...]]:
    """Requests and legs that have not come to an end."""
    return database.execute(
        """
        SELECT 'request', id, service, state, reason FROM exchange_journalrequest WHERE state <> 'closed'
        UNION ALL SELECT 'leg', id, operation, state, reason FROM exchange_journalleg
        WHERE state IN ('planned', 'sent', 'pending', 'reversing', 'in_doubt')
        """
    ).fetchall()


def not_on_record(database: psycopg.Connection, requests: Iterable[Remembered], year: int) -> list[Remembered]:
    """Acknowledged requests that the journal has not, has otherwise, or that are not on their customer's timeline."""
    rows = database.execute(
        """
        SELECT channel, idempotency_key, p.number,
            EXISTS (SELECT FROM interactions_interaction i
                WHERE i.request_id = r.id AND i.party_id = r.party_id AND i.outcome = 'completed')
        FROM exchange_journalrequest r JOIN parties_party p ON p.id = r.party_id WHERE outcome = 'completed'
        """
    )
    recorded = {(channel, _last_part(key), number) for channel, key, number, shown in rows if shown}
    return [
        request
        for request in requests
        if request.ended == "completed"
        and (request.channel, _last_part(_journal_key(request, year)), request.party_number) not in recorded
    ]


def this_year() -> int:
    """The year that field 7 leaves out."""
    return now().year


def _journal_key(request: Remembered, year: int) -> str:
    if request.channel not in {"atm", "pos"}:
        return request.key
    terminal_id, transmitted_at, trace_number = request.key.split(":")
    return f"{terminal_id}:{year}{transmitted_at}:{trace_number}"


def _last_part(key: str) -> str:
    """The journal may put the customer before a key from the web."""
    return key if key[:3] in {"ATM", "POS"} else key[-36:]
