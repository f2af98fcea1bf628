"""A gateway killed among withdrawals: what it acknowledged is there, and every yuan is accounted for."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from decimal import Decimal

import asyncpg
from tests.peers.terminal_client import TerminalClient
from tests.sandbox_process import Sandbox

from guanxi.kernel.iso8583.message import Message
from guanxi.storage.embedded import free_port

_SERVE = "from guanxi.gateway.server import run; from guanxi.storage.configuration import configuration as c; run(c())"
_OPEN = """
SELECT count(*) FROM exchange_journalrequest r LEFT JOIN exchange_journalleg l ON l.request_id = r.id
WHERE r.state <> 'closed' OR l.state IN ('sent', 'pending', 'reversing', 'in_doubt')
"""
_COMPLETED = "SELECT count(*) FROM exchange_journalrequest WHERE party_id = $1 AND outcome = 'completed'"
_DUE = "UPDATE exchange_journalleg SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL"


async def connect(port: int, terminal_id: str) -> TerminalClient:
    """A terminal signed on at a gateway that may only just be starting."""
    client = TerminalClient(port, terminal_id)
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(OSError):
                await client.__aenter__()
                await client.sign_on()
                return client
            await asyncio.sleep(0.1)


async def test_a_killed_gateway_loses_nothing_it_acknowledged(
    database_url: str, bank: Sandbox, pool: asyncpg.Pool, new_card, atm_in_service: str
) -> None:
    card, port = await new_card("debit"), free_port()
    account = {"number": card.account, "currency": "CNY", "opening_balance": "10000.00"}
    await asyncio.to_thread(bank.open_accounts, "savings", account)
    environment = {
        **os.environ,
        "GUANXI_DATABASE_URL": database_url,
        "GUANXI_GATEWAY_PORT": str(free_port()),
        "GUANXI_ISO8583_PORT": str(port),
        "GUANXI_SANDBOX_PORT": str(bank.http_port),
        "GUANXI_CARD_HOST_PORT": str(bank.card_port),
    }
    gateway = await asyncio.create_subprocess_exec(sys.executable, "-c", _SERVE, env=environment)
    try:
        client = await connect(port, atm_in_service)
        messages = [client.card_message("010000", card.number, card.pin, "100") for _ in range(300)]
        for message in messages:
            client.send(message)
        answered = [(message, await client.answer_to(message)) for message in messages[:60]]
        gateway.kill()
        await gateway.wait()
        acknowledged = [message for message, answer in answered if answer.fields[39] == "00"]
        acknowledged += [message for message in messages if client.was_approved(message)]
        assert acknowledged

        gateway = await asyncio.create_subprocess_exec(sys.executable, "-c", _SERVE, env=environment)
        client = await connect(port, atm_in_service)
        async with asyncio.timeout(60):
            while await pool.fetchval(_OPEN):
                await pool.execute(_DUE)
                await asyncio.sleep(0.2)
        for message in acknowledged:
            assert (await client.ask(Message("0201", message.fields))).fields[39] == "00"
        completed = await pool.fetchval(_COMPLETED, card.party_id)
        assert completed >= len(acknowledged)
        _, told = await asyncio.to_thread(bank.call, "GET", f"/savings/accounts/{card.account}")
        assert Decimal(told["ledger_balance"]) == 10000 - completed
    finally:
        gateway.terminate()
        await asyncio.wait_for(gateway.wait(), 20)
