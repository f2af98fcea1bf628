"""The content of files that were handed in: brought to this machine, and forgotten after a while."""

from __future__ import annotations

import datetime as dt
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg

from guanxi.parties.intake.errors import FileUnreadable

_PART: Final = "SELECT content FROM parties_intakefilepart WHERE file_id = %s AND number = %s"
_FORGET: Final = """
DELETE FROM parties_intakefilepart p USING parties_intakefile f
WHERE f.id = p.file_id AND f.at < %s
AND NOT EXISTS (SELECT FROM parties_load l WHERE l.file_id = f.id AND l.ended_at IS NULL)
"""


@contextmanager
def file_on_disk(connection: psycopg.Connection[Any], file_id: uuid.UUID) -> Iterator[Path]:
    """The file as a temporary one of this machine."""
    with tempfile.NamedTemporaryFile(prefix="guanxi-intake-") as file:
        number = 0
        while row := connection.execute(_PART, [file_id, number], binary=True).fetchone():
            file.write(row[0])
            number += 1
        file.flush()
        if not number:
            raise FileUnreadable("it is no longer kept: hand it in again")
        yield Path(file.name)


def forget_files(connection: psycopg.Connection[Any], before: dt.datetime) -> int:
    """Drop the content of files that came `before`, but for those that are still being loaded; how many pieces."""
    return connection.execute(_FORGET, [before]).rowcount
