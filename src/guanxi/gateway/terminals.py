"""The ISO 8583 door of one gateway process: opened beside the HTTP door, closed when what is in flight is answered."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from guanxi.access.terminals import Terminals
from guanxi.gateway import channels
from guanxi.gateway.card_desk import CardDesk
from guanxi.gateway.errors import AddressTaken
from guanxi.gateway.iso8583_server import Iso8583Server
from guanxi.gateway.resources import Gateway
from guanxi.gateway.terminal_channel import TerminalChannel
from guanxi.gateway.terminal_door import TerminalDoor
from guanxi.kernel.vocabulary import Channel
from guanxi.storage.wiring import modules_of


def terminal_channels() -> dict[Channel, TerminalChannel]:
    """Every channel here on which terminals speak."""
    found = [channel for module in modules_of(channels) if (channel := getattr(module, "TERMINAL_CHANNEL", None))]
    return {each.channel: each for each in found}


@contextlib.asynccontextmanager
async def serve_terminals(gateway: Gateway) -> AsyncIterator[Iso8583Server]:
    """Listen for terminals for as long as the block lasts."""
    configuration = gateway.configuration
    desk = CardDesk(
        gateway.pool,
        gateway.exchange,
        secret_key=configuration.secret_key,
        time_zone=configuration.bank_time_zone,
    )
    terminals = Terminals(gateway.pool, configuration.secret_key)
    door = TerminalDoor(terminals, desk, terminal_channels(), gateway.metrics, gateway.exchange.recorder)
    server = Iso8583Server(door.answer, gateway.metrics)
    try:
        await server.start(configuration.host, configuration.iso8583_port)
    except OSError as error:
        raise AddressTaken(
            f"The gateway cannot listen on {configuration.host}:{configuration.iso8583_port}: {error.strerror}.",
            next_step="Stop what listens there, or set GUANXI_ISO8583_PORT.",
        ) from error
    gateway.metrics.watch("guanxi_iso8583_connections", "Terminal connections.", lambda: len(server.connections))
    try:
        yield server
    finally:
        await server.stop()
