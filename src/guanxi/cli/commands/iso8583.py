"""`guanxi iso8583`: read a card message of any dialect."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from guanxi.exchange.masking import mask_iso8583
from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.iso8583.packager import Message, Packager, packager, packager_names


@click.group()
def iso8583() -> None:
    """Read card messages (ISO 8583) of any dialect that there is a packager for."""


@iso8583.command("list")
def list_() -> None:
    """The dialects there are."""
    for name in packager_names():
        click.echo(f"{name:<34}{packager(name).title}")


@iso8583.command()
@click.argument("octets")
@click.option("--packager", "name", default="guanxi", show_default=True, help="The dialect; see `guanxi iso8583 list`.")
@click.option("--reveal", is_flag=True, help="Show card numbers, tracks and PIN data as they are.")
def decode(octets: str, name: str, *, reveal: bool) -> None:
    """Show the fields of a message. OCTETS are hexadecimal digits, the name of a file, or - for standard input."""
    dialect = packager(name)
    message = dialect.unpack(_read(octets))
    for number, text in _shown(dialect, message, reveal=reveal).items():
        whole, _, part = number.partition(".")
        inner = dialect.composites[int(whole)].inner if part else dialect
        field = inner.fields.get(int(part or whole))
        click.echo(f"{number:>7}  {field.name if field else 'message type':<44}  {text}")


def _shown(dialect: Packager, message: Message, *, reveal: bool) -> dict[str, str]:
    if reveal:
        return dialect.listing(message)
    return {"0": message.mti, **mask_iso8583(dict(sorted(message.fields.items())))}


def _read(octets: str) -> bytes:
    if octets == "-":
        return sys.stdin.buffer.read()
    path = Path(octets)
    if len(octets) < 255 and path.is_file():
        return path.read_bytes()
    try:
        return bytes.fromhex(octets)
    except ValueError:
        raise InvalidValue("These are neither hexadecimal digits nor the name of a file.", field="octets") from None


COMMAND = iso8583
