"""Our adapter towards a card host that answers as a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.peers.scripted_card_host import ScriptedHost

from guanxi.kernel.iso8583.specification import DEMO_INTERCHANGE_KEY
from guanxi.systems.card_host.adapter import CardHost
from guanxi.systems.card_host.connection import Timing


@pytest.fixture
async def host() -> AsyncIterator[ScriptedHost]:
    """A card host on a socket."""
    host = ScriptedHost()
    await host.start()
    yield host
    await host.stop()


@pytest.fixture
async def card_host(host: ScriptedHost) -> AsyncIterator[CardHost]:
    """Our adapter, signed on at the scripted host."""
    adapter = CardHost(
        "127.0.0.1", host.port, DEMO_INTERCHANGE_KEY, Timing(answer=0.3, first_pause=0.01, longest_pause=0.05)
    )
    await adapter.open()
    await asyncio.wait_for(adapter.ready(), 5)
    yield adapter
    await adapter.close()
