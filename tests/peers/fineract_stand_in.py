"""A small stand-in for Apache Fineract that keeps to its published REST contract for savings accounts.

What it has from the contract: basic authentication and the tenant header; amounts as numbers, dates as [year, month,
day]; commands stored by (action, key) and answered again with `x-served-from-cache`, refusals with an empty body; 425
while the first is at work; the error body with its codes; 503 for undoing what may not be undone.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
from aiohttp import web

from guanxi.systems.conformance import Manner

BASE = "/fineract-provider/api/v1"
_SHORT = "error.msg.savingsaccount.transaction.insufficient.account.balance"
_FIELDS = {"transactionDate", "transactionAmount", "dateFormat", "locale", "paymentTypeId", "note"}
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


class FineractStandIn:
    """Accounts by external id, their transactions, and the commands it has seen."""

    def __init__(self) -> None:
        self.accounts: dict[str, dict[str, Any]] = {}
        self.transactions: dict[int, dict[str, Any]] = {}
        self.commands: dict[tuple[str, str], tuple[int, dict[str, Any]] | None] = {}
        self.manner: Manner = "answers"
        self.exchanged: list[dict[str, Any]] = []
        self._runner: web.AppRunner | None = None
        self.address = ""

    def open_account(self, number: str, balance: str, currency: str = "CNY") -> None:
        self.accounts[number] = {"id": len(self.accounts) + 1, "balance": Decimal(balance), "currency": currency}

    def balance(self, number: str) -> Decimal:
        return Decimal(self.accounts[number]["balance"])

    def effects(self, key: str) -> int:
        """How many transactions made under `key` stand."""
        return sum(1 for each in self.transactions.values() if each["key"] == key and not each["reversed"])

    async def start(self, port: int) -> None:
        app = web.Application(middlewares=[self._door])
        app.router.add_get(f"{BASE}/savingsaccounts/external-id/{{number}}", self._account)
        app.router.add_get(f"{BASE}/savingsaccounts/{{id}}/transactions/{{transaction}}", self._transaction)
        app.router.add_post(f"{BASE}/savingsaccounts/{{id}}/transactions", self._command)
        app.router.add_post(f"{BASE}/savingsaccounts/{{id}}/transactions/{{transaction}}", self._undo)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.address = f"http://mifos:password@127.0.0.1:{port}{BASE}?tenant=default"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Basic bWlmb3M6cGFzc3dvcmQ=":
            return web.json_response({}, status=401)
        if request.headers.get("Fineract-Platform-TenantId") != "default":
            return _refusal(400, "error.msg.invalid.tenant.identifier")
        if self.manner == "loses_requests":
            return await _hang_up(request)
        answer: web.StreamResponse = await handler(request)
        await self._remember(request, answer)
        return answer if self.manner == "answers" else await _hang_up(request)

    async def _remember(self, request: web.Request, answer: web.StreamResponse) -> None:
        body = await request.read()
        told = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
        exchange = {"method": request.method, "path": request.path_qs.removeprefix(BASE), "status": answer.status}
        exchange |= {"body": _decode(body)} if body else {}
        self.exchanged.append({**exchange, "answer": _decode(told) if told else None})

    async def _account(self, request: web.Request) -> web.Response:
        found = self.accounts.get(request.match_info["number"])
        if found is None:
            return _refusal(404, "error.msg.saving.account.id.invalid")
        currency = {"code": found["currency"], "name": found["currency"], "decimalPlaces": 2}
        summary = {"currency": currency, "accountBalance": found["balance"], "availableBalance": found["balance"]}
        number = request.match_info["number"]
        body = {"id": found["id"], "accountNo": f"{found['id']:09}", "externalId": number, "currency": currency}
        body |= {"status": {"id": 300, "code": "savingsAccountStatusType.active", "active": True}, "summary": summary}
        if request.query.get("associations") == "transactions":
            own = [each for each in self.transactions.values() if each["accountId"] == found["id"]]
            body["transactions"] = [_shown(each) for each in sorted(own, key=lambda each: -each["id"])]
        return _json(body)

    async def _transaction(self, request: web.Request) -> web.Response:
        found = self.transactions.get(int(request.match_info["transaction"]))
        return _json(_shown(found)) if found else _refusal(404, "error.msg.saving.account.trasaction.id.invalid")

    async def _command(self, request: web.Request) -> web.Response:
        command = request.query["command"]
        body = _decode(await request.read())
        return await self._once(
            command, request, lambda key: self._post(int(request.match_info["id"]), command, body, key)
        )

    async def _undo(self, request: web.Request) -> web.Response:
        return await self._once("undo", request, lambda _key: self._reverse(int(request.match_info["transaction"])))

    async def _once(self, action: str, request: web.Request, do: Any) -> web.Response:
        key = request.headers["Idempotency-Key"]
        assert len(key) <= 50  # as its column is wide
        if (action, key) in self.commands:
            stored = self.commands[action, key]
            if stored is None:
                return web.Response(status=425, headers={"x-served-from-cache": "true"})
            status, body = stored
            answer = _json(body) if status == 200 else web.Response(status=status)
            answer.headers["x-served-from-cache"] = "true"
            return answer
        self.commands[action, key] = None
        await asyncio.sleep(0)  # others come in between
        status, body = do(key)
        self.commands[action, key] = (status, body)
        return _json(body, status)

    def _post(self, account_id: int, command: str, body: dict[str, Any], key: str) -> tuple[int, dict[str, Any]]:
        account = next(each for each in self.accounts.values() if each["id"] == account_id)
        if set(body) - _FIELDS or body["dateFormat"] != "yyyy-MM-dd" or body["locale"] != "en":
            return 400, _error(400, "validation.msg.validation.errors.exist")
        amount = Decimal(body["transactionAmount"]) * (-1 if command == "withdrawal" else 1)
        if account["balance"] + amount < 0:
            return 403, _error(403, _SHORT)
        account["balance"] += amount
        year, month, day = body["transactionDate"].split("-")
        made = {"id": len(self.transactions) + 1, "accountId": account_id, "key": key.partition("-")[0], "move": amount}
        made |= {"date": [int(year), int(month), int(day)], "reversed": False, "currency": account["currency"]}
        self.transactions[made["id"]] = made
        return 200, {"officeId": 1, "clientId": 1, "savingsId": account_id, "resourceId": made["id"], "changes": {}}

    def _reverse(self, transaction_id: int) -> tuple[int, dict[str, Any]]:
        found = self.transactions[transaction_id]
        account = next(each for each in self.accounts.values() if each["id"] == found["accountId"])
        if found["reversed"]:
            return 503, _error(503, "error.msg.saving.account.transaction.update.not.allowed")
        if account["balance"] < found["move"]:
            return 403, _error(403, _SHORT)
        account["balance"] -= found["move"]
        found["reversed"] = True
        return 200, {"officeId": 1, "clientId": 1, "savingsId": found["accountId"], "resourceId": transaction_id}


def _shown(made: dict[str, Any]) -> dict[str, Any]:
    kind = {"deposit": made["move"] > 0, "withdrawal": made["move"] < 0}
    currency = {"code": made["currency"], "decimalPlaces": 2}
    shown = {"id": made["id"], "accountId": made["accountId"], "transactionType": kind, "amount": abs(made["move"])}
    return {**shown, "date": made["date"], "currency": currency, "reversed": made["reversed"]}


def _error(status: int, code: str) -> dict[str, Any]:
    each = {"developerMessage": code, "defaultUserMessage": code, "userMessageGlobalisationCode": code}
    return {
        "httpStatusCode": str(status),
        "userMessageGlobalisationCode": "validation.msg.domain.rule.violation",
        "errors": [each],
    }


def _refusal(status: int, code: str) -> web.Response:
    return _json(_error(status, code), status)


def _json(body: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=_encode(body), status=status, content_type="application/json")


async def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
