"""The bank's books held against what its customers remember: shares no code with gateway, exchange or sandbox bank.

What a request moved is found in the ledger of the business systems by the request's own mark, not by anything that the
journal says. Each check answers what is wrong; nothing is right.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import psycopg

from guanxi.lab.balance_history import AccountOperation, impossible_accounts, unequal_totals
from guanxi.lab.client_log import Remembered

Moves = Mapping[str, Decimal]  # by account, net, signed as its holder sees it
_MONEY: Final = frozenset(
    {
        "cash_withdrawal",
        "purchase",
        "internal_transfer",
        "bill_payment",
        "transfer_across_systems",
        "loan_payout_with_insurance",
    }
)
_PACKAGE: Final = "open_package"
_AT_MACHINES: Final = frozenset({"atm", "pos"})
_MAY_HAVE_HAPPENED: Final = frozenset({"", "unanswered", "pending", "in_doubt", "in_progress"})
_MARK: Final = "GX[0-9]{10}"
_NAMED: Final = "GXB?[0-9]{10}"  # the bank test's transfers too, which are checked otherwise
_SHOWN: Final = 20  # of what is wrong in one respect


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One promise, how many cases of it were looked at, and what was wrong."""

    promise: str
    examined: int
    wrong: Sequence[str]


def ended_requests(lines: Iterable[Remembered]) -> list[Remembered]:
    """How each request ended for its customer; one without an end has an empty one."""
    last: dict[str, Remembered] = {}
    for line in lines:
        last[line.key] = line
    return list(last.values())


def expected_moves(request: Remembered) -> Moves:
    """What `request` moves when it is done."""
    amount = Decimal(request.amount)
    given = amount + Decimal(request.premium or 0)
    return {request.account: -given} | ({request.payee: amount} if request.payee else {})


def check_effects(requests: Iterable[Remembered], booked: Mapping[str, Moves]) -> list[Finding]:
    """Exactly once what was acknowledged; at most once, and wholly, what was not; nothing that nobody asked for.

    A machine that was not answered has reversed until the bank agreed, so that nothing of it may stand.
    """
    known = {request.mark: request for request in requests if request.service in _MONEY}
    sorts = collections.defaultdict[str, list[Remembered]](list)
    for request in known.values():
        sorts[_sort(request)].append(request)
    nothing: Moves = {}
    once = [_misfit(each, booked, (expected_moves(each),)) for each in sorts["done"]]
    never = [_misfit(each, booked, (nothing,)) for each in sorts["not done"]]
    at_most_once = [_misfit(each, booked, (nothing, expected_moves(each))) for each in sorts["unknown"]]
    strangers = [f"{mark} moved {_told(moves)}" for mark, moves in booked.items() if mark not in known]
    return [
        Finding("what was acknowledged happened exactly once", len(once), _wrong(once)),
        Finding("what was refused, or taken back by a machine, left no trace", len(never), _wrong(never)),
        Finding("what was never answered happened at most once, and wholly", len(at_most_once), _wrong(at_most_once)),
        Finding("nothing happened that nobody asked for", len(booked), strangers),
    ]


def _sort(request: Remembered) -> str:
    if request.ended == "completed":
        return "done"
    return "unknown" if request.ended in _MAY_HAVE_HAPPENED and request.channel not in _AT_MACHINES else "not done"


def _misfit(request: Remembered, booked: Mapping[str, Moves], allowed: Sequence[Moves]) -> str | None:
    found = booked.get(request.mark, {})
    if found in allowed:
        return None
    who = f"{request.channel} {request.service} {request.mark}"
    return f"{who}: told {request.ended or 'nothing'}, asked {_told(expected_moves(request))}, booked {_told(found)}"


def _wrong(found: Iterable[str | None]) -> list[str]:
    return [each for each in found if each is not None]


def _told(moves: Moves) -> str:
    return ", ".join(f"{account} {amount:+}" for account, amount in sorted(moves.items())) or "nothing"


