"""A real PostgreSQL for every test that asks: one embedded server a run, one fresh migrated database a module."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from guanxi.storage import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.office.settings")
os.environ.setdefault("GUANXI_SECRET_KEY", "a-key-for-tests-only")
# A busy machine is no fault of the code: what an example takes is not judged.
settings.register_profile("guanxi", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("guanxi")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an empty server, ending in its `postgres` database."""
    given = os.environ.get("GUANXI_TEST_SERVER")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="guanxi-test-", dir="/tmp"))
    folder.chmod(0o755)
    url = embedded.start(folder / "postgres", embedded.free_port())
    yield url
    embedded.stop(folder / "postgres")


@pytest.fixture(scope="session")
def migrated_template(postgres: str) -> str:
    """The name of a database with the present schema, to be copied."""
    address = postgres.rpartition("/")[0]
    name = f"template_{uuid.uuid4().hex[:8]}"
    embedded.make_database(f"{address}/{name}")
    environment = {**os.environ, "GUANXI_DATABASE_URL": f"{address}/{name}"}
    subprocess.run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"], check=True, env=environment)
    return name


@pytest.fixture(scope="module")
def database_url(postgres: str, migrated_template: str) -> Iterator[str]:
    """A fresh database with the present schema, for one test module."""
    address = postgres.rpartition("/")[0]
    name = f"test_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_template}")
    yield f"{address}/{name}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def empty_database_url(postgres: str) -> Iterator[str]:
    """A fresh database with nothing in it, for the sandbox bank."""
    address = postgres.rpartition("/")[0]
    name = f"empty_{uuid.uuid4().hex[:10]}"
    embedded.make_database(f"{address}/{name}")
    yield f"{address}/{name}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
