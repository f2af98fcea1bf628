"""Put the data set into the bank: a transaction for the relations, one for every few thousand transactions.

Every id follows from the data set, and what is there already is left as it is: an import that was killed is finished by
running it again, and running it once more changes nothing.
"""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from guanxi.storage.copy_rows import add_missing
from guanxi.systems.berka import relations as berka
from guanxi.systems.berka.reader import Rejected
from guanxi.systems.berka.relations import Relations, key, read_relations
from guanxi.systems.berka.transactions import COLUMNS, FILES, Transactions

_AT_ONCE: Final = 10_000
# Rows of the published files, by its README.
PUBLISHED: Final = {
    "district": 77,
    "account": 4_500,
    "client": 5_369,
    "disp": 5_369,
    "card": 892,
    "loan": 682,
    "order": 6_471,
    FILES[0]: 49_102,
    FILES[1]: 30_200,
    FILES[2]: 3_714,
}
_PARTY: Final = (
    *("id", "number", "kind", "name", "latin_name", "birth_date", "gender", "language", "branch", "occupation"),
    *("tier", "customer_since", "created_at", "updated_at"),
)
_ACCOUNT: Final = (
    *("id", "number", "system", "product", "currency", "status", "branch", "opened_on"),
    *("ledger_balance", "available_balance"),
)
_CARD: Final = (
    *("id", "number_hash", "masked_number", "kind", "product", "account_id", "party_id", "status", "expires_on"),
    *("issued_on", "pin_verification_value", "pin_failures"),
)
_LOAN: Final = (
    *("account_id", "principal", "outstanding", "annual_rate", "term_months", "instalment", "granted_on", "standing"),
    "repaid_from_id",
)
_CONTACT: Final = ("party_id", "kind", "value", "purpose", "preferred", "source", "valid_from")
_FILLED: Final = (
    *("parties_party", "parties_partysearch", "parties_sourcerecord", "parties_link", "parties_identifier"),
    *("parties_contactpoint", "parties_account", "parties_accountholder", "parties_card", "parties_loan"),
    *("parties_standingorder", "interactions_interaction"),
)
_ONCE: Final = ("party_id", "kind", "value")
_BALANCE: Final = """
UPDATE parties_account SET ledger_balance = %s, available_balance = %s, balance_at = %s
WHERE id = %s AND (balance_at IS NULL OR balance_at < %s)
"""

Progress = Callable[[str, int, int], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Count:
    """One line of the reconciliation: rows published, taken from the file, and new in the bank."""

    file: str
    published: int
    read: int
    rejected: int
    added: int

    @property
    def agrees(self) -> bool:
        """Does the file have the rows that were published, each of them accounted for?"""
        return self.read + self.rejected == self.published


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What an import did."""

    counts: list[Count]
    rejected: list[Rejected]


def import_berka(database_url: str, secret_key: str, folder: Path, *, at: dt.datetime, progress: Progress) -> Report:
    """Import all relations and all transactions that are in `folder`."""
    of = read_relations(folder)
    with psycopg.connect(database_url) as connection:
        added = _add_relations(connection, of, secret_key, at)
        connection.commit()
        transactions = Transactions(folder, of)
        taken: Counter[str] = Counter()
        connection.execute("SELECT interactions_ensure_months('1993-01-01', '1998-12-01')")
        for file, batch in _ahead((stem, batch) for stem in FILES for batch in _batches(transactions.lines(stem))):
            added[file] += add_missing(connection, "interactions_interaction", COLUMNS, batch)
            connection.commit()
            taken[file] += len(batch)
            progress(file, taken[file], PUBLISHED[file])
        _tell_balances(connection, transactions)
        connection.commit()
        for table in _FILLED:
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
    taken.update(_sizes(of))
    return Report(_counts(of, taken, added), of.rejected)


def _add_relations(
    connection: psycopg.Connection[Any], of: Relations, secret_key: str, at: dt.datetime
) -> Counter[str]:
    added: Counter[str] = Counter()
    add = add_missing
    added["client"] = add(connection, "parties_party", _PARTY, berka.party_rows(of, at))
    add(connection, "parties_partysearch", ("party_id", "tokens", "fuzzy"), berka.search_rows(of))
    source = ("id", "source", "key", "version", "content", "received_at")
    add(connection, "parties_sourcerecord", source, berka.source_rows(of, at))
    link = ("source_record_id", "party_id", "evidence", "confidence", "linked_at")
    add(connection, "parties_link", link, berka.link_rows(of, at))
    identifier = ("party_id", "kind", "value", "issuing_country")
    add(connection, "parties_identifier", identifier, berka.identifier_rows(of), once=_ONCE)
    add(connection, "parties_contactpoint", _CONTACT, berka.address_rows(of, at), once=_ONCE)
    accounts = add(connection, "parties_account", _ACCOUNT, berka.account_rows(of))
    holders = add(connection, "parties_accountholder", ("account_id", "party_id", "role"), berka.holder_rows(of))
    added["card"] = add(connection, "parties_card", _CARD, berka.card_rows(of, secret_key))
    added["loan"] = add(connection, "parties_loan", _LOAN, berka.loan_rows(of))
    order = ("account_id", "reference", "to_bank", "to_account", "amount", "purpose")
    added["order"] = add(connection, "parties_standingorder", order, berka.order_rows(of))
    added["account"], added["disp"] = accounts - added["loan"], holders - added["loan"]
    return added


def _batches(lines: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(lines)
    while batch := list(itertools.islice(iterator, _AT_ONCE)):
        yield batch


def _ahead(batches: Iterator[tuple[str, list[str]]]) -> Iterator[tuple[str, list[str]]]:
    """`batches`, the next of which is made while the database takes the present one."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        following = reader.submit(next, batches, None)
        while batch := following.result():
            following = reader.submit(next, batches, None)
            yield batch


def _tell_balances(connection: psycopg.Connection[Any], transactions: Transactions) -> None:
    rows = [
        (balance, balance, at, key("account", account), at) for account, (at, balance) in transactions.balances.items()
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_BALANCE, rows)


def _sizes(of: Relations) -> dict[str, int]:
    kept = (of.districts, of.accounts, of.clients, of.dispositions, of.cards, of.loans, of.orders)
    return {name: len(rows) for name, rows in zip(PUBLISHED, kept, strict=False)}


def _counts(of: Relations, taken: Counter[str], added: Counter[str]) -> list[Count]:
    refused = Counter(rejected.file.removesuffix(".gz").rsplit(".", 1)[0] for rejected in of.rejected)
    return [Count(name, rows, taken[name], refused[name], added[name]) for name, rows in PUBLISHED.items()]


def write_rejected(path: Path, rejected: list[Rejected]) -> None:
    """Every rejected row with its file, line and reason, as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "line", "reason", "row"))
        writer.writerows((row.file, row.line, row.reason, row.text) for row in rejected)
