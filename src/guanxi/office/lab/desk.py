"""The machines and sessions of the lab, kept in the office's process: one long-lived connection for each terminal."""

from __future__ import annotations

import functools
from typing import Final

import aiohttp

from guanxi.lab.internet import InternetCustomer
from guanxi.lab.terminal import Patience, Terminal
from guanxi.lab.wallet import DemoFiles, Machine, Wallet
from guanxi.storage.configuration import configuration

_PATIENCE: Final = Patience(sign_on=3.0, answer=12.0)
_MOST_SESSIONS: Final = 500


class Desk:
    """Everything that is open. It lives on the event loop of the office."""

    def __init__(self) -> None:
        self._terminals: dict[str, Terminal] = {}
        self._sessions: dict[tuple[str, str], InternetCustomer] = {}
        self._client: aiohttp.ClientSession | None = None

    async def terminal(self, machine: Machine) -> Terminal:
        """The machine, connected or about to be."""
        if machine.terminal_id not in self._terminals:
            settings = configuration()
            terminal = Terminal((settings.host, settings.iso8583_port), machine, _PATIENCE)
            self._terminals[machine.terminal_id] = await terminal.__aenter__()
        return self._terminals[machine.terminal_id]

    def sign_in(self, player: str, wallet: Wallet, channel: str) -> InternetCustomer:
        """A new session of `wallet`'s holder for the member of staff who plays."""
        if self._client is None:
            self._client = aiohttp.ClientSession()
        while len(self._sessions) >= _MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        session = InternetCustomer(self._client, configuration().gateway_url, wallet, channel)
        self._sessions[player, channel] = session
        return session

    def session(self, player: str, channel: str, login: str) -> InternetCustomer | None:
        """The session that `player` has opened, if it is that customer's."""
        found = self._sessions.get((player, channel))
        return found if found is not None and found.wallet.login == login else None


DESK: Final = Desk()


@functools.cache
def demo_files() -> DemoFiles:
    """The demo bank of this installation."""
    return DemoFiles(configuration().home / "demo")
