"""Say which transaction a piece of Django code needs: open one, require one, or run after commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import transaction

from guanxi.storage.errors import StorageError


class _Shared(psycopg.Connection[Any]):
    """Django's connection once more, reading values as every other door does: Django's own has JSON as text."""

    def __del__(self, _warn: Any = None, /) -> None:  # noqa: ANN401 - psycopg's signature
        """It is Django's to close."""


@contextmanager
def open_transaction() -> Iterator[None]:
    """Open a transaction that commits when the block ends; a programming error inside another one."""
    with transaction.atomic(durable=True):  # noqa: TID251 - this module is what the rule points to
        yield


def require_transaction() -> None:
    """Raise unless the caller has opened a transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise StorageError("This change must happen inside a transaction.", next_step="Wrap it in open_transaction().")


def present_connection() -> psycopg.Connection[Any]:
    """The connection of the transaction that the caller has opened, for SQL that is shared with other doors."""
    require_transaction()
    found = _Shared(transaction.get_connection().connection.pgconn)
    found.prepare_threshold = None  # the names of prepared statements would be those of Django's own
    return found


def after_commit(action: Callable[[], object]) -> None:
    """Run `action` once the present transaction has committed; not at all if it rolls back."""
    transaction.on_commit(action)
