"""A file is handed in: kept in the database piece by piece, so that whichever worker loads it finds it there."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from guanxi.kernel.identity import uuid7
from guanxi.parties.intake.errors import FileUnreadable
from guanxi.parties.models import IntakeFile, IntakeFilePart
from guanxi.storage.transactions import open_transaction

_PIECE: Final = 1024 * 1024
LARGEST: Final = 4 * 1024**3


def keep_file(
    pieces: Iterable[bytes], *, name: str, source: str, title: str, actor: str, at: dt.datetime
) -> IntakeFile:
    """Keep what comes in `pieces`; nothing of it is kept when it breaks off."""
    digest, size = hashlib.sha256(), 0
    with open_transaction():
        file = IntakeFile.objects.create(id=uuid7(), name=name[-255:], source=source, title=title, actor=actor, at=at)
        for number, piece in enumerate(_even(pieces)):
            size += len(piece)
            if size > LARGEST:
                raise FileUnreadable(f"it is larger than {LARGEST // 1024**3} GB")
            digest.update(piece)
            IntakeFilePart.objects.create(file=file, number=number, content=piece)
        file.size, file.sha256 = size, digest.digest()
        file.save(update_fields=["size", "sha256"])
    return file


def _even(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same octets in pieces of one size."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= _PIECE:
            yield bytes(waiting[:_PIECE])
            del waiting[:_PIECE]
    if waiting:
        yield bytes(waiting)
