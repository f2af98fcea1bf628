"""`guanxi iso8583`: read a card message of any dialect."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

import click

from guanxi.exchange.masking import mask_iso8583
from guanxi.kernel.errors import InvalidValue
from guanxi.kernel.iso8583.errors import MalformedMessage
from guanxi.kernel.iso8583.packager import Message, Packager, packager, packager_names

_HEXADECIMAL: Final = re.compile(rb"[0-9A-Fa-f]+")


@click.group()
def iso8583() -> None:
    """Read card messages (ISO 8583) of any dialect that there is a packager for."""


def _list(context: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  # as click calls it
    if wanted and not context.resilient_parsing:
        _list_dialects()
        context.exit()


def _list_dialects() -> None:
    for name in packager_names():
        click.echo(f"{name:<34}{packager(name).title}")


@iso8583.command("list")
def list_() -> None:
    """The dialects there are."""
    _list_dialects()


@iso8583.command()
@click.argument("octets")
@click.option("--packager", "name", default="guanxi", show_default=True, help="The dialect; see `guanxi iso8583 list`.")
@click.option(
    "--list", is_flag=True, is_eager=True, expose_value=False, callback=_list, help="Name the dialects and stop."
)
@click.option("--reveal", is_flag=True, help="Show card numbers, tracks and PIN data as they are.")
def decode(octets: str, name: str, *, reveal: bool) -> None:
    """Show the fields of a message. OCTETS are hexadecimal digits, the name of a file, or - for standard input.

    A file holds the message as it is, or as hexadecimal digits.
    """
    dialect = packager(name)
    message = _unpack(dialect, _read(octets))
    for number, text in _shown(dialect, message, reveal=reveal).items():
        whole, _, part = number.partition(".")
        inner = dialect.composites[int(whole)].inner if part else dialect
        field = inner.fields.get(int(part or whole))
        click.echo(f"{number:>7}  {field.name if field else 'message type':<44}  {text}")
        if not part and message.fields.get(int(whole)) == text:  # of what is masked, no part is shown either
            _show_pieces(dialect, message, int(whole))


def _show_pieces(dialect: Packager, message: Message, number: int) -> None:
    try:
        pieces = dialect.pieces(message, number)
    except MalformedMessage as error:
        click.echo(f"{'':>7}    {error}")
        return
    for key, name, value in pieces:
        click.echo(f"{'':>7}    {f'{key}  {name}':<42}    {value}")


def _unpack(dialect: Packager, raw: bytes) -> Message:
    try:
        return dialect.unpack(raw)
    except MalformedMessage:
        digits = raw.translate(None, b" \t\r\n")
        if not digits or len(digits) % 2 or not _HEXADECIMAL.fullmatch(digits):
            raise
        return dialect.unpack(bytes.fromhex(digits.decode("ascii")))


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
