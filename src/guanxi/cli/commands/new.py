"""`guanxi new`: begin something with a skeleton that works."""

from __future__ import annotations

from pathlib import Path

import click

from guanxi.cli.skeletons import HOUSE, KINDS, write_adapter


@click.group()
def new() -> None:
    """Begin something with a skeleton that works."""


@new.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), default="rest", show_default=True, help="How the peer is spoken to.")
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), default=HOUSE, help="A folder of your own.")
def adapter(name: str, kind: str, into: Path) -> None:
    """Write the adapter NAME: code, message map, recorded messages, a stand-in peer and tests, which pass."""
    folder = write_adapter(name, kind, into)
    click.echo(f"{folder}:")
    for path in sorted(folder.iterdir()):
        click.echo(f"  {path.name}")
    click.echo(f"Its tests pass already: pytest {folder}")


COMMAND = new
