"""Connections that trickle are cut off in time, and others do not notice them."""

from __future__ import annotations

import contextlib
import socket
import time

import httpx

from guanxi.gateway.wire import BODY_SECONDS

HEAD = b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
PATIENCE = BODY_SECONDS + 10


def connect(port: int, first: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(first)
    connection.settimeout(0.5)
    return connection


def trickle(connection: socket.socket) -> bytes:
    """Send a byte now and then until the other side says something or hangs up; what it said."""
    with contextlib.suppress(TimeoutError):
        return connection.recv(4096)
    with contextlib.suppress(OSError):
        connection.sendall(b"x")
    return b"..."


def test_slow_headers_and_slow_bodies_are_cut_off(gateway, client: httpx.Client) -> None:
    headers = [connect(gateway.port, b"GET /health HTTP/1.1\r\nX-Slow: ") for _ in range(50)]
    bodies = [connect(gateway.port, HEAD + b'{"login"') for _ in range(50)]
    said = dict.fromkeys(headers + bodies, b"...")
    until = time.monotonic() + PATIENCE
    while b"..." in said.values() and time.monotonic() < until:
        assert client.get("/health").status_code == 200
        said |= {connection: trickle(connection) for connection in said if said[connection] == b"..."}
    assert {said[connection] for connection in headers} <= {b"", *(said[c] for c in headers if b"408" in said[c][:12])}
    assert all(said[connection].startswith(b"HTTP/1.1 408") for connection in bodies)
    assert all(b"request_timeout" in said[connection] for connection in bodies)
    for connection in said:
        connection.close()


def test_a_peer_that_hangs_up_halfway_is_forgotten(gateway, client: httpx.Client) -> None:
    for first in (b"", b"GET /health HTT", HEAD, HEAD + b'{"login":'):
        connect(gateway.port, first).close()
    until = time.monotonic() + 5
    while (waiting := client.get("/health").json()["in_flight"]) > 1 and time.monotonic() < until:
        time.sleep(0.02)
    assert waiting == 1


def test_what_is_not_http_at_all_gets_a_bad_request(gateway) -> None:
    for noise in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
        b"hello\r\n\r\n",
        b"\r\n" * 10 + b"\x00\r\n\r\n",
    ):
        connection = connect(gateway.port, noise)
        connection.settimeout(PATIENCE)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(4096)[:12] in {b"HTTP/1.1 400", b"HTTP/1.0 400", b""}
        connection.close()