def read_booked(bank: psycopg.Connection) -> dict[str, dict[str, Decimal]]:
    """What stands in the ledger under each mark, by account: net of what was posted back."""
    rows = bank.execute(
        """
        WITH named AS (
            SELECT operation_id, min(substring(memo FROM %(mark)s)) AS mark FROM posting GROUP BY operation_id
        ), sides AS (
            SELECT operation_id, debit_account AS account, -amount AS amount FROM posting
            UNION ALL SELECT operation_id, credit_account, amount FROM posting
        )
        SELECT mark, account, sum(amount) FROM sides JOIN named USING (operation_id)
        WHERE mark IS NOT NULL AND account NOT LIKE 'GL-%%'
        GROUP BY mark, account HAVING sum(amount) <> 0
        """,
        {"mark": _MARK},
    )
    booked = collections.defaultdict[str, dict[str, Decimal]](dict)
    for mark, account, amount in rows:
        booked[mark][account] = amount
    return dict(booked)


_LEDGER: Final = {
    "money is conserved: debits and credits of each currency are equal": """
        SELECT currency, sum(amount) FROM (
            SELECT currency, -amount AS amount FROM posting UNION ALL SELECT currency, amount FROM posting
        ) AS sides GROUP BY currency HAVING sum(amount) <> 0
        """,
    "each balance is the sum of its postings": """
        SELECT number, ledger_balance, coalesce(posted, 0) FROM account LEFT JOIN (
            SELECT account, sum(amount) AS posted FROM (
                SELECT debit_account AS account, -amount AS amount FROM posting
                UNION ALL SELECT credit_account, amount FROM posting
            ) AS sides GROUP BY account
        ) AS sums ON sums.account = number
        WHERE ledger_balance <> coalesce(posted, 0)
        """,
    "nothing is on its way between two systems: clearing and billers' accounts are empty": """
        SELECT account, sum(amount) FROM (
            SELECT debit_account AS account, -amount AS amount FROM posting
            UNION ALL SELECT credit_account, amount FROM posting
        ) AS sides WHERE account LIKE 'GL-CLEARING-%' OR account LIKE 'GL-BILLERS-%'
        GROUP BY account HAVING sum(amount) <> 0
        """,
    "no money is still held": "SELECT number, held FROM account WHERE held <> 0",
    "nobody is overdrawn": """
        SELECT number, ledger_balance FROM account
        WHERE system IN ('savings', 'integrated') AND ledger_balance < 0
        """,
    "every package of account, card and mandate is whole": """
        SELECT account, string_agg(operation, ' ') FROM operation
        WHERE operation IN ('open_account', 'issue_card', 'register_mandate') AND status = 'posted'
        GROUP BY account HAVING count(*) <> 3
        """,
    "nothing waits to be confirmed": "SELECT system, id, status FROM operation WHERE status = 'accepted'",
    "nothing moved under no name": f"""
        SELECT operation_id, debit_account, credit_account, amount, memo FROM posting AS p
        WHERE memo <> 'opening balance' AND (debit_account NOT LIKE 'GL-%' OR credit_account NOT LIKE 'GL-%')
          AND NOT EXISTS (SELECT FROM posting AS q WHERE q.operation_id = p.operation_id AND q.memo ~ '{_NAMED}')
        """,  # noqa: S608 - a pattern of our own
}


def check_packages(bank: psycopg.Connection, requests: Iterable[Remembered]) -> Finding:
    """A package that was acknowledged is there, one that was refused is not; of one never answered either is right."""
    rows = bank.execute("SELECT bill_reference, count(*) FROM mandate WHERE status = 'active' GROUP BY bill_reference")
    there: dict[str, int] = dict(rows.fetchall())
    asked = [request for request in requests if request.service == _PACKAGE]
    allowed = {"done": {1}, "not done": {0}, "unknown": {0, 1}}
    wrong = [
        f"{request.mark}: told {request.ended or 'nothing'}, there {there.get(request.mark, 0)} times"
        for request in asked
        if there.get(request.mark, 0) not in allowed[_sort(request)]
    ]
    return Finding("packages are there once when acknowledged, and not when refused", len(asked), wrong)


def check_ledger(bank: psycopg.Connection) -> list[Finding]:
    """What holds in any bank's books once everything has come to an end."""
    postings = _number(bank, "SELECT count(*) FROM posting")
    return [Finding(promise, postings, _rows(bank, query)) for promise, query in _LEDGER.items()]


