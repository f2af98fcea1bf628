"""Long-lived TCP connections that carry ISO 8583 messages: many in flight on each, answered as they complete.

A connection is closed, with its reason logged and counted, only when it can no longer serve: framing is lost, a message
that began does not arrive, nothing is heard for long, answers are not read, nobody has signed on, or the door is full.
Everything else is answered and counted, and the messages beside it go on.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, cast

from guanxi.kernel.iso8583.errors import FramingLost
from guanxi.kernel.iso8583.framing import FrameParser, frame

DOOR: Final = "iso8583"  # what the metrics call the channel of a message before its terminal is known
_SWEEP_SECONDS: Final = 1.0
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    """What one door allows. Times are in seconds."""

    connections: int = 16_000
    in_flight: int = 64  # messages being worked on for one connection; more wait in the socket
    idle: float = 300.0
    unfinished: float = 10.0  # from the first octet of a message to its last
    sign_on: float = 30.0
    unread: float = 30.0  # how long a peer may leave our answers unread


class Refusals(Protocol):
    """Where refused input is counted."""

    def refused(self, channel: str, kind: str) -> None:
        """Count one."""


class Session:
    """What is known of one connection: the terminals that signed on over it."""

    __slots__ = ("terminals",)

    def __init__(self) -> None:
        self.terminals: set[str] = set()


Answer = Callable[[bytes, Session], Awaitable[bytes | None]]


class Iso8583Server:
    """One listening port. `answer` turns a message into its answer, or `None` when none is due; it must not raise."""

    def __init__(self, answer: Answer, refusals: Refusals, limits: Limits | None = None) -> None:
        self.answer = answer
        self.refusals = refusals
        self.limits = limits or Limits()
        self.connections: set[Connection] = set()
        self._listening: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen; `OSError` when the port is taken."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(lambda: Connection(self), host, port, backlog=1024)
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self, drain_seconds: float = 10.0) -> None:
        """Take no more connections or messages, finish what is in flight, hang up."""
        if self._listening is not None:
            self._listening.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
        working = [task for connection in self.connections for task in connection.stop_reading()]
        if working:
            await asyncio.wait(working, timeout=drain_seconds)
        for connection in list(self.connections):
            connection.close("the gateway stops")

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            at = asyncio.get_running_loop().time()
            for connection in list(self.connections):
                if reason := connection.overdue(at):
                    self.refusals.refused(DOOR, reason.replace(" ", "_"))
                    connection.close(reason)


class Connection(asyncio.Protocol):
    """One peer."""

    def __init__(self, server: Iso8583Server) -> None:
        self._server = server
        self._session = Session()
        self._parser = FrameParser()
        self._queue: collections.deque[bytes] = collections.deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._opened = self._heard = self._loop.time()
        self._unfinished_since: float | None = None
        self._unread_since: float | None = None
        self._paused = False
        self._stopped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer has connected; one too many is sent away at once."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class
        if len(self._server.connections) >= self._server.limits.connections:
            self._server.refusals.refused(DOOR, "too_many_connections")
            self.close("too many connections")
            return
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Cut what arrived into messages and begin to work on them."""
        if self._stopped:
            return
        discarded = self._parser.discarded
        try:
            frames = self._parser.feed(data)
        except FramingLost as error:
            self._server.refusals.refused(DOOR, "framing_lost")
            self.close(str(error))
            return
        if self._parser.discarded != discarded:
            self._server.refusals.refused(DOOR, "garbage")
        self._note_arrival(complete=bool(frames))
        self._queue.extend(frames)
        self._work()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """The peer is gone. What is in flight is finished all the same, so that nothing stays half done."""
        self._stopped = True
        self._queue.clear()
        self._server.connections.discard(self)

    def pause_writing(self) -> None:
        """The peer does not read its answers: work on no more until it does."""
        self._unread_since = self._loop.time()
        self._work()

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._unread_since = None
        self._work()

    def overdue(self, at: float) -> str | None:
        """Why this connection is not worth keeping, if so."""
        limits = self._server.limits
        unfinished = self._unfinished_since is not None and not self._paused
        if unfinished and at - (self._unfinished_since or at) > limits.unfinished:
            return "message not finished"
        if self._unread_since is not None and at - self._unread_since > limits.unread:
            return "answers not read"
        if not self._session.terminals and at - self._opened > limits.sign_on:
            return "nobody signed on"
        if not self._tasks and at - self._heard > limits.idle:
            return "idle"
        return None

    def stop_reading(self) -> set[asyncio.Task[None]]:
        """Take nothing more; answers the work still in flight."""
        self._stopped = True
        self._queue.clear()
        return set(self._tasks)

    def close(self, reason: str) -> None:
        """Hang up once what was written has been sent."""
        self._stopped = True
        self._queue.clear()
        _log.info("ISO 8583 connection of %s closed: %s", self._transport.get_extra_info("peername"), reason)
        if self._unread_since is not None:
            self._transport.abort()
        else:
            self._transport.close()

    def _note_arrival(self, *, complete: bool) -> None:
        self._heard = self._loop.time()
        if not self._parser.waiting:
            self._unfinished_since = None
        elif complete or self._unfinished_since is None:
            self._unfinished_since = self._heard

    def _work(self) -> None:
        """Begin as many waiting messages as may be in flight; stop reading while more wait."""
        allowed = self._server.limits.in_flight if self._unread_since is None else 0
        while self._queue and len(self._tasks) < allowed:
            task = self._loop.create_task(self._serve(self._queue.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._finished)
        if bool(self._queue) is not self._paused and not self._transport.is_closing():
            self._pause_or_resume()

    def _pause_or_resume(self) -> None:
        self._paused = not self._paused
        if self._paused:
            self._transport.pause_reading()
            return
        self._transport.resume_reading()
        if self._unfinished_since is not None:
            self._unfinished_since = self._loop.time()  # the rest could not come while we did not read

    async def _serve(self, raw: bytes) -> None:
        answer = await self._server.answer(raw, self._session)
        if answer is not None and not self._transport.is_closing():
            self._transport.write(frame(answer))

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        with contextlib.suppress(asyncio.CancelledError):
            if error := task.exception():
                _log.error("A message could not be answered", exc_info=error)
        self._work()
