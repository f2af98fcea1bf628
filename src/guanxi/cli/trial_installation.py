"""A whole installation to be maltreated: databases, gateway, worker, one process for each sandbox system, and links.

Everybody reaches everybody else through a link, so that any two can be parted from each other. Two PostgreSQL clusters,
one for the platform and one for the bank's ledger, so that either can be away while the other is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from guanxi.cli.kept_process import KeptDatabase, KeptProcess, Victim
from guanxi.lab.faults import Victims
from guanxi.lab.links import Link, serve_by_folder, serve_link
from guanxi.lab.messages_on_wire import CardMessages, HttpMessages, Octets
from guanxi.storage.configuration import Configuration, read_configuration
from guanxi.storage.embedded import free_port, make_database

_REST: Final = ("savings", "integrated", "loans", "intermediary")
_SYSTEMS: Final = (*_REST, "cards")
_STREAMS: Final = ("link to the database", "link to the ledger")
_DOORS: Final = ("HTTP door", "ISO 8583 door")


class TrialInstallation:
    """Built by `trial_installation`; every victim by the name that the schedule uses."""

    def __init__(self, home: Path, seed: int) -> None:
        self.home, self._seed = home, seed
        self._log = (home / "processes.log").open("ab")
        self._ports = {name: free_port() for name in ("gateway", "iso8583", "cards", "callbacks", "sandbox", *_DOORS)}
        self._ports |= {name: free_port() for name in (*_STREAMS, *(f"{system} itself" for system in _SYSTEMS))}
        self._ports |= {"card host itself": free_port(), "office": free_port()}
        self.database, self.ledger = KeptDatabase(home / "postgres"), KeptDatabase(home / "ledger")
        self.links = {name: self._link(name) for name in self._link_names()}
        self.processes: dict[str, Victim] = {"database": self.database, "ledger": self.ledger}
        self._servers: list[asyncio.Server] = []

    @property
    def victims(self) -> Victims:
        """What a schedule may hit."""
        links = [name for name in self.links if name not in _STREAMS]
        return Victims(("gateway", "worker", "database", "ledger", *_SYSTEMS), links, _STREAMS)

    @property
    def configuration(self) -> Configuration:
        """Where customers find the bank: behind the links."""
        doors = {"GUANXI_GATEWAY_PORT": "HTTP door", "GUANXI_ISO8583_PORT": "ISO 8583 door"}
        return read_configuration(self._environment() | {name: str(self._ports[door]) for name, door in doors.items()})

    async def start(self, customers: int) -> None:
        """Everything, with a demo bank of so many customers."""
        for database in (self.database, self.ledger):
            await asyncio.to_thread(database.start)
        make_database(self.ledger.url("sandbox"))
        await asyncio.to_thread(self._make_demo_bank, customers)
        await self._serve_links()
        for name, command in self._commands().items():
            kept = KeptProcess([sys.executable, "-m", *command], self._environment(), self._log)
            self.processes[name] = kept
            kept.start()
        await asyncio.to_thread(_await_answer, f"http://127.0.0.1:{self._ports['gateway']}/health")

    async def stop(self) -> None:
        """Everything, for good."""
        kept = [each for each in self.processes.values() if isinstance(each, KeptProcess)]
        await asyncio.gather(*(each.stop() for each in kept))
        for server in self._servers:
            server.close()
        await asyncio.gather(*(link.close() for link in self.links.values()))
        for database in (self.database, self.ledger):
            await asyncio.to_thread(database.stop)
        self._log.close()

    def stopped_late(self) -> dict[str, int]:
        """Which processes did not stop when they were told to, and how often."""
        kept = {name: each for name, each in self.processes.items() if isinstance(each, KeptProcess)}
        return {name: each.killed_late for name, each in kept.items() if each.killed_late}

    def _environment(self) -> dict[str, str]:
        ports = self._ports
        return {
            **os.environ,
            "GUANXI_HOME": str(self.home),
            "GUANXI_SECRET_KEY": "a key for a trial of the demo bank",
            "GUANXI_CALLBACK_KEY": "callback key of a trial",
            "GUANXI_DATABASE_URL": self.database.url("guanxi", ports["link to the database"]),
            "GUANXI_SANDBOX_DATABASE_URL": self.ledger.url("sandbox", ports["link to the ledger"]),
            "GUANXI_OFFICE_PORT": str(ports["office"]),
            "GUANXI_GATEWAY_PORT": str(ports["gateway"]),
            "GUANXI_ISO8583_PORT": str(ports["iso8583"]),
            "GUANXI_SANDBOX_PORT": str(ports["sandbox"]),
            "GUANXI_CARD_HOST_PORT": str(ports["cards"]),
        }

    def _commands(self) -> dict[str, list[str]]:
        ours = {name: ["guanxi.cli", name] for name in ("gateway", "worker")}
        return ours | {system: self._sandbox_command(system) for system in _SYSTEMS}

    def _sandbox_command(self, system: str) -> list[str]:
        """Each process could be any system; which one it is, the links to it decide."""
        ports = self._ports
        callbacks = f"http://127.0.0.1:{ports['callbacks']}/callbacks/intermediary"
        return [
            *("guanxi.sandbox", "--http-port", str(ports[f"{system} itself"])),
            *("--card-port", str(ports["card host itself"] if system == "cards" else free_port())),
            *("--callback-url", callbacks if system == "intermediary" else ""),
            *("--files", str(self.home / "sandbox")),
        ]

    def _link_names(self) -> list[str]:
        return [*(f"link to {system}" for system in _SYSTEMS), "callbacks", *_DOORS, *_STREAMS]

    def _link(self, name: str) -> Link:
        ports = self._ports
        targets = {
            **{f"link to {system}": ports[f"{system} itself"] for system in _REST},
            "link to cards": ports["card host itself"],
            "callbacks": ports["gateway"],
            "HTTP door": ports["gateway"],
            "ISO 8583 door": ports["iso8583"],
            "link to the database": self.database.port,
            "link to the ledger": self.ledger.port,
        }
        is_iso = name in {"link to cards", "ISO 8583 door"}
        splitter = Octets if name in _STREAMS else CardMessages if is_iso else HttpMessages
        target = ("127.0.0.1", targets[name])
        return Link(name, target, splitter, seed=self._seed, repeats_on_stream=is_iso)

    async def _serve_links(self) -> None:
        rest = {system: self.links[f"link to {system}"] for system in _REST}
        self._servers.append(await serve_by_folder(rest, self._ports["sandbox"]))
        self._servers.append(await serve_link(self.links["link to cards"], self._ports["cards"]))
        for name in ("callbacks", *_DOORS, *_STREAMS):
            self._servers.append(await serve_link(self.links[name], self._ports[name]))

    def _make_demo_bank(self, customers: int) -> None:
        direct = {
            "GUANXI_DATABASE_URL": self.database.url("guanxi"),
            "GUANXI_SANDBOX_DATABASE_URL": self.ledger.url("sandbox"),
        }
        run = functools.partial(
            subprocess.run, check=True, env=self._environment() | direct, stdout=self._log, stderr=self._log
        )
        guanxi = [sys.executable, "-m", "guanxi.cli"]
        run([*guanxi, "demo", f"--customers={customers}", "--interactions-per-customer=40", "--processes=1"])
        run([*guanxi, "sandbox", "load", "--accounts", str(self.home / "demo" / "accounts.parquet")])


@contextlib.asynccontextmanager
async def trial_installation(home: Path, *, customers: int, seed: int) -> AsyncIterator[TrialInstallation]:
    """A running installation under `home`, stopped at the end."""
    made = TrialInstallation(home, seed)
    try:
        await made.start(customers)
        yield made
    finally:
        await made.stop()


def _await_answer(url: str) -> None:
    """Until somebody answers at `url`, a minute at most."""
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - an address of our own
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
