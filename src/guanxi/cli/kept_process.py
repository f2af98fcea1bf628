"""Processes that are kept running while they are killed, stopped and started by somebody else's will."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final, Protocol

from guanxi.cli.supervisor import die_with_parent
from guanxi.storage import embedded
from guanxi.storage.errors import DatabaseUnavailable

_RESPAWN: Final = 0.3  # seconds before one that ended by itself is started again
_GRACE: Final = 20.0  # seconds that one told to stop may take


class Victim(Protocol):
    """What can be killed, paused and restarted; each ends once it has been brought back."""

    async def kill(self, seconds: float) -> None:
        """SIGKILL, and a start after `seconds`."""

    async def pause(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after `seconds`."""

    async def restart(self, seconds: float) -> None:
        """SIGTERM, and a start after `seconds`."""


class KeptProcess:
    """One process of ours. It is started again whenever it has ended."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> None:
        self.killed_late = 0  # how often it did not stop when it was told to
        self._command, self._environment, self._log = command, environment, log
        self._wanted = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Keep it running from now on."""
        self._wanted.set()
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End it for good."""
        self._wanted.clear()
        if self._keeper is not None:
            self._keeper.cancel()
        await self._end(signal.SIGTERM)

    async def kill(self, seconds: float) -> None:
        """SIGKILL, and a start after `seconds`."""
        await self._away(signal.SIGKILL, seconds)

    async def restart(self, seconds: float) -> None:
        """SIGTERM, and a start after `seconds`."""
        await self._away(signal.SIGTERM, seconds)

    async def pause(self, seconds: float) -> None:
        """SIGSTOP, and SIGCONT after `seconds`."""
        self._signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._signal(signal.SIGCONT)

    async def _away(self, how: signal.Signals, seconds: float) -> None:
        self._wanted.clear()
        try:
            await self._end(how)
            await asyncio.sleep(seconds)
        finally:
            self._wanted.set()

    async def _keep(self) -> None:
        while True:
            await self._wanted.wait()
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
            await self._process.wait()
            await asyncio.sleep(_RESPAWN)

    async def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(how)
        try:
            await asyncio.wait_for(self._process.wait(), _GRACE)
        except TimeoutError:
            self.killed_late += 1
            self._signal(signal.SIGKILL)
            await self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


class KeptDatabase:
    """One embedded PostgreSQL cluster."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, embedded.free_port()

    def url(self, name: str, port: int | None = None) -> str:
        """The address of one of its databases, here or behind a link at `port`."""
        return f"postgresql://guanxi@127.0.0.1:{port or self.port}/{name}"

    def start(self) -> None:
        """Start it; after a kill PostgreSQL recovers by itself, once the last of its old processes is gone."""
        for _ in range(60):
            with contextlib.suppress(DatabaseUnavailable):
                embedded.start(self.data, self.port)
                return
        embedded.start(self.data, self.port)

    def stop(self) -> None:
        """Stop it for good."""
        embedded.stop(self.data)

    async def kill(self, seconds: float) -> None:
        """SIGKILL to the server, and a start after `seconds`."""
        os.kill(self._server(), signal.SIGKILL)
        await asyncio.to_thread(_await_silence, self.port)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.start)

    async def restart(self, seconds: float) -> None:
        """A fast stop, and a start after `seconds`."""
        await asyncio.to_thread(self.stop)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.start)

    async def pause(self, seconds: float) -> None:
        """SIGSTOP to the server and each of its processes, and SIGCONT after `seconds`."""
        paused = _family(self._server())
        _signal_all(paused, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            _signal_all(paused, signal.SIGCONT)

    def _server(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])


def _family(parent: int) -> list[int]:
    """A process and its children, by /proc (Linux)."""
    children = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                children.append(int(status.parent.name))
    return [parent, *children]


def _signal_all(processes: Sequence[int], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def _await_silence(port: int) -> None:
    """Until the kernel has taken down what a killed server left."""
    with contextlib.suppress(OSError):
        while True:
            socket.create_connection(("127.0.0.1", port), 5).close()
