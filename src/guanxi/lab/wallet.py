"""What the demo bank's customers carry, and the machines they stand at: the files that `guanxi demo` writes.

Cards, PINs, passwords and terminal keys stand there in the clear, because nothing in a demo bank is real.
"""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from guanxi.lab.errors import NoDemoBank

STAR: Final = "100000001"  # 王小明, who stands in every example
_WALLETS: Final = "wallets.parquet"
_TERMINALS: Final = "terminals.json"
_ACCOUNTS: Final = "accounts.parquet"
_ELSEWHERE: Final = frozenset({"integrated", "loans"})


class Wallet(msgspec.Struct, frozen=True):
    """One card of a customer, and how its holder signs in (empty where the customer has no login)."""

    party_id: str
    party_number: str
    name: str
    login: str
    password: str
    pan: str
    pin: str
    card_kind: str
    expires: str  # YYMM
    account_number: str
    phone: str


class Machine(msgspec.Struct, frozen=True):
    """An ATM or a shop's terminal with its keys, in hexadecimal."""

    terminal_id: str
    acceptor_id: str
    kind: str
    name: str
    mac_key: str
    pin_key: str


@dataclasses.dataclass(frozen=True, slots=True)
class DemoFiles:
    """The folder that holds them."""

    folder: Path

    @property
    def exist(self) -> bool:
        """Whether this installation has a demo bank."""
        return (self.folder / _WALLETS).exists() and (self.folder / _TERMINALS).exists()

    def machines(self) -> list[Machine]:
        """Every terminal of the demo bank."""
        self._require()
        return msgspec.json.decode((self.folder / _TERMINALS).read_bytes(), type=list[Machine])

    def wallets(self, limit: int) -> list[Wallet]:
        """The first `limit` wallets."""
        return _rows(self._table().slice(0, limit))

    def wallets_of(self, party_number: str) -> list[Wallet]:
        """The cards of one customer, debit cards first."""
        table = self._table()
        mine = table.filter(pc.equal(table["party_number"], party_number))
        return sorted(_rows(mine), key=lambda wallet: wallet.card_kind != "debit")

    def accounts_elsewhere(self, currency: str) -> dict[str, list[tuple[str, str]]]:
        """By customer number: system and number of integrated and loan accounts in `currency`."""
        table = pq.read_table(self.folder / _ACCOUNTS, columns=["owner", "system", "account_number", "currency"])
        found: dict[str, list[tuple[str, str]]] = {}
        for row in table.to_pylist():
            if row["system"] in _ELSEWHERE and row["currency"] == currency:
                found.setdefault(row["owner"], []).append((row["system"], row["account_number"]))
        return found

    def search(self, text: str, limit: int) -> list[Wallet]:
        """One wallet for each of the first `limit` customers whose name or number contains `text`."""
        table = self._table()
        columns = ("name", "party_number", "phone")
        masks = [pc.match_substring(table[column], text.strip(), ignore_case=True) for column in columns]
        found = table.filter(functools.reduce(pc.or_, masks)).slice(0, limit * 3)
        return list({wallet.party_number: wallet for wallet in reversed(_rows(found))}.values())[::-1][:limit]

    def _table(self) -> pa.Table:
        self._require()
        path = self.folder / _WALLETS
        return _read(path, path.stat().st_mtime_ns)

    def _require(self) -> None:
        if not self.exist:
            raise NoDemoBank(self.folder)


@functools.lru_cache(maxsize=1)
def _read(path: Path, _changed: int) -> pa.Table:
    return pq.read_table(path)


def _rows(table: pa.Table) -> list[Wallet]:
    return msgspec.convert(table.to_pylist(), type=list[Wallet])
