"""The process itself: one clear sentence when it cannot start, nothing lost when it is told to stop."""

from __future__ import annotations

import concurrent.futures
import signal
import socket

import httpx
import psycopg
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


def complain(served, customer, then: signal.Signals | None = None) -> dict[int, str]:
    """Send 300 complaints, sixteen at a time, and `then` the signal while they come; the case of each one answered."""
    client = httpx.Client(base_url=served.url)
    body = {"login": customer.login, "password": customer.password, "channel": "internet"}
    token = client.post("/v1/sessions", json=body).json()["token"]

    def send(number: int) -> str | None:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(number)}
        try:
            answer = client.post("/v1/complaints", json=COMPLAINT, headers=headers)
        except httpx.TransportError:
            return None  # it had not begun, or was never told: the journal decides
        if then and number == 100:
            served.process.send_signal(then)
        return answer.json()["result"]["case"] if answer.status_code == 200 else None

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        return {number: case for number, case in enumerate(threads.map(send, range(300))) if case}


def cases_of(database: psycopg.Connection, customer) -> set[str]:
    query = "SELECT number FROM interactions_case WHERE party_id = %s"
    return {row[0] for row in database.execute(query, [customer.party_id]).fetchall()}


def test_what_is_in_flight_when_told_to_stop_is_finished(database_url, new_gateway, database, new_customer) -> None:
    served, customer = new_gateway(database_url), new_customer()
    answered = complain(served, customer, then=signal.SIGTERM)
    assert served.process.wait(20) == 0
    assert len(answered) >= 100
    assert set(answered.values()) <= cases_of(database, customer)
    unfinished = "SELECT count(*) FROM exchange_journalrequest WHERE party_id = %s AND state <> 'closed'"
    assert database.execute(unfinished, [customer.party_id]).fetchone() == (0,)


def test_after_a_kill_nothing_acknowledged_is_missing_and_sending_again_makes_each_once(
    database_url, new_gateway, database, new_customer
) -> None:
    killed, customer = new_gateway(database_url), new_customer()
    answered = complain(killed, customer, then=signal.SIGKILL)
    assert killed.process.wait(20) == -signal.SIGKILL
    assert 50 <= len(answered) < 300
    assert set(answered.values()) <= cases_of(database, customer)

    complained = complain(new_gateway(database_url), customer)  # but for the few that were cut off: recovery has those
    assert len(complained) >= 300 - 16
    assert complained | answered == complained
    assert cases_of(database, customer) == set(complained.values())
