"""Several processes under one: readable logs, restarts with patience, and nothing left behind.

A child dies with its supervisor, even when that is killed outright: on Linux the kernel sees to it (prctl
PR_SET_PDEATHSIG), and one that does not end when asked ends itself (`end_with_supervisor`). A child that dies by
itself is started again, later each time it does so quickly.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import dataclasses
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

import click

_PR_SET_PDEATHSIG: Final = 1
_GRACE: Final = 15.0  # seconds a child has to end by itself
_LONGEST_WAIT: Final = 30.0
_SETTLED: Final = 60.0  # a child that lived this long may be restarted at once
_SUPERVISOR: Final = "SUPERVISOR_PID"


@dataclasses.dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    colour: str


class Supervisor:
    """Keeps programs running until told to stop."""

    def __init__(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        self._programs = programs
        self._environment = {**environment, _SUPERVISOR: str(os.getpid())}
        self._width = max(len(program.name) for program in programs)
        self._stopping = asyncio.Event()
        self._children: dict[str, asyncio.subprocess.Process] = {}

    async def run(self) -> None:
        """Until SIGINT, SIGTERM or SIGHUP, then until the last child has ended."""
        loop = asyncio.get_running_loop()
        for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(stop, self._stopping.set)
        keepers = [asyncio.create_task(self._keep(program)) for program in self._programs]
        await self._stopping.wait()
        for child in self._children.values():
            _signal(child, signal.SIGTERM)
        _, late = await asyncio.wait(keepers, timeout=_GRACE)
        if late:
            for child in self._children.values():
                _signal(child, signal.SIGKILL)
            await asyncio.wait(late)

    async def _keep(self, program: Program) -> None:
        wait = 0.5
        while not self._stopping.is_set():
            started = time.monotonic()
            code = await self._once(program)
            if self._stopping.is_set():
                return
            wait = 0.5 if time.monotonic() - started > _SETTLED else min(wait * 2, _LONGEST_WAIT)
            self._say(program, f"ended with {code}; started again in {wait:.0f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _once(self, program: Program) -> int:
        child = await asyncio.create_subprocess_exec(
            *program.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environment,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        self._children[program.name] = child
        if child.stdout is not None:
            async for line in child.stdout:
                self._say(program, line.decode(errors="replace").rstrip())
        return await child.wait()

    def _say(self, program: Program, line: str) -> None:
        name = click.style(f"{program.name:>{self._width}} │", fg=program.colour)
        click.echo(f"{name} {line}")
        sys.stdout.flush()


def _signal(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def die_with_parent() -> None:
    """In a child that is about to start: end when the parent ends, whatever ends it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end_with_supervisor(grace: float = _GRACE) -> None:
    """In a child: when the supervisor is gone, have `grace` seconds to end; then end by force, children and all."""
    supervisor = os.environ.pop(_SUPERVISOR, None)
    if supervisor:
        threading.Thread(target=_outlive, args=(int(supervisor), grace), daemon=True).start()


def _outlive(supervisor: int, grace: float) -> None:
    while os.getppid() == supervisor:
        time.sleep(1)
    time.sleep(grace)
    os.killpg(os.getpgrp(), signal.SIGKILL)
