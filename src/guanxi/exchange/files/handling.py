"""The port for what is done with files: one handler for each kind."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Iterator

import asyncpg

from guanxi.exchange.files import handlers
from guanxi.exchange.files.peers import FilePeer
from guanxi.storage.wiring import modules_of


@dataclasses.dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file that is here, whole. Its `id` is the key under which its effect happens once."""

    id: uuid.UUID
    peer: FilePeer
    name: str
    received_at: dt.datetime
    pieces: Callable[[], Iterator[bytes]]


@dataclasses.dataclass(frozen=True, slots=True)
class Handled:
    """What a file has become, and a sentence about it for its history."""

    subject_id: uuid.UUID | None
    sentence: str


@dataclasses.dataclass(frozen=True, slots=True)
class FileHandler:
    """What is done with files of one kind.

    `take` makes the effect durable before it returns, and only once for the file's id, however often it is called; it
    raises `FileRefused` for a file that is to be put into quarantine.
    """

    kind: str
    take: Callable[[asyncpg.Pool, IncomingFile], Awaitable[Handled]]


def handlers_by_kind() -> dict[str, FileHandler]:
    """Every handler there is."""
    return {module.HANDLER.kind: module.HANDLER for module in modules_of(handlers)}
