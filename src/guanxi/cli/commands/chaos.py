"""`guanxi chaos`: prove integrity by faults."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

import click


@click.command()
@click.option(
    "--faults", default=40, show_default=True, type=click.IntRange(1, 100_000), help="How many things go wrong."
)
@click.option("--seed", default=1, show_default=True, help="The same seed: the same faults at the same instants.")
@click.option("--rate", default=15.0, show_default=True, type=click.FloatRange(0.1), help="Acts of customers a second.")
@click.option("--customers", default=300, show_default=True, type=click.IntRange(50), help="Size of the demo bank.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep history, memory and logs there.  [default: a temporary folder, kept when a promise was broken]",
)
def chaos(faults: int, seed: int, rate: float, customers: int, folder: Path | None) -> None:
    """Maltreat a bank of its own under load, then hold its books against what its customers remember.

    Kills, pauses, restarts and disconnects gateway, worker, databases and every sandbox system; delays, drops and
    repeats messages between them. Ends with a report, and with code 1 when a promise was broken.
    """
    from guanxi.cli.chaos import Trial, run_trial

    home = folder or Path(tempfile.mkdtemp(prefix="guanxi-chaos-"))
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)  # the database's own user must reach its cluster
    report = asyncio.run(run_trial(Trial(faults, seed, rate, customers), home, click.echo))
    (home / "report.md").write_text(report.markdown(), encoding="utf-8")
    click.echo(report.markdown())
    if not report.passed:
        click.secho(f"Promises were broken; history, memory and logs are in {home}.", fg="red")
        sys.exit(1)
    click.secho("Every promise was kept.", fg="green")
    if folder is None:
        shutil.rmtree(home)


COMMAND = chaos
