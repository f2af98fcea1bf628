"""Terminals are found with their keys, and one taken out of service is refused."""

from __future__ import annotations

import asyncpg
import pytest

from guanxi.access.errors import TerminalUnknown, WorkingKeyUnreadable
from guanxi.access.terminals import Terminals, wrap_terminal_key
from guanxi.kernel.vocabulary import Channel

SECRET = "a-key-for-tests-only"
REGISTER = """
INSERT INTO access_terminal (terminal_id, acceptor_id, kind, name, currency, mac_key, pin_key, active)
VALUES ($1, 'GUANXI000000001', 'atm', 'Nanjing Road', 'CNY', $2, $3, true)
"""


async def register(pool: asyncpg.Pool, terminal_id: str, *, keys_of: str | None = None) -> None:
    owner = keys_of or terminal_id
    mac_key, pin_key = (wrap_terminal_key(SECRET, use.encode() * 5 + b"x", owner, use) for use in ("mac", "pin"))
    await pool.execute(REGISTER, terminal_id, mac_key, pin_key)


async def test_a_registered_terminal_is_found_with_its_keys(pool: asyncpg.Pool) -> None:
    await register(pool, "ATM00001")
    terminal = await Terminals(pool, SECRET).find("ATM00001")
    assert terminal.channel is Channel.ATM
    assert terminal.pin_key.open(terminal.pin_key.seal("1234", "6222021000000010"), "6222021000000010") == "1234"


async def test_a_terminal_out_of_service_is_refused_once_it_is_asked_for_again(pool: asyncpg.Pool) -> None:
    await register(pool, "ATM00002")
    terminals = Terminals(pool, SECRET)
    await terminals.find("ATM00002")
    await pool.execute("UPDATE access_terminal SET active = false WHERE terminal_id = 'ATM00002'")
    terminals.forget("ATM00002")
    with pytest.raises(TerminalUnknown):
        await terminals.find("ATM00002")


async def test_a_terminal_nobody_registered_is_refused_without_asking_each_time(pool: asyncpg.Pool) -> None:
    terminals = Terminals(pool, SECRET)
    with pytest.raises(TerminalUnknown):
        await terminals.find("ATM00009")
    await register(pool, "ATM00009")
    with pytest.raises(TerminalUnknown):
        await terminals.find("ATM00009")


async def test_keys_of_another_terminal_do_not_open(pool: asyncpg.Pool) -> None:
    await register(pool, "ATM00003", keys_of="ATM00001")
    with pytest.raises(WorkingKeyUnreadable):
        await Terminals(pool, SECRET).find("ATM00003")
