"""Sources, files and loads in a real database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import django
import msgspec
import psycopg
import pytest

django.setup()  # before anything imports models

from guanxi.parties.intake.description import Column, SourceDescription  # noqa: E402

AT = dt.datetime(2026, 5, 3, 8, tzinfo=dt.UTC)
CARDS = SourceDescription(
    columns=(
        Column(name="id"),
        Column(name="name", means="name"),
        Column(name="born", means="birth_date"),
        Column(name="phone", means="phone"),
        Column(name="card", means="document", document="resident_id"),
    ),
    key=("id",),
)
_NUMBERS = count(1)
HEADINGS = "id,name,born,phone,card\n"


class Desk:
    """What the office does, by hand: each row of a file is a text."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self.at = AT

    def describe(self, description: SourceDescription = CARDS, **changed: object) -> None:
        """Save the source as its next version."""
        from guanxi.parties.intake.operations import save_source
        from guanxi.parties.models import Source

        known = Source.objects.filter(name=self.name).first()
        save_source(
            name=self.name,
            title=self.name,
            trust=0.5,
            owner="",
            description=msgspec.structs.replace(description, **changed),
            reason="a test",
            actor="staff:engineer",
            at=self.at,
            from_version=known.version if known else 0,
        )

    def line_up(self, content: str | bytes, mode: str = "full") -> Any:
        """Hand a file in and order its load, which no worker has taken yet."""
        from guanxi.parties.intake.handing_in import keep_file
        from guanxi.parties.intake.operations import start_load
        from guanxi.parties.models import Source

        self.at += dt.timedelta(hours=1)
        octets = content if isinstance(content, bytes) else content.encode()
        source = Source.objects.get(name=self.name)
        told = {"source": self.name, "title": self.name, "actor": "staff:engineer", "at": self.at}
        file = keep_file([octets], name="f.csv", **told)
        return start_load(source=source, file=file, mode=mode, actor="staff:engineer", at=self.at)

    def run(self, load: Any) -> Any:
        """Load, as a worker does; the load as it is then."""
        from guanxi.parties.intake.loading import run_load

        run_load(self.url, load.id, zone="Asia/Shanghai", clock=lambda: self.at)
        load.refresh_from_db()
        return load

    def load(self, content: str | bytes, mode: str = "full") -> Any:
        """Hand in, order and load."""
        return self.run(self.line_up(content, mode))

    def rows(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement, arguments).fetchall()

    def versions(self, key: str) -> list[tuple[Any, ...]]:
        """Version, number, name, whether current, whether gone: of every version of a record."""
        return self.rows(
            "SELECT version, record, mapped ->> 'name', superseded_at IS NULL, gone_at IS NOT NULL"
            " FROM parties_sourcerecord WHERE source = %s AND key = %s ORDER BY version",
            self.name,
            key,
        )


@pytest.fixture(scope="module")
def models_url(database_url: str, django_db_blocker: Any) -> Iterator[str]:
    """The address of the database that Django's models of this process are in, for as long as the module lasts."""
    from django.db import connections

    parts, told = urlsplit(database_url), connections.settings["default"]
    before = dict(told)
    connections["default"].close_pool()
    told |= {
        "NAME": parts.path[1:],
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "USER": parts.username or "",
    }
    told["PASSWORD"] = parts.password or ""
    del connections["default"]
    with django_db_blocker.unblock():
        yield database_url
        connections["default"].close()
        connections["default"].close_pool()
    told |= before
    del connections["default"]


@pytest.fixture
def make_desk(models_url: str) -> Callable[[str], Desk]:
    """A desk for a source of any name."""
    return lambda name: Desk(models_url, name)


@pytest.fixture
def desk(make_desk: Callable[[str], Desk]) -> Desk:
    """A desk of a source of one's own, which is described."""
    made = make_desk(f"s{next(_NUMBERS)}")
    made.describe()
    return made
