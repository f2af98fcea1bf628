"""`guanxi files`: files to and from peers."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import asyncpg
import click

from guanxi.exchange.files import life
from guanxi.exchange.files.clerk import Look, look_at, peer_named
from guanxi.kernel.clock import now
from guanxi.storage.configuration import Configuration
from guanxi.storage.installation import database_ready

Found = TypeVar("Found")
_PIECE: Final = 1024 * 1024
_LIST: Final = """
SELECT id, peer_id, direction, state, size, so_far, name, sentence FROM exchange_file
WHERE ($1 = '' OR peer_id = $1) ORDER BY first_at DESC, id DESC LIMIT $2
"""
_EVENTS: Final = "SELECT at, state, actor, sentence FROM exchange_fileevent WHERE file_id = $1 ORDER BY id LIMIT 500"


@click.group()
def files() -> None:
    """Files to and from peers over SFTP."""


@files.command("list")
@click.option("--peer", default="", help="Only this peer's.")
@click.option("--most", type=click.IntRange(1, 1000), default=20, show_default=True)
def list_(peer: str, most: int) -> None:
    """The newest files."""
    for row in _run(lambda pool, _settings: pool.fetch(_LIST, peer, most)):
        share = f"{100 * row['so_far'] // max(row['size'], 1)}%"
        click.echo(
            f"{row['id']}  {row['peer_id']:<12} {row['direction']:<3} {row['state']:<12} {share:>4} {row['name']}"
            + (f"  ({row['sentence']})" if row["sentence"] else "")
        )


@files.command()
@click.argument("file_id", type=click.UUID)
def show(file_id: uuid.UUID) -> None:
    """The life of one file."""
    for row in _run(lambda pool, _settings: pool.fetch(_EVENTS, file_id)):
        click.echo(f"{row['at']:%Y-%m-%d %H:%M:%S}  {row['state']:<12} {row['actor']:<16} {row['sentence']}")


@files.command()
@click.argument("peer")
def poll(peer: str) -> None:
    """Look at a peer now: fetch and handle what lies there, send what waits."""
    found = _run(lambda pool, settings: _poll(pool, settings, peer))
    if found.fault is None:
        raise click.ClickException("The worker is looking at this peer just now.")
    if found.fault:
        raise click.ClickException(found.fault)
    click.echo(f"{found.fetched} files went on, {found.sent} were sent.")


@files.command()
@click.argument("peer")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="Its name at the peer.  [default: the name it has here]")
def send(peer: str, path: Path, name: str | None) -> None:
    """Put a file among those to be sent to a peer."""
    file_id = _run(lambda pool, _settings: _queue(pool, peer, path, name or path.name))
    if file_id is None:
        raise click.ClickException("A file of this name is on its way to this peer, or was sent before: give --name.")
    click.echo(f"{file_id} waits to be sent; `guanxi files show {file_id}` tells what becomes of it.")


async def _poll(pool: asyncpg.Pool, settings: Configuration, name: str) -> Look:
    peer = await peer_named(pool, name)
    if peer is None:
        raise click.ClickException(f"There is no peer {name}.")
    return await look_at(pool, name, peer, settings)


async def _queue(pool: asyncpg.Pool, peer: str, path: Path, name: str) -> uuid.UUID | None:
    if await peer_named(pool, peer) is None:
        raise click.ClickException(f"There is no peer {peer}.")
    with path.open("rb") as file:
        content = iter(lambda: file.read(_PIECE), b"")
        async with pool.acquire() as connection:
            return await life.queue(connection, peer, name, content, now(), actor="system:cli")


def _run(do: Callable[[asyncpg.Pool, Configuration], Awaitable[Found]]) -> Found:
    with database_ready(os.environ) as settings:

        async def work() -> Found:
            async with asyncpg.create_pool(settings.database_url, min_size=1, max_size=4) as pool:
                return await do(pool, settings)

        return asyncio.run(work())


COMMAND = files