def check_timeline(
    database: psycopg.Connection, requests: Sequence[Remembered], booked: Mapping[str, Moves]
) -> list[Finding]:
    """Each customer's timeline tells what happened to the money, once, and every look that was answered."""
    shown = _moves_on_timelines(database)
    marks = shown.keys() | booked.keys()
    amiss = [
        f"{mark}: the timelines tell {_told(shown.get(mark, {}))}, the books {_told(booked.get(mark, {}))}"
        for mark in sorted(marks)
        if shown.get(mark, {}) != booked.get(mark, {})
    ]
    looks = collections.Counter(
        (request.party_number, request.channel, request.service)
        for request in requests
        if request.service not in _MONEY and request.ended in {"completed", "ok"}
    )
    return [
        Finding("the timeline tells what the books tell, account by account", len(marks), amiss),
        Finding("every look that was answered is on the timeline", looks.total(), _missing_looks(database, looks)),
    ]


def _moves_on_timelines(database: psycopg.Connection) -> dict[str, dict[str, Decimal]]:
    """By mark and account: what was told as done, less what was told as taken back.

    An entry that says pending or in doubt is followed by one that says how it ended, so that only ends count.
    """
    rows = database.execute(
        """
        SELECT substring(i.detail::text FROM %(mark)s) AS mark, a.number, sum(i.amount)
        FROM interactions_interaction AS i JOIN parties_account AS a ON a.id = i.account_id
        WHERE i.detail::text ~ %(mark)s AND i.amount IS NOT NULL AND (i.outcome = 'completed'
            OR (i.outcome = 'reversed' AND EXISTS (SELECT FROM interactions_interaction AS was
                WHERE was.request_id = i.request_id AND was.party_id = i.party_id AND was.outcome = 'completed')))
        GROUP BY 1, 2 HAVING sum(i.amount) <> 0
        """,
        {"mark": _MARK},
    )
    shown = collections.defaultdict[str, dict[str, Decimal]](dict)
    for mark, account, amount in rows:
        shown[mark][account] = amount
    return dict(shown)


def _missing_looks(database: psycopg.Connection, looks: collections.Counter[tuple[str, str, str]]) -> list[str]:
    rows = database.execute(
        """
        SELECT p.number, i.channel, i.service, count(*) FROM interactions_interaction AS i
        JOIN parties_party AS p ON p.id = i.party_id
        WHERE i.outcome = 'completed' AND i.request_id IS NOT NULL GROUP BY 1, 2, 3
        """
    )
    kept = collections.Counter({(number, channel, service): count for number, channel, service, count in rows})
    return [f"{' '.join(who)}: {count} answered looks are missing" for who, count in (looks - kept).items()]


def check_outbox(database: psycopg.Connection) -> list[Finding]:
    """Every interaction that a request has left is in the outbox, once."""
    wrong = _rows(
        database,
        """
        SELECT i.id FROM interactions_interaction AS i LEFT JOIN interactions_outbox AS o ON o.interaction_id = i.id
        WHERE i.request_id IS NOT NULL GROUP BY i.id HAVING count(o.interaction_id) <> 1
        """,
    )
    events = _number(database, "SELECT count(*) FROM interactions_outbox")
    return [Finding("every interaction is in the outbox, once", events, wrong)]


def open_matters(database: psycopg.Connection) -> list[tuple[Any, ...]]:
    """Requests and legs that have not come to an end."""
    return database.execute(
        """
        SELECT 'request', id, service, state, reason FROM exchange_journalrequest WHERE state <> 'closed'
        UNION ALL SELECT 'leg', id, operation, state, reason FROM exchange_journalleg
        WHERE state IN ('planned', 'sent', 'pending', 'reversing', 'in_doubt')
        """
    ).fetchall()


def read_balances(bank: psycopg.Connection, accounts: Sequence[str]) -> dict[str, Decimal]:
    """The balances of `accounts` at one instant."""
    rows = bank.execute("SELECT number, ledger_balance FROM account WHERE number = ANY (%s)", [list(accounts)])
    return dict(rows.fetchall())


def check_balances(reads: Sequence[Mapping[str, Decimal]], operations: Sequence[AccountOperation]) -> list[Finding]:
    """The bank test: nothing is missing in any read, and each account did one thing at a time."""
    total = sum(reads[0].values(), Decimal(0))
    return [
        Finding(
            "the total of accounts that pay each other is the same in every read",
            len(reads),
            unequal_totals(reads, total),
        ),
        Finding(
            "each account's balances follow from one order of what was done to it",
            len(operations),
            impossible_accounts(reads[0], operations),
        ),
    ]


def _rows(connection: psycopg.Connection, query: str) -> list[str]:
    found = connection.execute(query).fetchmany(_SHOWN)
    return [" ".join(str(value) for value in row) for row in found]


def _number(connection: psycopg.Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
