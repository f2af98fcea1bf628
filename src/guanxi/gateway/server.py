"""Serving the gateway: HTTP by granian inside our own event loop, beside the ISO 8583 doors and the recovery.

A stop (SIGTERM, SIGINT) closes the listening sockets first, finishes what is in flight, flushes the journal and ends.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from guanxi.gateway.app import make_app
from guanxi.gateway.errors import AddressTaken
from guanxi.gateway.resources import open_gateway
from guanxi.gateway.terminals import serve_terminals
from guanxi.storage.configuration import Configuration
from guanxi.storage.open_files import allow_open_files

_HEADER_MILLISECONDS = 10_000  # a connection that has not sent its headers by then is closed
_BACKLOG = 1024
_IN_FLIGHT = 1024


def run(configuration: Configuration) -> None:
    """Serve until told to stop."""
    allow_open_files()
    uvloop.run(serve(configuration))


async def serve(configuration: Configuration) -> None:
    """Open everything, serve, and close everything in the opposite order."""
    _require_free(configuration.host, configuration.gateway_port)
    async with open_gateway(configuration) as gateway, serve_terminals(gateway):
        server = Server(
            make_app(gateway),
            address=configuration.host,
            port=configuration.gateway_port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MILLISECONDS),
            websockets=False,
            backlog=_BACKLOG,
            backpressure=_IN_FLIGHT,
            log_enabled=False,
        )
        loop = asyncio.get_running_loop()
        for stop in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(stop, server.stop)
        _spare_the_collector()
        await server.serve()


def _require_free(host: str, port: int) -> None:
    """Granian shares its port with whoever else shares theirs, so two gateways would silently split the customers."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise AddressTaken(
                f"The gateway cannot listen on {host}:{port}: {error.strerror}.",
                next_step="Stop what listens there, or set GUANXI_GATEWAY_PORT.",
            ) from error


def _spare_the_collector() -> None:
    """What exists now lives as long as the process; requests make few cycles, so look for them seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
