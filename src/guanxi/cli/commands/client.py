"""`guanxi client`: the computers that may speak to the customer API in their own name, and their keys."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click
import psycopg

from guanxi.access import machine_clients
from guanxi.access.machine_clients import NewClient
from guanxi.access.scopes import SCOPES
from guanxi.kernel.clock import now
from guanxi.storage.installation import database_ready

Answer = TypeVar("Answer")

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{1,23}")


@click.group()
def client() -> None:
    """Let computers use the customer API, with keys of their own."""


@client.command()
@click.argument("name")
@click.option("--title", default="", help="What it is, as people say it.")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="What it may do.")
@click.option("--source", "sources", multiple=True, help="A source whose records it may tell, besides its own.")
@click.option("--rate", default=100, show_default=True, type=click.IntRange(1, 100_000), help="Requests a second.")
def add(name: str, title: str, scopes: tuple[str, ...], sources: tuple[str, ...], rate: int) -> None:
    """Make a client, or change what it may do, and give it a new key, which is shown once."""
    if not _NAME.fullmatch(name):
        raise click.BadParameter("a name is 2 to 24 small letters, digits, - and _, beginning with a letter")
    new = NewClient(name, title or name, sorted(set(scopes)), sorted(set(sources)), rate)

    def change(connection: psycopg.Connection[Any], at: dt.datetime) -> str:
        machine_clients.register_client(connection, new, by=_by(), at=at)
        return machine_clients.add_key(connection, name, by=_by(), at=at)

    _show_key(name, _run(change))


@client.command()
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it holds; for ever when not given.")
def key(name: str, days: int | None) -> None:
    """Give a client one more key, to change over without a pause."""

    def change(connection: psycopg.Connection[Any], at: dt.datetime) -> str:
        until = at + dt.timedelta(days=days) if days else None
        return machine_clients.add_key(connection, name, by=_by(), at=at, until=until)

    _show_key(name, _run(change))


@client.command()
@click.argument("name")
@click.option(
    "--older-than", default=0, show_default=True, type=click.IntRange(0), help="Only keys older than so many hours."
)
def revoke(name: str, older_than: int) -> None:
    """Take a client's keys back. Gateways refuse them two seconds later at the latest."""

    def change(connection: psycopg.Connection[Any], at: dt.datetime) -> int:
        before = at - dt.timedelta(hours=older_than)
        return machine_clients.revoke_keys(connection, name, by=_by(), at=at, before=before)

    click.echo(f"{_run(change)} keys of {name} are taken back.")


@client.command()
@click.argument("name")
def disable(name: str) -> None:
    """Let a client speak no more, whatever keys it has."""
    _run(lambda connection, at: machine_clients.disable_client(connection, name, by=_by(), at=at))
    click.echo(f"{name} may not speak any more.")


@client.command(name="list")
def list_() -> None:
    """The clients there are."""
    for name, title, scopes, sources, rate, disabled_at, keys in _run(machine_clients.list_clients):
        state = f"disabled since {disabled_at:%Y-%m-%d}" if disabled_at else f"{keys} keys"
        told = f"  tells {', '.join(sources)}" if sources else ""
        click.echo(f"{name}  {title}  {', '.join(scopes)}{told}  {rate}/s  {state}")


def _show_key(name: str, made: str) -> None:
    click.echo(f"{name} may speak. Its key, shown only now:")
    click.echo(made)


def _by() -> str:
    return f"command:{getpass.getuser()}"


def _run(change: Callable[[psycopg.Connection[Any], dt.datetime], Answer]) -> Answer:
    with database_ready(os.environ) as configuration, psycopg.connect(configuration.database_url) as connection:
        return change(connection, now())


COMMAND = client
