"""The process itself: one clear sentence when it cannot start, nothing lost when it is told to stop."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import socket

import httpx
import pytest

from guanxi.gateway.errors import AddressTaken
from guanxi.gateway.server import serve
from guanxi.storage.configuration import read_configuration
from guanxi.storage.errors import DatabaseUnavailable

COMPLAINT = {"subject": "Queue", "description": "Too long.", "contact_reason": "branch_queue"}


async def test_a_port_that_is_taken_is_said_to_be_so(database_url: str) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(AddressTaken, match=port):
            await serve(read_configuration({"GUANXI_DATABASE_URL": database_url, "GUANXI_GATEWAY_PORT": port}))


@pytest.mark.parametrize("address", ["127.0.0.1:1/guanxi", "127.0.0.1:1/nowhere"])
async def test_a_database_that_cannot_be_reached_is_said_to_be_so(address: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
        await serve(read_configuration({"GUANXI_DATABASE_URL": f"postgresql://guanxi@{address}"}))


def test_what_is_in_flight_when_told_to_stop_is_finished(database_url, new_gateway, database, new_customer) -> None:
    served = new_gateway(database_url)
    customer = new_customer()
    body = {"login": customer.login, "password": customer.password, "channel": "internet"}
    client = httpx.Client(base_url=served.url)
    token = client.post("/v1/sessions", json=body).json()["token"]

    def complain(number: int) -> str | None:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(number)}
        try:
            answer = client.post("/v1/complaints", json=COMPLAINT, headers=headers)
        except httpx.TransportError:
            return None  # it had not begun, or was never told: the journal decides
        if number == 100:
            os.kill(served.process.pid, signal.SIGTERM)
        return answer.json()["result"]["case"] if answer.status_code == 200 else None

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        answered = {case for case in threads.map(complain, range(300)) if case}
    assert served.process.wait(20) == 0
    query = "SELECT number FROM interactions_case WHERE party_id = %s"
    kept = {row[0] for row in database.execute(query, [customer.party_id]).fetchall()}
    assert len(answered) >= 100
    assert answered <= kept
    unfinished = "SELECT count(*) FROM exchange_journalrequest WHERE party_id = %s AND state <> 'closed'"
    assert database.execute(unfinished, [customer.party_id]).fetchone() == (0,)
