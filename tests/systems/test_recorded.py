"""Each REST system's real answers, recorded in its folder beside the calls that led to them, and played back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from guanxi.services.request import Leg, LegReply
from guanxi.storage.embedded import free_port
from guanxi.systems.rest import RestSystem

RECORDED = [
    pytest.param(path.parent.name, record, id=f"{path.parent.name}-{position}-{record['call']}")
    for path in sorted(Path(__file__).parent.glob("*/recorded.json"))
    for position, record in enumerate(json.loads(path.read_text()))
]


class Replay:
    """Expects the recorded calls in their order and gives the recorded answers."""

    def __init__(self) -> None:
        self.expected: list[dict[str, Any]] = []
        self.surprises: list[str] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        if not self.expected:
            self.surprises.append(f"{request.method} {request.path_qs}")
            return web.Response(status=500)
        recorded = self.expected.pop(0)
        body = await request.json() if request.can_read_body else None
        asked = (request.method, request.path_qs, body)
        if asked != (recorded["method"], recorded["path"], recorded.get("body")):
            self.surprises.append(str(asked))
        return web.json_response(recorded["answer"], status=recorded["status"])


@pytest.fixture
async def replay() -> AsyncIterator[Replay]:
    replay = Replay()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", replay.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    replay.url = f"http://127.0.0.1:{port}"
    yield replay
    await runner.cleanup()


@pytest.mark.parametrize(("system", "record"), RECORDED)
async def test_a_recorded_answer_is_read_as_it_was_meant(replay: Replay, system: str, record: dict[str, Any]) -> None:
    assert record["leg"]["system"] == system
    replay.expected = list(record["exchanged"])
    adapter = RestSystem(replay.url)
    await adapter.open()
    try:
        reply = await getattr(adapter, record["call"])(msgspec.convert(record["leg"], Leg))
    finally:
        await adapter.close()
    assert reply == msgspec.convert(record["reply"], LegReply)
    assert (replay.expected, replay.surprises) == ([], [])
