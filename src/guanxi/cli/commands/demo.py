"""`guanxi demo`: make the demo bank."""

from __future__ import annotations

import datetime as dt
import os

import click

from guanxi.kernel import clock
from guanxi.storage.installation import database_ready


@click.command("demo")
@click.option("--customers", default=20_000, show_default=True, type=click.IntRange(10, 5_000_000))
@click.option(
    "--interactions-per-customer",
    default=100,
    show_default=True,
    type=click.IntRange(40, 1_000),
    help="About how many interactions a usual customer has in the thirteen months.",
)
@click.option("--seed", default=42, show_default=True, help="The same seed and end give the same bank.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which the history ends (UTC).  [default: now]",
)
@click.option("--processes", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--replace", is_flag=True, help="Remove every customer and interaction there is, first.")
def COMMAND(  # noqa: N802 - the name by which commands are found
    customers: int,
    interactions_per_customer: int,
    seed: int,
    until: dt.datetime | None,
    processes: int,
    replace: bool,  # noqa: FBT001 - an option of the command line
) -> None:
    """Make the demo bank: invented customers with thirteen months of history.

    Everything is invented; the same seed gives the same people, accounts and interactions. 王小明, customer 100000001,
    is the first of them.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    with database_ready(os.environ) as settings:
        from guanxi.cli.schema import bring_up_to_date
        from guanxi.demo.generate import Order, generate

        bring_up_to_date()
        order = Order(
            database_url=settings.database_url,
            secret_key=settings.secret_key,
            folder=settings.home / "demo",
            until=until.replace(tzinfo=dt.UTC) if until else clock.now().replace(microsecond=0),
            customers=customers,
            interactions_per_customer=interactions_per_customer,
            seed=seed,
            processes=processes,
        )
        columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns) as bar:
            tasks = {name: bar.add_task(name, total=None) for name in ("customers", "indexing")}
            summary = generate(
                order,
                replace=replace,
                progress=lambda name, done, total: bar.update(tasks[name], completed=done, total=total),
            )
    click.echo(f"{summary.customers:,} customers with {summary.interactions:,} interactions, until {order.until:%F}.")
