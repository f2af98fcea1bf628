"""A REST business system on a real socket that does its work and answers as a test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

from aiohttp import web

Manner = Literal["post", "accept", "refuse", "lose_reply", "lose_request", "unavailable"]
_DONE = {"post": "posted", "accept": "accepted", "lose_reply": "posted"}


class ScriptedRestSystem:
    """Keeps what it did by operation id. `manner` says how it treats an operation; a test may replace it."""

    def __init__(self) -> None:
        self.manner: Callable[[dict[str, Any]], Manner] = lambda operation: (
            "accept" if operation["operation"] == "pay_bill" else "post"
        )
        self.answers_questions = True
        self.balance = "900.00"
        self.operations: dict[str, dict[str, Any]] = {}  # by id, as they stand
        self.arrivals: list[str] = []  # operation ids, repeats included
        self.undone_by: list[str] = []  # what each reversal was said to be, in the order of arrival
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> None:
        """Listen on `port`."""
        app = web.Application()
        app.router.add_post("/{system}/operations/batch", self._batch)
        app.router.add_get("/{system}/operations/{id}", self._read)
        app.router.add_post("/{system}/operations/{id}/reversal", self._reverse)
        app.router.add_get("/{system}/accounts/{number}", self._account)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Stop listening and hang up."""
        if self._runner is not None:
            await self._runner.cleanup()

    def standing(self, operation: str) -> list[str]:
        """How each operation of that name stands: posted, accepted, refused, reversed."""
        return [kept["status"] for kept in self.operations.values() if kept.get("operation") == operation]

    async def _batch(self, request: web.Request) -> web.Response:
        operations = (await request.json())["operations"]
        if any(self.manner(each) == "unavailable" for each in operations):
            return web.json_response({"nothing_done": True}, status=503)
        results = [self._do(each) for each in operations]
        if any(self.manner(each) in {"lose_reply", "lose_request"} for each in operations):
            return await self._hang_up(request)
        return web.json_response({"results": results})

    def _do(self, operation: dict[str, Any]) -> dict[str, Any]:
        self.arrivals.append(operation["id"])
        manner = self.manner(operation)
        if manner == "lose_request":
            return {}
        if operation["id"] not in self.operations:
            told = {
                "id": operation["id"],
                "reference": f"SV{operation['id'][-6:]}",
                "operation": operation["operation"],
            }
            if manner == "refuse":
                kept = {**told, "status": "refused", "reason": "insufficient_funds"}
            else:
                kept = {**told, "status": _DONE[manner]}
            kept |= {"ledger_balance": self.balance, "available_balance": self.balance}
            self.operations[operation["id"]] = kept
        kept = self.operations[operation["id"]]
        if kept["status"] == "reversed":
            return {"id": operation["id"], "status": "refused", "reason": "refused_by_system"}
        return kept

    async def _read(self, request: web.Request) -> web.Response:
        if not self.answers_questions:
            return await self._hang_up(request)
        kept = self.operations.get(request.match_info["id"])
        return web.json_response(kept or {}, status=200 if kept else 404)

    async def _reverse(self, request: web.Request) -> web.Response:
        if not self.answers_questions:
            return await self._hang_up(request)
        leg_id = request.match_info["id"]
        self.undone_by.append((await request.json())["by"])
        kept = self.operations.setdefault(leg_id, {"id": leg_id, "operation": "void"})
        kept["status"] = "reversed"
        return web.json_response(kept)

    async def _account(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        return web.json_response(
            {"number": number, "ledger_balance": self.balance, "available_balance": self.balance, "currency": "CNY"}
        )

    @staticmethod
    async def _hang_up(request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        await asyncio.sleep(0)
        return web.Response()
