"""A customer at the internet or mobile bank: signs in, asks over HTTP, and repeats with the same key until answered.

What is done with which answer is the table of docs/how-to/connect-internet-banking.md.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import uuid
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from guanxi.kernel import clock
from guanxi.lab.errors import NotSignedIn
from guanxi.lab.wallet import Wallet
from guanxi.lab.wire import Observer, Said, nobody

_UNAUTHORISED: Final = 401
_REPEATED: Final = {429, 500}
_PASSING: Final = {"in_progress", "not_ready", "sign_in_busy", "exchange.busy", "exchange.journal_unavailable"}
_TRIES: Final = 120
_TIMEOUT: Final = aiohttp.ClientTimeout(total=15)
_Line = tuple[str, str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status and decoded body. `unanswered` after the last try got none."""

    status: int
    body: dict[str, Any]

    @property
    def outcome(self) -> str:
        """What became of the request: the outcome of the service, or the code of the refusal."""
        return str(self.body.get("outcome") or self.body.get("code") or ("unanswered" if not self.status else "ok"))


class InternetCustomer:
    """One customer on one channel (`internet` or `mobile`)."""

    def __init__(self, client: aiohttp.ClientSession, base_url: str, wallet: Wallet, channel: str) -> None:
        self.wallet, self.channel = wallet, channel
        self._client, self._base_url = client, base_url
        self._token = ""
        self._signing_in = asyncio.Lock()

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str = "",
        observe: Observer = nobody,
        tries: int = _TRIES,
    ) -> HttpAnswer:
        """Ask until there is an answer to keep; a repeat carries the same key, so that nothing is done twice."""
        key = key or str(uuid.uuid4())
        answer = HttpAnswer(0, {})
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(min(0.1 * attempt, 1.0))
            token = await self._signed_in(observe)
            headers = {"Idempotency-Key": key, "Authorization": f"Bearer {token}"}
            answer = await self._once(method, path, body, headers, observe)
            if answer.status == _UNAUTHORISED and self._token == token:
                self._token = ""
            if not _to_be_repeated(answer):
                break
        return answer

    async def sign_out(self, observe: Observer = nobody) -> None:
        """End the session; nobody signed in is nothing to end."""
        token, self._token = self._token, ""
        if token:
            headers = {"Authorization": f"Bearer {token}"}
            await self._once("DELETE", "/v1/sessions/current", None, headers, observe)

    async def _signed_in(self, observe: Observer) -> str:
        async with self._signing_in:
            if not self._token:
                login = {"login": self.wallet.login, "password": self.wallet.password, "channel": self.channel}
                self._token = await self._new_token(login, observe)
            return self._token

    async def _new_token(self, login: Mapping[str, str], observe: Observer) -> str:
        answer = HttpAnswer(0, {})
        for attempt in range(_TRIES):
            answer = await self._once("POST", "/v1/sessions", login, {}, observe)
            if "token" in answer.body:
                return str(answer.body["token"])
            if not _to_be_repeated(answer) or answer.status == _UNAUTHORISED:
                break
            await asyncio.sleep(min(0.1 * attempt, 1.0))
        raise NotSignedIn(str(answer.body.get("detail", "")))

    async def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str], observe: Observer
    ) -> HttpAnswer:
        observe(_request(method, path, headers, body))
        try:
            async with self._client.request(
                method, self._base_url + path, json=body, headers=headers, timeout=_TIMEOUT
            ) as response:
                told = json.loads(await response.read() or b"{}")
                observe(_response(response, told))
                return HttpAnswer(response.status, told)
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return HttpAnswer(0, {})


def _to_be_repeated(answer: HttpAnswer) -> bool:
    """Whether nothing is known of the request yet, so that it is to be sent again with the same key."""
    passing = answer.body.get("code") in _PASSING and "outcome" not in answer.body
    return not answer.status or answer.status in {_UNAUTHORISED, *_REPEATED} or passing


def _request(method: str, path: str, headers: Mapping[str, str], body: Mapping[str, Any] | None) -> Said:
    shown = {name: "Bearer ***" if name == "Authorization" else value for name, value in headers.items()}
    masked = {name: "***" if name == "password" else value for name, value in (body or {}).items()}
    return Said("customer", clock.now(), f"{method} {path}", _lines(shown), _pretty(masked) if body else "")


def _response(response: aiohttp.ClientResponse, body: Mapping[str, Any]) -> Said:
    shown = {
        name: response.headers[name] for name in ("Content-Type", "Idempotency-Replayed") if name in response.headers
    }
    masked = {name: "***" if name == "token" else value for name, value in body.items()}
    return Said(
        "bank", clock.now(), f"{response.status} {response.reason or ''}".strip(), _lines(shown), _pretty(masked)
    )


def _lines(headers: Mapping[str, str]) -> list[_Line]:
    return [(name, "", value) for name, value in headers.items()]


def _pretty(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2)
