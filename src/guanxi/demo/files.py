"""The demo bank for those who connect to it: accounts for the sandbox, wallets and terminals for lab and traffic."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from guanxi.demo import facts
from guanxi.demo.holdings import Holdings
from guanxi.demo.party_rows import password_of

_MONEY: Final = pa.decimal128(19, 4)
ACCOUNTS: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("system", "account_number", "currency", "product", "owner")),
        ("opening_balance", _MONEY),
        ("pan", pa.string()),
        ("credit_limit", _MONEY),
        ("expires", pa.string()),
    ]
)
WALLETS: Final = pa.schema(
    [
        (name, pa.string())
        for name in (
            *("party_id", "party_number", "name", "login", "password", "pan", "pin", "card_kind", "expires"),
            *("account_number", "phone"),
        )
    ]
)


def account_table(held: Holdings) -> pa.Table:
    """What the business systems keep for these customers."""
    credit = {card.account.number: card for card in held.cards if card.kind == "credit"}
    rows = []
    for account in held.accounts:
        card = credit.get(account.number)
        rows.append(
            {
                "system": account.system,
                "account_number": account.number,
                "currency": account.currency,
                "product": account.product,
                "owner": account.holder.number,
                "opening_balance": account.balance,
                "pan": card.number if card else None,
                "credit_limit": account.credit_limit if card else None,
                "expires": f"{card.expires_on:%y%m}" if card else None,
            }
        )
    return pa.Table.from_pylist(rows, schema=ACCOUNTS)


def wallet_table(held: Holdings) -> pa.Table:
    """What these customers carry: cards with their PINs, logins with their passwords."""
    rows = []
    for card in held.cards:
        holder = card.account.holder
        password = password_of(holder.number)
        rows.append(
            {
                "party_id": str(holder.id),
                "party_number": holder.number,
                "name": holder.name,
                "login": holder.number if password else "",
                "password": password,
                "pan": card.number,
                "pin": card.pin,
                "card_kind": card.kind,
                "expires": f"{card.expires_on:%y%m}",
                "account_number": card.account.number,
                "phone": holder.phone,
            }
        )
    return pa.Table.from_pylist(rows, schema=WALLETS)


def terminal_key(seed: int, terminal_id: str, use: str) -> bytes:
    """A clear working key of a demo terminal: no secret, the same for the same seed."""
    return hashlib.sha256(f"guanxi demo {seed} {terminal_id} {use}".encode()).digest()[:16]


def terminals(seed: int) -> list[dict[str, Any]]:
    """The demo terminals with their keys."""
    return [
        {
            "terminal_id": terminal.terminal_id,
            "acceptor_id": terminal.acceptor_id,
            "kind": terminal.kind,
            "name": terminal.name,
            "mac_key": terminal_key(seed, terminal.terminal_id, "mac").hex(),
            "pin_key": terminal_key(seed, terminal.terminal_id, "pin").hex(),
        }
        for terminal in facts.places().terminals
    ]


def write_terminals(folder: Path, seed: int) -> None:
    """`terminals.json`."""
    text = json.dumps(terminals(seed), ensure_ascii=False, indent=1)
    (folder / "terminals.json").write_text(text, encoding="utf-8")
