"""An empty installation gets a demo bank: customers and their history here, their money in the sandbox bank."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg

from guanxi.interactions.bulk_load import is_unfinished
from guanxi.storage.configuration import Configuration
from guanxi.storage.embedded import connected
from guanxi.storage.errors import StorageError


def make_demo_bank_if_empty(configuration: Configuration, customers: int) -> None:
    """Generate the demo bank when no party is known yet; then see that the sandbox bank has its accounts."""
    with connected(configuration.database_url) as connection:
        empty = connection.execute("SELECT NOT EXISTS (SELECT FROM parties_party)").fetchone() == (True,)
        half_made = is_unfinished(connection)
    if empty or half_made:
        _do("guanxi.cli", "demo", "--customers", str(customers))
    accounts = configuration.home / "demo" / "accounts.parquet"
    if accounts.exists() and not _sandbox_has_accounts(configuration):
        _do("guanxi.sandbox", "load", "--accounts", str(accounts))


def _sandbox_has_accounts(configuration: Configuration) -> bool:
    with connected(configuration.sandbox_database_url) as connection:
        try:
            return connection.execute("SELECT EXISTS (SELECT FROM account)").fetchone() == (True,)
        except psycopg.errors.UndefinedTable:
            return False


def _do(module: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, *arguments], env=os.environ, check=False)
    if done.returncode:
        raise StorageError("The demo bank could not be made.", next_step="See above; then start again.")
