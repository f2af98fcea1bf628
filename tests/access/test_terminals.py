"""Terminals are found with their keys, and one taken out of service is refused."""

from __future__ import annotations

import asyncpg
import pytest

from guanxi.access.errors import TerminalUnknown, WorkingKeyUnreadable
from guanxi.access.terminals import NewTerminal, Terminals, register_terminal, retire_terminal
from guanxi.kernel.vocabulary import Channel

SECRET = "a-key-for-tests-only"


async def register(pool: asyncpg.Pool, terminal_id: str) -> None:
    mac_key, pin_key = b"m" * 8 + b"M" * 8, b"p" * 8 + b"P" * 8
    new = NewTerminal(terminal_id, "GUANXI000000001", "atm", "Nanjing Road", "CNY", mac_key, pin_key)
    async with pool.acquire() as connection:
        await register_terminal(connection, SECRET, new)


async def test_a_registered_terminal_is_found_with_its_keys(pool: asyncpg.Pool) -> None:
    await register(pool, "ATM00001")
    terminal = await Terminals(pool, SECRET).find("ATM00001")
    assert terminal.channel is Channel.ATM
    assert terminal.pin_key.open(terminal.pin_key.seal("1234", "6222021000000010"), "6222021000000010") == "1234"


async def test_a_terminal_out_of_service_is_refused_once_it_is_asked_for_again(pool: asyncpg.Pool) -> None:
    await register(pool, "ATM00002")
    terminals = Terminals(pool, SECRET)
    await terminals.find("ATM00002")
    async with pool.acquire() as connection:
        await retire_terminal(connection, "ATM00002")
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
    await register(pool, "ATM00003")
    await register(pool, "ATM00004")
    await pool.execute(
        "UPDATE access_terminal SET mac_key = (SELECT mac_key FROM access_terminal WHERE terminal_id = 'ATM00004')"
        " WHERE terminal_id = 'ATM00003'"
    )
    with pytest.raises(WorkingKeyUnreadable):
        await Terminals(pool, SECRET).find("ATM00003")


async def test_a_terminal_that_is_not_in_service_cannot_be_retired(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        with pytest.raises(TerminalUnknown):
            await retire_terminal(connection, "ATM99999")
