"""`python -m guanxi.sandbox`: serve the sandbox bank, or `load` accounts into it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import os
import signal
import socket
import sys
from pathlib import Path

import asyncpg
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from guanxi.kernel.iso8583.specification import DEMO_INTERCHANGE_KEY
from guanxi.sandbox import bank
from guanxi.sandbox.app import Bank, make_app
from guanxi.sandbox.callbacks import tell_for_ever
from guanxi.sandbox.card_host import CardHost
from guanxi.sandbox.corporate_host import make_keys, serve_corporate_host
from guanxi.sandbox.faults import Faults
from guanxi.sandbox.load import load_accounts
from guanxi.sandbox.queue import Queue

CORPORATE_FOLDER = "corporate"


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop, or load and end; the exit code."""
    options = _options().parse_args(arguments)
    try:
        if options.command == "keys":
            make_keys(options.files / CORPORATE_FOLDER)
        elif options.command == "load":
            opened = load_accounts(options.database_url, options.accounts)
            sys.stdout.write(f"{opened:,} accounts opened\n")
        else:
            uvloop.run(_serve(options))
    except (OSError, ValueError, asyncpg.PostgresError) as error:
        sys.stderr.write(f"The sandbox bank cannot go on: {error}.\n")
        return 1
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="guanxi sandbox", description="A small but true bank to connect to.")
    environment = os.environ.get
    url = environment("GUANXI_SANDBOX_DATABASE_URL", "postgresql://guanxi@127.0.0.1:5432/sandbox")
    parser.add_argument("--database-url", default=url)
    parser.add_argument("--host", default=environment("GUANXI_HOST", "127.0.0.1"))
    parser.add_argument("--http-port", type=int, default=environment("GUANXI_SANDBOX_PORT", "8020"))
    parser.add_argument("--card-port", type=int, default=environment("GUANXI_CARD_HOST_PORT", "8021"))
    parser.add_argument("--sftp-port", type=int, help="where a corporate customer's files are; without it, nowhere")
    parser.add_argument(
        "--callback-url",
        default="http://127.0.0.1:8010/callbacks/intermediary",
        help="where late confirmations go; empty when another process of the bank tells them",
    )
    parser.add_argument("--confirm-after", type=float, default=2.0, help="seconds until a late confirmation")
    parser.add_argument("--files", type=Path, default=Path(".guanxi/sandbox"))
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("keys", help="make the keys of the corporate customer's SFTP server, where they are missing")
    load = commands.add_parser("load", help="open accounts from a Parquet file")
    load.add_argument("--accounts", type=Path, required=True)
    return parser


async def _serve(options: argparse.Namespace) -> None:
    _require_free(options.host, options.http_port)
    faults = Faults()
    pool = await bank.open_bank(options.database_url)
    queues = {system: Queue(pool, system) for system in bank.SYSTEMS}
    the_bank = Bank(pool, queues, faults, options.files, dt.timedelta(seconds=options.confirm_after))
    card_key = bytes.fromhex(os.environ.get("GUANXI_CARD_HOST_KEY", DEMO_INTERCHANGE_KEY.hex()))
    callback_key = os.environ.get("GUANXI_CALLBACK_KEY", "").encode()
    host = CardHost(pool, card_key, faults)
    cards = await asyncio.start_server(host.serve, options.host, options.card_port)
    corporate = None
    if options.sftp_port:
        folder = options.files / CORPORATE_FOLDER
        corporate = await serve_corporate_host(folder, options.host, options.sftp_port)
    url = options.callback_url
    teller = asyncio.create_task(tell_for_ever(pool, url, callback_key, faults)) if url else None
    server = Server(
        make_app(the_bank),
        address=options.host,
        port=options.http_port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, server.stop)
    try:
        await server.serve()
    finally:
        if teller is not None:
            teller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await teller
        cards.close()
        if corporate is not None:
            corporate.close()
        await pool.close()


def _require_free(host: str, port: int) -> None:
    """Granian shares its port with whoever else shares theirs, so two banks would silently split the customers."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


if __name__ == "__main__":
    sys.exit(main())
