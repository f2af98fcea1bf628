"""Who a machine client is, whether it may do this, and whether it may do it now."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from guanxi.gateway.errors import FieldError, InvalidRequest, KeyRefused, ScopeMissing, TooManyRequests
from guanxi.gateway.operations import Operation
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call

_MOST_PARAMETERS: Final = 20
_LARGEST_NUMBER: Final = 10**9


async def admit(gateway: Gateway, operation: Operation, call: Call) -> None:
    """Let the caller be known as a machine client; `KeyRefused`, `ScopeMissing` or `TooManyRequests`."""
    scheme, _, key = call.headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        call.client = await gateway.clients.find(key.strip().decode("latin-1"), call.received_at)
    if call.client is None:
        raise KeyRefused(
            "There is no machine client with this key, or it does not hold any more.",
            next_step="Send Authorization: Bearer <key>, with a key that guanxi client add has made.",
        )
    wait = gateway.rates.take(call.client.name, call.client.requests_per_second, time.monotonic())
    if wait:
        raise TooManyRequests(
            f"This client may make {call.client.requests_per_second} requests a second.",
            next_step="Wait as Retry-After says, or send many records at once.",
            headers=[(b"retry-after", str(int(wait) + 1).encode())],
        )
    if operation.scope not in call.client.scopes:
        raise ScopeMissing(
            f"This client was not given {operation.scope}.", next_step="Ask who looks after Guanxi to add the scope."
        )


def read_query(raw: bytes, operation: Operation) -> Mapping[str, str]:
    """The parameters after the question mark; `InvalidRequest` for one that is unknown, repeated or malformed."""
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise _refuse("query", f"cannot be read: {error}") from None
    for name, value in pairs:
        if name not in operation.query_parameters or name in found:
            raise _refuse(name, "unknown parameter" if name not in found else "given twice")
        number = operation.query_parameters[name][1] is int
        if number and not (value.isascii() and value.isdigit() and 0 < int(value[:12]) < _LARGEST_NUMBER):
            raise _refuse(name, "a whole number, at least 1")
        if "\0" in value:
            raise _refuse(name, "has a character that cannot be kept")
        found[name] = value
    return found


def _refuse(name: str, why: str) -> InvalidRequest:
    return InvalidRequest(
        "What stands after the question mark breaks a rule.",
        next_step="See the operation in /openapi.json.",
        errors=[FieldError(name, why)],
    )
