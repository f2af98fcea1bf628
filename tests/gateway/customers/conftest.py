"""Machine clients with keys, and sources whose records they tell."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest

from guanxi.access.machine_clients import NewClient, add_key, register_client
from guanxi.access.scopes import SCOPES

AT = dt.datetime(2026, 5, 4, tzinfo=dt.UTC)
SOURCE = """
INSERT INTO parties_source (name, title, kind, trust, owner, description, version, updated_at, updated_by)
VALUES (%s, %s, 'rest', %s, '', '{}', 1, %s, 'system:test') ON CONFLICT DO NOTHING
"""


class Machine:
    """A machine client over HTTP."""

    def __init__(self, client: httpx.Client, name: str, key: str) -> None:
        self.client, self.name, self.key = client, name, key

    def ask(self, method: str, path: str, *, key: str | None = "", **given) -> httpx.Response:
        """A request with the client's key, and a new Idempotency-Key unless one (or none) is given."""
        headers = {"Authorization": f"Bearer {self.key}", **given.pop("headers", {})}
        if method != "GET" and key is not None:
            headers["Idempotency-Key"] = key or uuid.uuid4().hex
        return self.client.request(method, path, headers=headers, **given)

    def tell(self, source: str, key: str, **party) -> dict:
        """Tells a record and answers its outcome."""
        told = self.ask("PUT", f"/v1/sources/{source}/records/{key}", json={"party": party})
        assert told.status_code == 200, told.text
        return told.json()


@pytest.fixture(scope="module")
def new_machine(client: httpx.Client, database: psycopg.Connection) -> Callable[..., Machine]:
    """Makes a machine client."""

    def make(*scopes: str, sources: tuple[str, ...] = (), rate: int = 10_000) -> Machine:
        name = f"m{uuid.uuid4().hex[:10]}"
        for source in sources:
            database.execute(SOURCE, [source, source, 0.5, AT])
        with database.transaction():
            new = NewClient(name, name, list(scopes or SCOPES), list(sources), rate)
            register_client(database, new, by="system:test", at=AT)
            return Machine(client, name, add_key(database, name, by="system:test", at=AT))

    return make


@pytest.fixture(scope="module")
def machine(new_machine) -> Iterator[Machine]:
    """One that may do everything, and tells for three sources."""
    return new_machine(sources=("savings", "cards", "loans"))
