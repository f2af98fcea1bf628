"""`guanxi terminal`: put ATMs and shops' terminals in service, and take them out."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable

import asyncpg
import click

from guanxi.access.keys import key_check_value
from guanxi.access.terminals import NewTerminal, register_terminal, retire_terminal
from guanxi.kernel.iso8583.specification import KEY_SIZE
from guanxi.kernel.money import CURRENCIES
from guanxi.storage.installation import database_ready


class WorkingKey(click.ParamType[bytes]):
    """A double-length TDES key as hexadecimal digits."""

    name = "hex"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """The key's octets."""
        if isinstance(value, bytes):
            return value
        try:
            key = bytes.fromhex(str(value))
        except ValueError:
            key = b""
        if len(key) != KEY_SIZE:
            self.fail(f"a key is {2 * KEY_SIZE} hexadecimal digits", param, ctx)
        return key


@click.group()
def terminal() -> None:
    """Put ATMs and shops' terminals in service, and take them out."""


@terminal.command()
@click.argument("terminal_id")
@click.option("--kind", type=click.Choice(["atm", "pos"]), required=True)
@click.option("--name", required=True, help="Where it stands, as people say it.")
@click.option("--acceptor", default="GUANXI000000001", show_default=True, help="ISO 8583 field 42.")
@click.option("--currency", type=click.Choice(sorted(CURRENCIES)), default="CNY", show_default=True)
@click.option("--mac-key", type=WorkingKey(), help="Made at random when not given.")
@click.option("--pin-key", type=WorkingKey(), help="Made at random when not given.")
def register(
    terminal_id: str, kind: str, name: str, acceptor: str, currency: str, mac_key: bytes | None, pin_key: bytes | None
) -> None:
    """Put a terminal in service, or change what is known of it. Keys made here are shown once."""
    if not (terminal_id.isascii() and terminal_id.isalnum() and len(terminal_id) == 8):
        raise click.BadParameter("a terminal id is eight letters and digits (ISO 8583 field 41)")
    made = {"MAC": mac_key or secrets.token_bytes(KEY_SIZE), "PIN": pin_key or secrets.token_bytes(KEY_SIZE)}
    new = NewTerminal(
        terminal_id, acceptor, "atm" if kind == "atm" else "pos", name, currency, made["MAC"], made["PIN"]
    )
    _run(lambda connection, secret_key: register_terminal(connection, secret_key, new))
    click.echo(f"{terminal_id} is in service.")
    for use, key in made.items():
        given = mac_key if use == "MAC" else pin_key
        shown = "as given" if given else key.hex().upper()
        click.echo(f"{use} key  {shown}  check value {key_check_value(key)}")


@terminal.command()
@click.argument("terminal_id")
def retire(terminal_id: str) -> None:
    """Take a terminal out of service. Gateways refuse it ten seconds later at the latest."""
    _run(lambda connection, _secret_key: retire_terminal(connection, terminal_id))
    click.echo(f"{terminal_id} is out of service.")


def _run(change: Callable[[asyncpg.Connection, str], Awaitable[None]]) -> None:
    with database_ready(os.environ) as configuration:
        asyncio.run(_connected(configuration.database_url, configuration.secret_key, change))


async def _connected(url: str, secret_key: str, change: Callable[[asyncpg.Connection, str], Awaitable[None]]) -> None:
    connection = await asyncpg.connect(url)
    try:
        await change(connection, secret_key)
    finally:
        await connection.close()


COMMAND = terminal
