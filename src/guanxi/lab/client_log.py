"""What customers remember: a line of JSON for each request before it is sent, and one for how it ended.

It is kept apart from the bank, so that the bank's books can be held against it.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec


class Remembered(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request. `ended` is empty when it is about to be sent, then what the customer was told at the end."""

    channel: str
    key: str  # what the bank knows it by: the idempotency key, or terminal, field 7 and field 11
    service: str
    party_number: str
    account: str
    amount: str = ""
    payee: str = ""
    premium: str = ""  # what the account gives beyond what the payee gets
    ended: str = ""
    mark: str = ""  # the word that the bank's books show with what this request moved


Remember = Callable[[Remembered], None]


@contextlib.contextmanager
def open_log(path: Path | None) -> Iterator[Remember]:
    """Writes lines to `path`, each handed to the system before anything else happens; without a path, nowhere."""
    if path is None:
        yield lambda _line: None
        return
    with path.open("ab", buffering=0) as file:
        yield lambda line: _write(file, line)


def _write(file: io.FileIO, line: Remembered) -> None:
    file.write(msgspec.json.encode(line) + b"\n")


def read_log(path: Path) -> list[Remembered]:
    """Every line."""
    return [msgspec.json.decode(line, type=Remembered) for line in path.read_bytes().splitlines()]
