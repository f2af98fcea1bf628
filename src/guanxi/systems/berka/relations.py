"""Clients, accounts, dispositions, cards, loans and orders, as rows of our own tables.

Ids are UUIDv5 of what the data set calls a thing: importing again makes the same rows.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import json
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from guanxi.access.cards import number_hash
from guanxi.parties.search_tokens import Findable, fuzzy_keys_of, to_tsvector_text, tokens_of
from guanxi.systems.berka.meaning import PURPOSES, STANDINGS, STATEMENTS
from guanxi.systems.berka.reader import Rejected, Row, UnusableRow, amount, birth, date, find, read

SOURCE: Final = "berka"
NAMESPACE: Final = uuid.UUID("0f1f1c1e-5a0c-5b58-9f5e-0b8d7f0f6a11")
LAST_DAY: Final = dt.date(1998, 12, 31)  # of the published data
_CARD_YEARS: Final = 5  # the data set has no expiry dates

Line = tuple[int, Row]


@dataclasses.dataclass(slots=True)
class Relations:
    """What refers to what, as far as it was read and found good."""

    districts: dict[str, Row] = dataclasses.field(default_factory=dict)
    accounts: dict[str, Row] = dataclasses.field(default_factory=dict)
    clients: dict[str, Row] = dataclasses.field(default_factory=dict)
    dispositions: dict[str, Row] = dataclasses.field(default_factory=dict)
    cards: dict[str, Row] = dataclasses.field(default_factory=dict)
    loans: dict[str, Row] = dataclasses.field(default_factory=dict)
    orders: dict[str, Row] = dataclasses.field(default_factory=dict)
    owners: dict[str, str] = dataclasses.field(default_factory=dict)  # account -> client
    rejected: list[Rejected] = dataclasses.field(default_factory=list)


@functools.lru_cache(maxsize=32_768)  # clients and accounts come again with each transaction
def key(kind: str, number: str) -> uuid.UUID:
    """Our id of a thing of the data set."""
    return uuid.uuid5(NAMESPACE, f"{kind}/{number}")


@functools.lru_cache(maxsize=32_768)
def key_text(kind: str, number: str) -> str:
    """The same id as text."""
    return str(key(kind, number))


def read_relations(folder: Path) -> Relations:
    """All relations but the transactions, each row checked; what is wrong is set aside."""
    of = Relations()
    _take(of, folder, "district", ("A1", "A2", "A3"), of.districts, lambda _: None)
    _take(of, folder, "account", ("account_id", "district_id", "frequency", "date"), of.accounts, _check_account)
    _take(of, folder, "client", ("client_id", "birth_number", "district_id"), of.clients, _check_client)
    _take(of, folder, "disp", ("disp_id", "client_id", "account_id", "type"), of.dispositions, _disposition_check(of))
    _take(of, folder, "card", ("card_id", "disp_id", "type", "issued"), of.cards, _card_check(of))
    columns = ("loan_id", "account_id", "date", "amount", "duration", "payments", "status")
    _take(of, folder, "loan", columns, of.loans, _loan_check(of))
    ordered = ("order_id", "account_id", "bank_to", "account_to", "amount", "k_symbol")
    _take(of, folder, "order", ordered, of.orders, _order_check(of))
    return of


def _take(
    of: Relations, folder: Path, stem: str, columns: tuple[str, ...], into: dict[str, Row], check: Callable[[Row], None]
) -> None:
    path = find(folder, stem)
    for line, row in read(path, columns, of.rejected):
        try:
            _new(row, columns[0], into)
            check(row)
        except UnusableRow as error:
            of.rejected.append(Rejected(path.name, line, str(error), ";".join(row.values())))
        else:
            into[row[columns[0]]] = row


def _new(row: Row, column: str, where: dict[str, Row]) -> None:
    if row[column] in where:
        raise UnusableRow(f"{column} {row[column]!r} is there already")


def _known(row: Row, column: str, where: dict[str, Row]) -> None:
    if row[column] not in where:
        raise UnusableRow(f"{column} {row[column]!r} is not known")


def _word(row: Row, column: str, words: dict[str, str]) -> None:
    if row[column] not in words:
        raise UnusableRow(f"{row[column]!r} is no {column} we know")


def _check_account(row: Row) -> None:
    date(row["date"])
    _word(row, "frequency", STATEMENTS)


def _check_client(row: Row) -> None:
    birth(row["birth_number"])


def _disposition_check(of: Relations) -> Callable[[Row], None]:
    def check(row: Row) -> None:
        _known(row, "client_id", of.clients)
        _known(row, "account_id", of.accounts)
        _word(row, "type", {"OWNER": "owner", "DISPONENT": "authorised"})
        if row["type"] == "OWNER":
            if row["account_id"] in of.owners:
                raise UnusableRow(f"account {row['account_id']} has an owner already")
            of.owners[row["account_id"]] = row["client_id"]

    return check


def _card_check(of: Relations) -> Callable[[Row], None]:
    def check(row: Row) -> None:
        _known(row, "disp_id", of.dispositions)
        date(row["issued"])

    return check


def _loan_check(of: Relations) -> Callable[[Row], None]:
    def check(row: Row) -> None:
        _known(row, "account_id", of.accounts)
        _word(row, "status", STANDINGS)
        date(row["date"]), amount(row["amount"]), amount(row["payments"])
        if not row["duration"].isdecimal():
            raise UnusableRow(f"{row['duration']!r} is not a number of months")

    return check


def _order_check(of: Relations) -> Callable[[Row], None]:
    def check(row: Row) -> None:
        _known(row, "account_id", of.accounts)
        _word(row, "k_symbol", PURPOSES)
        amount(row["amount"])

    return check


def party_rows(of: Relations, at: dt.datetime) -> Iterator[tuple[Any, ...]]:
    """Clients. The data set has no names, and none are invented."""
    since: dict[str, dt.date] = {}
    for row in of.dispositions.values():
        opened = date(of.accounts[row["account_id"]]["date"])
        since[row["client_id"]] = min(opened, since.get(row["client_id"], opened))
    for client, row in of.clients.items():
        born, gender = birth(row["birth_number"])
        name = f"Client {client}"
        number = f"BK{client}"
        branch = f"CZ{row['district_id']}"[:12]
        yield (
            key("client", client),
            number,
            "person",
            name,
            name,
            born,
            gender,
            "en",
            branch,
            "",
            "",
            since.get(client),
            at,
            at,
        )


def search_rows(of: Relations) -> Iterator[tuple[Any, ...]]:
    """What clients are found by."""
    accounts: dict[str, list[str]] = {}
    for row in of.dispositions.values():
        accounts.setdefault(row["client_id"], []).append(f"BK{row['account_id']}")
    for client, row in of.clients.items():
        name = f"Client {client}"
        found = Findable(name, name, f"BK{client}", [row["birth_number"]], accounts=accounts.get(client, []))
        yield key("client", client), to_tsvector_text(tokens_of(found)), sorted(fuzzy_keys_of(found))


def source_rows(of: Relations, at: dt.datetime) -> Iterator[tuple[Any, ...]]:
    """Clients as the data set has them."""
    for client, row in of.clients.items():
        yield key("source", client), SOURCE, f"client/{client}", 1, json.dumps(row), at


def link_rows(of: Relations, at: dt.datetime) -> Iterator[tuple[Any, ...]]:
    """One source, hence one party for each record."""
    evidence = json.dumps({"client_id": "the only source of this number"})
    for client in of.clients:
        yield key("source", client), key("client", client), evidence, 1.0, at


def identifier_rows(of: Relations) -> Iterator[tuple[Any, ...]]:
    """Birth numbers."""
    for client, row in of.clients.items():
        yield key("client", client), "birth_number", row["birth_number"], "CZ"


def address_rows(of: Relations, at: dt.datetime) -> Iterator[tuple[Any, ...]]:
    """The district is all that is known of an address."""
    for client, row in of.clients.items():
        if district := of.districts.get(row["district_id"]):
            place = f"{district['A2']}, {district['A3']}, Czech Republic"
            yield key("client", client), "address", place, "home", True, SOURCE, at


def account_rows(of: Relations) -> Iterator[tuple[Any, ...]]:
    """Accounts, and one more for each loan; balances follow with the transactions."""
    for account, row in of.accounts.items():
        opened, branch = date(row["date"]), f"CZ{row['district_id']}"[:12]
        product = f"current_{STATEMENTS[row['frequency']]}"
        yield (
            key("account", account),
            f"BK{account}",
            SOURCE,
            product,
            "CZK",
            "open",
            branch,
            opened,
            Decimal(0),
            Decimal(0),
        )
    for loan, row in of.loans.items():
        branch = f"CZ{of.accounts[row['account_id']]['district_id']}"[:12]
        owed = -outstanding(row)
        status = "open" if owed else "closed"
        opened = date(row["date"])
        yield key("loan", loan), f"BKL{loan}", SOURCE, "loan", "CZK", status, branch, opened, owed, Decimal(0)


def outstanding(row: Row) -> Decimal:
    """What a loan still owed at the end of 1998 had it been paid by its plan; a defaulted one: its whole amount."""
    if row["status"] == "A":
        return Decimal(0)
    if row["status"] == "B":
        return amount(row["amount"])
    granted = date(row["date"])
    months = (LAST_DAY.year - granted.year) * 12 + LAST_DAY.month - granted.month
    return max(Decimal(0), amount(row["amount"]) - months * amount(row["payments"]))


def holder_rows(of: Relations) -> Iterator[tuple[Any, ...]]:
    """Dispositions; a loan is owned by the owner of the account that repays it."""
    for row in of.dispositions.values():
        role = "owner" if row["type"] == "OWNER" else "authorised"
        yield key("account", row["account_id"]), key("client", row["client_id"]), role
    for loan, row in of.loans.items():
        if owner := of.owners.get(row["account_id"]):
            yield key("loan", loan), key("client", owner), "owner"


def card_rows(of: Relations, secret_key: str) -> Iterator[tuple[Any, ...]]:
    """Cards, which have no numbers in the data set: they can be seen and not be used."""
    for card, row in of.cards.items():
        disposition = of.dispositions[row["disp_id"]]
        issued = date(row["issued"])
        expires = issued.replace(year=issued.year + _CARD_YEARS, day=min(issued.day, 28))
        account, client = key("account", disposition["account_id"]), key("client", disposition["client_id"])
        hashed = number_hash(secret_key, f"berka card {card}")
        yield (
            key("card", card),
            hashed,
            f"BK{card}",
            "debit",
            row["type"],
            account,
            client,
            "expired",
            expires,
            issued,
            "",
            0,
        )


def loan_rows(of: Relations) -> Iterator[tuple[Any, ...]]:
    """Terms and standing. The data set has no interest rates."""
    for loan, row in of.loans.items():
        terms = (amount(row["amount"]), outstanding(row), None, int(row["duration"]), amount(row["payments"]))
        yield key("loan", loan), *terms, date(row["date"]), STANDINGS[row["status"]], key("account", row["account_id"])


def order_rows(of: Relations) -> Iterator[tuple[Any, ...]]:
    """Standing orders."""
    for order, row in of.orders.items():
        purpose = PURPOSES[row["k_symbol"]]
        account = key("account", row["account_id"])
        yield account, f"BK{order}", row["bank_to"], row["account_to"], amount(row["amount"]), purpose
