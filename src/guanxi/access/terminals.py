"""ATMs and POS terminals and their working keys, remembered for a short while so that a message costs no query."""

from __future__ import annotations

import dataclasses
import time
from typing import Final, Literal, NamedTuple

import asyncpg

from guanxi.access.errors import TerminalUnknown
from guanxi.access.keys import unwrap_key, wrap_key
from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.pin_block import PinKey
from guanxi.kernel.vocabulary import Channel

BELIEVED_FOR: Final = 10.0  # seconds: a terminal withdrawn from service is refused this much later at most
_REMEMBERED: Final = 20_000

_FIND: Final = """
SELECT terminal_id, acceptor_id, kind, currency, mac_key, pin_key FROM access_terminal WHERE terminal_id = $1 AND active
"""
_REGISTER: Final = """
INSERT INTO access_terminal (terminal_id, acceptor_id, kind, name, currency, mac_key, pin_key, active)
VALUES ($1, $2, $3, $4, $5, $6, $7, true)
ON CONFLICT (terminal_id) DO UPDATE SET acceptor_id = EXCLUDED.acceptor_id, kind = EXCLUDED.kind, name = EXCLUDED.name,
    currency = EXCLUDED.currency, mac_key = EXCLUDED.mac_key, pin_key = EXCLUDED.pin_key, active = true
"""
_RETIRE: Final = "UPDATE access_terminal SET active = false WHERE terminal_id = $1 AND active RETURNING terminal_id"


@dataclasses.dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal in service."""

    terminal_id: str
    acceptor_id: str
    channel: Channel
    currency: str
    mac_key: MacKey
    pin_key: PinKey


class _Remembered(NamedTuple):
    """A terminal as its row had it, and until when that is believed."""

    until: float
    row: asyncpg.Record | None
    terminal: Terminal | None


class Terminals:
    """Finds terminals by their id."""

    def __init__(self, pool: asyncpg.Pool, secret_key: str) -> None:
        self._pool = pool
        self._secret_key = secret_key
        self._remembered: dict[str, _Remembered] = {}

    async def find(self, terminal_id: str) -> Terminal:
        """The terminal in service under `terminal_id`; `TerminalUnknown` when there is none."""
        known = self._remembered.get(terminal_id)
        if known is None or known.until < time.monotonic():
            known = await self._ask(terminal_id, known)
        if known.terminal is None:
            raise TerminalUnknown(terminal_id)
        return known.terminal

    def forget(self, terminal_id: str) -> None:
        """Ask the database again at the next message of this terminal."""
        self._remembered.pop(terminal_id, None)

    async def _ask(self, terminal_id: str, known: _Remembered | None) -> _Remembered:
        row = await self._pool.fetchrow(_FIND, terminal_id)
        # Keys that are as they were need not be unwrapped again: that is most of the work.
        terminal = known.terminal if known and known.row == row else self._open(row) if row else None
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        answer = self._remembered[terminal_id] = _Remembered(time.monotonic() + BELIEVED_FOR, row, terminal)
        return answer

    def _open(self, row: asyncpg.Record) -> Terminal:
        terminal_id = row["terminal_id"]
        return Terminal(
            terminal_id,
            row["acceptor_id"],
            Channel(row["kind"]),
            row["currency"],
            MacKey(unwrap_key(self._secret_key, row["mac_key"], owner=key_owner(terminal_id, "mac"))),
            PinKey(unwrap_key(self._secret_key, row["pin_key"], owner=key_owner(terminal_id, "pin"))),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class NewTerminal:
    """A terminal to be put in service, with its working keys in clear."""

    terminal_id: str
    acceptor_id: str
    kind: Literal["atm", "pos"]
    name: str
    currency: str
    mac_key: bytes
    pin_key: bytes


async def register_terminal(connection: asyncpg.Connection, secret_key: str, new: NewTerminal) -> None:
    """Put `new` in service, or give the terminal of that id new particulars and keys."""
    mac_key = wrap_terminal_key(secret_key, new.mac_key, new.terminal_id, "mac")
    pin_key = wrap_terminal_key(secret_key, new.pin_key, new.terminal_id, "pin")
    place = (new.terminal_id, new.acceptor_id, new.kind, new.name, new.currency)
    await connection.execute(_REGISTER, *place, mac_key, pin_key)


async def retire_terminal(connection: asyncpg.Connection, terminal_id: str) -> None:
    """Take a terminal out of service; `TerminalUnknown` when none is in service under that id."""
    if await connection.fetchval(_RETIRE, terminal_id) is None:
        raise TerminalUnknown(terminal_id)


def key_owner(terminal_id: str, use: Literal["mac", "pin"]) -> str:
    """Whose and what a wrapped working key is."""
    return f"terminal {terminal_id} {use}"


def wrap_terminal_key(secret_key: str, key: bytes, terminal_id: str, use: Literal["mac", "pin"]) -> bytes:
    """A terminal's working key as its row keeps it."""
    return wrap_key(secret_key, key, owner=key_owner(terminal_id, use))
