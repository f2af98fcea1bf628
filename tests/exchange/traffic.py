"""A process that moves money through an exchange until it is killed: `python traffic.py DATABASE_URL SANDBOX_PORT`.

It prints the id of each request once its reply says that it is completed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from decimal import Decimal

import asyncpg
from tests.exchange.conftest import CARD_HASH, ask

from guanxi.exchange.process import Exchange, open_exchange
from guanxi.kernel.vocabulary import Channel, Outcome
from guanxi.services.catalogue.cash_withdrawal import CashWithdrawal
from guanxi.services.catalogue.internal_transfer import InternalTransfer
from guanxi.services.request import Actor
from guanxi.storage.configuration import read_configuration

TRANSFER = InternalTransfer("SV0001", "SV0002", Decimal(1), "CNY")
ACROSS = InternalTransfer("SV0001", "IN0001", Decimal(1), "CNY")
WITHDRAWAL = CashWithdrawal(CARD_HASH, Decimal(1), "CNY")
TERMINAL = Actor("terminal", "ATM00001")


async def customer(exchange: Exchange, number: int) -> None:
    """One after the other, for ever."""
    while True:
        if number % 3 == 0:
            request = ask("cash_withdrawal", WITHDRAWAL, actor=TERMINAL, channel=Channel.ATM)
        else:
            request = ask("internal_transfer", TRANSFER if number % 3 == 1 else ACROSS)
        reply = await exchange.handle(request)
        if reply.outcome is Outcome.COMPLETED:
            sys.stdout.write(f"{request.id}\n")
            sys.stdout.flush()


async def main(database_url: str, sandbox_port: str) -> None:
    """Thirty customers at once."""
    environment = {**os.environ, "GUANXI_DATABASE_URL": database_url, "GUANXI_SANDBOX_PORT": sandbox_port}
    async with (
        asyncpg.create_pool(database_url, min_size=1, max_size=6) as pool,
        open_exchange(pool, read_configuration(environment)) as exchange,
    ):
        await asyncio.gather(*(customer(exchange, number) for number in range(30)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
