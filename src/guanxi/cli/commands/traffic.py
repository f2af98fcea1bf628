"""`guanxi traffic`: a population of customers, acting."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from guanxi.kernel import clock
from guanxi.lab.client_log import open_log
from guanxi.lab.population import CHANNELS, populate
from guanxi.lab.traffic import Order, run_traffic
from guanxi.lab.wallet import DemoFiles
from guanxi.storage.configuration import read_configuration


@click.command()
@click.option(
    "--rate", default=10.0, show_default=True, type=click.FloatRange(0.01), help="Acts a second, mean of a week."
)
@click.option("--seconds", type=click.FloatRange(1), help="Stop after so long.  [default: until Ctrl-C]")
@click.option(
    "--channels", default=",".join(CHANNELS), show_default=True, help="Which channels, with commas between them."
)
@click.option(
    "--at", type=click.DateTime(["%H:%M"]), help="Act as at this time of the day.  [default: the bank's clock]"
)
@click.option(
    "--log", type=click.Path(dir_okay=False, path_type=Path), help="Write every request and its end, as JSON lines."
)
@click.option("--seed", default=42, show_default=True, help="The same seed: the same customers do the same things.")
@click.option("--customers", default=5_000, show_default=True, type=click.IntRange(2), help="How many cards take part.")
def traffic(
    rate: float,
    seconds: float | None,
    channels: str,
    at: dt.datetime | None,
    log: Path | None,
    seed: int,
    customers: int,
) -> None:
    """Act as a whole population: withdrawals, purchases, transfers, bills, looks; busy by day, quiet by night.

    Speaks to the gateway over the network as machines and phones do. Ends when every answer is in.
    """
    chosen = tuple(channel.strip() for channel in channels.split(","))
    unknown = [channel for channel in chosen if channel not in CHANNELS]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(CHANNELS)}", param_hint="--channels")
    configuration = read_configuration(os.environ)
    order = Order(
        rate=rate,
        seconds=seconds,
        seed=seed,
        host=configuration.host,
        iso8583_port=configuration.iso8583_port,
        gateway_url=configuration.gateway_url,
        time_zone=configuration.bank_time_zone,
        channels=chosen,
        at=_today_at(at, configuration.bank_time_zone) if at else None,
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_act(order, DemoFiles(configuration.home / "demo"), customers, log))


def _today_at(at: dt.datetime, time_zone: str) -> dt.datetime:
    return clock.now().astimezone(ZoneInfo(time_zone)).replace(hour=at.hour, minute=at.minute)


async def _act(order: Order, files: DemoFiles, customers: int, log: Path | None) -> None:
    from rich.live import Live

    machines, population = files.machines(), populate(files.wallets(customers), order.seed)
    heading = f"{order.rate:g} acts a second over the week, on {', '.join(order.channels)}"
    with open_log(log) as remember, Live(refresh_per_second=4) as live:
        await run_traffic(order, machines, population, remember, lambda tally: live.update(tally.table(heading)))


COMMAND = traffic
