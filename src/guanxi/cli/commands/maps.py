"""`guanxi maps`: look at, check and try the message maps."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from guanxi.exchange.maps.checks import check_files
from guanxi.exchange.maps.engine import from_wire, to_wire
from guanxi.exchange.maps.formats.json import JsonFormat
from guanxi.exchange.maps.message_map import MessageMap, load_map, map_named, shipped_maps


@click.group()
def maps() -> None:
    """Look at, check and try the message maps."""


@maps.command("list")
def list_maps() -> None:
    """Every map of the house."""
    for found in shipped_maps().values():
        click.echo(f"{found.name:<28}{found.format:<9}{len(found.rules):>3} rules  {found.title}")


@maps.command()
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), multiple=True)
def check(folder: tuple[Path, ...]) -> None:
    """Check every map of the house, and those in each --folder."""
    faults = check_files(folder)
    for fault in faults:
        click.secho(f"{fault.id} {fault.map_name}{f', rule {fault.rule}' if fault.rule else ''}", fg="red")
        click.echo(f"  {fault.sentence}\n  {fault.hint}")
    if faults:
        sys.exit(1)
    click.echo("Every map is sound.")


@maps.command()
@click.argument("name")
@click.option("--back", is_flag=True, help="From the canonical message (JSON) to the peer's.")
def convert(name: str, *, back: bool) -> None:
    """Convert standard input with the map NAME, or with the map in the file NAME."""
    raw = sys.stdin.buffer.read()
    found = _named(name)
    if back:
        sys.stdout.buffer.write(to_wire(found, JsonFormat().read(raw)))
    else:
        click.echo(JsonFormat(indent=2).write(from_wire(found, raw)))


def _named(name: str) -> MessageMap:
    return load_map(Path(name)) if name.endswith(".toml") else map_named(name)


COMMAND = maps
