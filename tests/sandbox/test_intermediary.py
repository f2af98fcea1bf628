"""Intermediary business confirms late, by a signed callback that is repeated until heard and survives a kill."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import queue
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox_process import Sandbox, start_sandbox

from guanxi.storage.embedded import free_port

KEY = b"callback-key-for-tests"


class Listener:
    """Where confirmations arrive. Does not listen until told to."""

    def __init__(self) -> None:
        self.port = free_port()
        self.heard: queue.Queue[dict[str, Any]] = queue.Queue()
        self.status = 204
        self._server: http.server.ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callbacks/intermediary"

    def listen(self) -> None:
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["X-Signature"] == hmac.new(KEY, body, hashlib.sha256).hexdigest()
                self.send_response(listener.status)
                self.end_headers()
                listener.heard.put(json.loads(body))

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def next(self) -> dict[str, Any]:
        return self.heard.get(timeout=30)


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.stop()


@pytest.fixture
def bank(empty_database_url: str, tmp_path: Path, listener: Listener) -> Iterator[Sandbox]:
    running = start_sandbox(empty_database_url, tmp_path, callback_url=listener.url, confirm_after=0.2)
    yield running
    running.assert_balanced()
    running.stop()


def pay(bank: Sandbox, reference: str = "2026-05", **more: str) -> tuple[str, int, dict[str, Any]]:
    key = str(uuid.uuid4())
    body = {"operation": "pay_bill", "biller": "water", "bill_reference": reference, "amount": "10.00"}
    headers = {"Idempotency-Key": key}
    return key, *bank.call("POST", "/intermediary/operations", {**body, "currency": "CNY", **more}, headers)


def state(bank: Sandbox, key: str) -> dict[str, Any]:
    return dict(bank.call("GET", f"/intermediary/operations/{key}")[1])


def test_what_is_accepted_is_confirmed_or_rejected_later(bank: Sandbox, listener: Listener) -> None:
    listener.listen()
    key, status, answer = pay(bank)
    assert (status, answer["status"]) == (202, "accepted")
    assert listener.next() == {"leg": key, "status": "confirmed", "reference": answer["reference"]}
    assert state(bank, key)["status"] == "confirmed"
    rejected, _, _ = pay(bank, "REJECT me")
    assert listener.next()["status"] == "rejected"
    assert (state(bank, rejected)["status"], state(bank, rejected)["reason"]) == ("rejected", "refused_by_system")
    assert pay(bank, biller="nobody")[2]["reason"] == "biller_unknown"


def test_funds_and_insurance_are_sold_too(bank: Sandbox, listener: Listener) -> None:
    listener.listen()
    assert pay(bank, operation="subscribe_fund", fund="CSI300")[1] == 202
    assert pay(bank, operation="pay_premium", policy="P-1")[1] == 202
    assert {listener.next()["status"], listener.next()["status"]} == {"confirmed"}
    assert pay(bank, operation="subscribe_fund")[2]["errors"][0]["field"] == "fund"


def test_a_confirmation_is_repeated_until_it_is_heard(bank: Sandbox, listener: Listener) -> None:
    listener.status = 503
    listener.listen()
    key, _, _ = pay(bank)
    assert listener.next()["leg"] == key
    listener.status = 204
    assert listener.next()["leg"] == key


def test_a_duplicate_reply_is_a_second_callback(bank: Sandbox, listener: Listener) -> None:
    listener.listen()
    bank.call("PUT", "/faults/intermediary", {"kind": "duplicate_reply"})
    key, _, _ = pay(bank)
    assert [listener.next()["leg"], listener.next()["leg"]] == [key, key]


def test_what_is_taken_back_is_not_confirmed(bank: Sandbox, listener: Listener) -> None:
    key, _, _ = pay(bank)
    assert bank.call("POST", f"/intermediary/operations/{key}/reversal")[1]["status"] == "reversed"
    listener.listen()
    other, _, _ = pay(bank)
    assert listener.next()["leg"] == other
    assert state(bank, key)["status"] == "reversed"


def test_confirmations_survive_a_kill(
    bank: Sandbox, listener: Listener, empty_database_url: str, tmp_path: Path
) -> None:
    keys = {pay(bank)[0] for _ in range(5)}
    bank.kill()
    listener.listen()
    again = start_sandbox(
        empty_database_url, tmp_path, ports=(bank.http_port, bank.card_port), callback_url=listener.url
    )
    bank.process = again.process
    heard = set[str]()
    deadline = time.monotonic() + 30
    while not keys <= heard:
        assert time.monotonic() < deadline
        heard.add(listener.next()["leg"])
