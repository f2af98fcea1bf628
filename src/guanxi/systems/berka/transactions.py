"""The three files of transactions as interactions.

The whole-crowns file carries no ids, and amounts without their hellers: its rows get ids of their content and their
place among equal rows. A row that a file with ids has too (same account, day, whole amount and balance) is left out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from guanxi.kernel.vocabulary import InteractionKind, Outcome
from guanxi.storage.copy_rows import copy_line
from guanxi.systems.berka.meaning import CREDIT, DEBIT, OPERATIONS, PURPOSES
from guanxi.systems.berka.reader import Rejected, Row, UnusableRow, amount, date, find, read
from guanxi.systems.berka.relations import NAMESPACE, SOURCE, Relations, key_text

WHOLE_CROWNS: Final = "trans_1994-03-31_1994-04-20.whole_crowns"
FILES: Final = ("trans_1993-01_1994-03.partial", "trans_pre_loan_354_accounts", WHOLE_CROWNS)
_COLUMNS: Final = ("account_id", "date", "type", "operation", "amount", "balance", "k_symbol", "bank", "account")
_EPOCH_HOUR: Final = dt.time(11)
_KEY_PREFIX: Final = NAMESPACE.bytes + b"transaction/"
_encode: Final = msgspec.json.Encoder().encode
COLUMNS: Final = (
    *("id", "occurred_at", "party_id", "account_id", "amount", "currency", "channel", "kind", "service", "outcome"),
    "detail",
)
_FEES: Final = frozenset({"statement_fee", "penalty_interest"})

Balances = dict[str, tuple[dt.datetime, Decimal]]


class Transactions:
    """Reads the files one after another; remembers the newest balances and what was seen with an id."""

    def __init__(self, folder: Path, of: Relations) -> None:
        self._folder = folder
        self._of = of
        self._seen: Counter[tuple[str, dt.date, int, int]] = Counter()
        self._equal: Counter[str] = Counter()
        self.balances: Balances = {}
        self.overlapping = 0

    def lines(self, stem: str) -> Iterator[str]:
        """Lines for COPY into the timeline (`COLUMNS`), one for each good row of a file."""
        path = find(self._folder, stem)
        columns = _COLUMNS if stem == WHOLE_CROWNS else ("trans_id", *_COLUMNS)
        for line, row in read(path, columns, self._of.rejected):
            try:
                yield self._interaction(row, line, by_content=stem == WHOLE_CROWNS)
            except UnusableRow as error:
                self._of.rejected.append(Rejected(path.name, line, str(error), ";".join(row.values())))

    def _interaction(self, row: Row, line: int, *, by_content: bool) -> str:
        account, day = row["account_id"], date(row["date"])
        owner = self._of.owners.get(account)
        if owner is None:
            raise UnusableRow(f"account_id {account!r} is not known or has no owner")
        if row["type"] not in CREDIT | DEBIT or row["operation"] not in OPERATIONS or row["k_symbol"] not in PURPOSES:
            raise UnusableRow("type, operation or k_symbol is no word we know")
        moved, balance = amount(row["amount"]), amount(row["balance"])
        same = (account, day, int(moved), int(balance))
        identity = self._identity(row, same, by_content=by_content)
        at = dt.datetime.combine(day, _EPOCH_HOUR, dt.UTC) + dt.timedelta(milliseconds=line * 10)
        if account not in self.balances or self.balances[account][0] <= at:
            self.balances[account] = (at, balance)
        purpose = PURPOSES[row["k_symbol"]]
        channel, service = OPERATIONS[row["operation"]]
        return copy_line(
            *(identity, at.isoformat(), key_text("client", owner), key_text("account", account)),
            *(str(moved if row["type"] in CREDIT else -moved), "CZK", channel.value),
            *(InteractionKind.TRANSACTION.value, "fee" if purpose in _FEES else service, Outcome.COMPLETED.value),
            _encode(_detail(row, purpose)).decode(),
        )

    def _identity(self, row: Row, same: tuple[str, dt.date, int, int], *, by_content: bool) -> str:
        if not by_content:
            self._seen[same] += 1
            return _transaction_key(row["trans_id"])
        if self._seen[same]:
            self._seen[same] -= 1
            self.overlapping += 1
            raise UnusableRow("the same transaction is in a file with ids")
        content = json.dumps(row, sort_keys=True)
        self._equal[content] += 1
        return _transaction_key(f"{content}/{self._equal[content]}")


def _transaction_key(number: str) -> str:
    """`key` as text, for ids that never come again and are not worth keeping (RFC 9562, version 5)."""
    digest = bytearray(hashlib.sha1(_KEY_PREFIX + number.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return digest.hex()


def _detail(row: Row, purpose: str) -> dict[str, str]:
    detail = {
        "source": SOURCE,
        "transaction": row.get("trans_id", ""),
        "balance": row["balance"],
        "purpose": purpose,
        "counterparty_bank": row["bank"],
        "counterparty_account": row["account"],
    }
    return {name: value for name, value in detail.items() if value}
