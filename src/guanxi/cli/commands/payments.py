"""`guanxi payments`: what a corporate customer needs to try payment files."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import uuid
from decimal import Decimal
from typing import Final

import asyncpg
import click

from guanxi.kernel.clock import now
from guanxi.kernel.iso20022.write_credit_transfers import Block, Payment, write_credit_transfers
from guanxi.storage.installation import database_ready

_SHARE_ELSEWHERE: Final = 20  # one payment in so many goes to another bank
_SHARE_FAULTY: Final = 50
_ACCOUNT: Final = """
SELECT a.currency, p.name FROM parties_account a
JOIN parties_accountholder h ON h.account_id = a.id JOIN parties_party p ON p.id = h.party_id
WHERE a.number = $1 ORDER BY h.role = 'owner' DESC LIMIT 1
"""
_PAYEES: Final = """
SELECT a.number, p.name FROM parties_account a
JOIN parties_accountholder h ON h.account_id = a.id AND h.role = 'owner' JOIN parties_party p ON p.id = h.party_id
WHERE a.currency = $1 AND a.status = 'open' AND a.system = 'savings' AND a.number <> $2 ORDER BY a.number LIMIT 500
"""
_CORPORATES: Final = """
SELECT c.login, p.name, a.number, a.currency, a.available_balance
FROM parties_party p JOIN access_customercredential c ON c.party_id = p.id
JOIN parties_accountholder h ON h.party_id = p.id AND h.role = 'owner' JOIN parties_account a ON a.id = h.account_id
WHERE p.kind = 'organisation' AND a.system IN ('savings', 'integrated') AND a.status = 'open'
ORDER BY p.number, a.number LIMIT 20
"""


@click.group()
def payments() -> None:
    """Try payment files: companies with a login, and sample pain.001 messages."""


@payments.command()
def corporates() -> None:
    """Companies that can sign in, with their accounts."""
    for row in _fetch(_CORPORATES):
        balance = f"{row['available_balance']:,.2f} {row['currency']}"
        click.echo(f"{row['login']:<12} {row['number']:<20} {balance:>22}  {row['name']}")


@payments.command()
@click.option("--account", required=True, help="The account that pays.")
@click.option("--count", type=click.IntRange(1, 1_000_000), default=100, show_default=True)
@click.option("--largest", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="Amount at most.")
@click.option("--faultless", is_flag=True, help="Nothing in it that will be rejected.")
@click.option("--seed", type=int, default=1, show_default=True)
def sample(account: str, count: int, largest: int, seed: int, *, faultless: bool) -> None:
    """Write a pain.001 message with payments from an account, to standard output."""
    found = _fetch(_ACCOUNT, account)
    if not found:
        raise click.BadParameter(f"no account {account} is known here", param_hint="--account")
    currency, debtor = found[0]["currency"], found[0]["name"]
    payees = [(row["number"], row["name"]) for row in _fetch(_PAYEES, currency, account)]
    if not payees:
        raise click.ClickException(f"Nobody else here has a savings account in {currency}.")
    chance = random.Random(seed)  # noqa: S311 - a sample
    made = [_payment(chance, position, payees, currency, largest, faultless=faultless) for position in range(count)]
    requested = now().date()
    block = Block("SALARIES", debtor, account, "", requested, made)
    for piece in write_credit_transfers(f"SAMPLE-{uuid.uuid4().hex[:20]}", now(), debtor, [block]):
        sys.stdout.buffer.write(piece)


def _payment(
    chance: random.Random, position: int, payees: list[tuple[str, str]], currency: str, largest: int, *, faultless: bool
) -> Payment:
    number, name = chance.choice(payees)
    amount = Decimal(chance.randint(1, largest * 100)) / 100
    agent = ""
    if chance.randrange(_SHARE_ELSEWHERE) == 0:
        number, name, agent = f"95588{chance.randrange(10**11):011d}", "远东贸易有限公司", "ICBKCNBJXXX"
    if not faultless and chance.randrange(_SHARE_FAULTY) == 0:
        fault = chance.choice(["account", "bank", "amount", "closed"])
        number = {"account": "0000000000", "closed": "CLOSED0001"}.get(fault, number)
        agent = {"account": "", "bank": "NOWHERE", "closed": "ICBKCNBJXXX"}.get(fault, agent)
        amount = amount if fault != "amount" else Decimal("0.001")
    return Payment(f"INV-{position + 1:06d}", amount, currency, name, number, agent, "2026 工资")


def _fetch(statement: str, *arguments: object) -> list[asyncpg.Record]:
    async def fetch(url: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *arguments)
            return rows
        finally:
            await connection.close()

    with database_ready(os.environ) as configuration:
        return asyncio.run(fetch(configuration.database_url))


COMMAND = payments
