"""`guanxi import`: take in the data of another bank."""

from __future__ import annotations

import os
from pathlib import Path

import click

from guanxi.kernel import clock
from guanxi.storage.installation import database_ready


@click.group("import")
def import_() -> None:
    """Take in the data of another bank."""


@import_.command()
@click.argument("folder", type=click.Path(path_type=Path))
def berka(folder: Path) -> None:
    """The Czech bank of the PKDD '99 challenge, from the folder with its files. Safe to repeat."""
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    with database_ready(os.environ) as settings:
        from guanxi.cli.schema import bring_up_to_date
        from guanxi.systems.berka.load import PUBLISHED, import_berka, write_rejected

        bring_up_to_date()
        with Progress() as bar:
            tasks = {name: bar.add_task(name, total=PUBLISHED[name], visible=False) for name in PUBLISHED}
            report = import_berka(
                settings.database_url,
                settings.secret_key,
                folder,
                at=clock.now(),
                progress=lambda name, done, total: bar.update(tasks[name], completed=done, total=total, visible=True),
            )
        rejected = settings.home / "import" / "berka-rejected.csv"
        write_rejected(rejected, report.rejected)
    table = Table("file", "published", "taken", "rejected", "new here", "agrees")
    for count in report.counts:
        numbers = (f"{value:,}" for value in (count.published, count.read, count.rejected, count.added))
        table.add_row(count.file, *numbers, "yes" if count.agrees else "NO")
    Console().print(table)
    for row in report.rejected[:20]:
        click.echo(f"{row.file}:{row.line}: {row.reason}")
    click.echo(f"{len(report.rejected):,} rows rejected; each with its reason in {rejected}.")


COMMAND = import_
