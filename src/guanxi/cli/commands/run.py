"""`guanxi run`."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from typing import Final

import click

from guanxi.cli.health_checks import silent_doors
from guanxi.cli.supervisor import Program, Supervisor
from guanxi.storage.configuration import Configuration
from guanxi.storage.errors import ConfigurationInvalid
from guanxi.storage.installation import database_ready

_COLOURS: Final = {"office": "cyan", "gateway": "green", "worker": "magenta", "sandbox": "yellow"}


@click.command()
@click.option("--customers", default=20_000, show_default=True, help="How many customers an empty bank gets.")
def run(customers: int) -> None:
    """Start everything: database, office, gateway, worker and sandbox bank. Ctrl-C stops it all."""
    started = time.monotonic()
    with database_ready(os.environ) as configuration:
        _require_free_ports(configuration)
        _prepare(configuration, customers)
        programs = [
            Program(name, [sys.executable, "-m", "guanxi.cli", name], colour) for name, colour in _COLOURS.items()
        ]
        asyncio.run(_supervise(programs, configuration, started))
        click.echo("Stopped.")


def _prepare(configuration: Configuration, customers: int) -> None:
    from guanxi.cli.assets import build_assets
    from guanxi.cli.demo_bank import make_demo_bank_if_empty
    from guanxi.cli.demo_corporate import connect_demo_corporate, inbox_of
    from guanxi.cli.schema import bring_up_to_date

    if build_assets():
        click.echo("The browser's assets have been built.")
    if bring_up_to_date():
        click.echo("The database schema has been brought up to date.")
    make_demo_bank_if_empty(configuration, customers)
    if connect_demo_corporate(configuration):
        click.echo(f"Payment files laid into {inbox_of(configuration)} are carried out.")


async def _supervise(programs: list[Program], configuration: Configuration, started: float) -> None:
    greeting = asyncio.create_task(_greet(configuration, started))
    await Supervisor(programs, os.environ).run()
    greeting.cancel()


async def _greet(configuration: Configuration, started: float) -> None:
    """Print the addresses once there is somebody at each."""
    while await asyncio.to_thread(silent_doors, configuration):  # noqa: ASYNC110 - other processes set no event here
        await asyncio.sleep(0.3)
    click.echo(_welcome(configuration, time.monotonic() - started))


def _require_free_ports(configuration: Configuration) -> None:
    ports = {
        "GUANXI_OFFICE_PORT": configuration.office_port,
        "GUANXI_GATEWAY_PORT": configuration.gateway_port,
        "GUANXI_ISO8583_PORT": configuration.iso8583_port,
        "GUANXI_SANDBOX_PORT": configuration.sandbox_port,
        "GUANXI_CARD_HOST_PORT": configuration.card_host_port,
        "GUANXI_SANDBOX_SFTP_PORT": configuration.sandbox_sftp_port,
    }
    for setting, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((configuration.host, port))
            except OSError as error:
                raise ConfigurationInvalid(
                    f"Port {port} on {configuration.host} cannot be used: {error.strerror}.",
                    next_step=f"Stop what listens there, or set {setting} to another port.",
                ) from error


def _welcome(configuration: Configuration, seconds: float) -> str:
    rows = (
        ("Office", configuration.office_url, "sign in as agent, manager, supervisor, ...; password guanxi"),
        ("Channel lab", f"{configuration.office_url}/lab/", "play the customer"),
        ("Gateway", f"{configuration.gateway_url}/openapi.json", f"ISO 8583 on port {configuration.iso8583_port}"),
        ("Sandbox bank", f"{configuration.sandbox_url}/ledger/trial-balance", "the systems behind"),
    )
    lines = [f"  {name:<13} {click.style(url, fg='blue', underline=True)}  {note}" for name, url, note in rows]
    return "\n".join(("", click.style(f"Guanxi 关系 is ready ({seconds:.0f} s).", bold=True), *lines, ""))


COMMAND = run
