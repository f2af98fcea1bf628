"""What every HTTP operation goes through: who asks, is it well formed, run it, answer, count it."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from guanxi.exchange.message_rows import Heard
from guanxi.gateway import problems
from guanxi.gateway.answers import Answer
from guanxi.gateway.errors import FieldError, InvalidRequest, MethodNotAllowed, NotReady, NotSignedIn
from guanxi.gateway.machines import admit, read_query
from guanxi.gateway.operations import NO_SESSION, KeyRule, Operation
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import (
    CLOSE,
    Call,
    ClientGone,
    client_address,
    decode_json,
    read_body,
    read_idempotency_key,
    read_lines,
    stream_xml,
)
from guanxi.kernel.clock import now
from guanxi.kernel.errors import GuanxiError

_Served = tuple[Operation | None, msgspec.json.Decoder[Any] | None]
_NOTHING: _Served = (None, None)
_log = logging.getLogger(__name__)


def endpoint(gateway: Gateway, operations: Sequence[Operation]) -> ASGIApp:
    """The ASGI application that serves `operations`, which share one path."""
    by_method: dict[str, _Served] = {operation.method: (operation, _decoder(operation)) for operation in operations}
    allowed = ", ".join(sorted(by_method)).encode()

    async def refuse_method() -> Answer:
        raise _not_allowed(allowed)

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        gateway.in_flight += 1
        try:
            call = Call(scope["path_params"], dict(scope["headers"]), now(), client_address(scope))
            call.query_string = scope["query_string"]
            operation, decoder = by_method.get(scope["method"], _NOTHING)  # type: ignore[typeddict-item]
            try:
                answer = await (_run(gateway, operation, decoder, call, receive) if operation else refuse_method())
            except ClientGone:
                return
            except Exception as error:  # noqa: BLE001 - the door answers whatever happens behind it
                answer = _refuse(gateway, error, call)
            name = operation.name if operation else "unknown"
            channel = _channel(call)
            seconds = time.perf_counter() - started
            gateway.metrics.answered(channel, name, answer.label, seconds)
            if operation is not None and not operation.scope and (operation.signed_in or operation.body):
                gateway.exchange.recorder.heard(_heard(operation, call, answer, seconds))
            await send_answer(send, answer)
        finally:
            gateway.in_flight -= 1

    return handle


async def send_answer(send: Send, answer: Answer) -> None:
    """`answer` on the wire."""
    if answer.pieces is not None:
        await _send_pieces(send, answer, answer.pieces)
        return
    length = (b"content-length", str(len(answer.body)).encode())
    headers = answer.headers if answer.status in {204, 304} else (*answer.headers, length)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


async def _send_pieces(send: Send, answer: Answer, pieces: AsyncIterator[bytes]) -> None:
    """What breaks off in the middle ends the connection without its last piece, which tells the peer."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    async for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _channel(call: Call) -> str:
    """What the metrics call the channel."""
    return call.session.channel.value if call.session else "api" if call.client else NO_SESSION


async def _run(
    gateway: Gateway, operation: Operation, decoder: msgspec.json.Decoder[Any] | None, call: Call, receive: Receive
) -> Answer:
    if gateway.stopping:
        raise NotReady("The gateway is stopping.", next_step="Connect again in a moment.", headers=CLOSE)
    if operation.signed_in:
        await _authenticate(gateway, call)
    if operation.scope:
        await admit(gateway, operation, call)
    _read_head(operation, call)
    if operation.streams_xml:
        call.pieces = stream_xml(receive, call.headers)
    if operation.takes_lines:
        call.raw_body = await read_lines(receive, call.headers)
        return await operation.run(gateway, call)
    if operation.signed or decoder is not None:
        call.raw_body = await read_body(receive, call.headers)
    if decoder is not None:
        call.body = decode_json(call.raw_body, call.headers, decoder)
    return await operation.run(gateway, call)


def _read_head(operation: Operation, call: Call) -> None:
    """What stands beside the body."""
    if operation.query_parameters:
        call.query = read_query(call.query_string, operation)
    if operation.idempotency_key is not KeyRule.IGNORED:
        call.idempotency_key = read_idempotency_key(call.headers)
        if call.idempotency_key is None and operation.idempotency_key is KeyRule.REQUIRED:
            raise _key_required()


async def _authenticate(gateway: Gateway, call: Call) -> None:
    scheme, _, token = call.headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        text = token.strip().decode("latin-1")
        sessions = gateway.sessions
        call.session = sessions.recall(text, call.received_at) or await sessions.find(text, call.received_at)
    if call.session is None:
        raise NotSignedIn(
            "There is no session with this token, or it has ended.",
            next_step="Sign in at POST /v1/sessions and send Authorization: Bearer <token>.",
        )


def _refuse(gateway: Gateway, error: Exception, call: Call) -> Answer:
    match error:
        case GuanxiError():
            answer = problems.refused(error)
            if answer.status < 500:
                gateway.metrics.refused(_channel(call), answer.label)
        case asyncpg.PostgresConnectionError() | asyncpg.InterfaceError() | asyncpg.InternalClientError() | OSError():
            _log.error("The database could not be used: %s", error)
            sentence = "The record cannot be reached, and nothing is done without it."
            answer = problems.refused(NotReady(sentence, next_step="Try again with the same Idempotency-Key."))
        case _:
            fault = uuid.uuid4().hex
            _log.error("Fault %s", fault, exc_info=error)
            answer = problems.broken(fault)
    return answer


def _heard(operation: Operation, call: Call, answer: Answer, seconds: float) -> Heard:
    said = {"operation": f"{operation.method} {operation.path}", **call.path, "body": call.raw_body}
    if call.idempotency_key:
        said["idempotency_key"] = call.idempotency_key
    return Heard(
        at=call.received_at,
        milliseconds=seconds * 1000,
        direction="in",
        format="json",
        channel=call.session.channel.value if call.session else "",
        service=operation.name,
        name=operation.name,
        outcome=_outcome(call, answer),
        request_id=call.request_id,
        looks_only=operation.method == "GET",
        said=said,
        answered={"status": answer.status, **_content(answer)},
    )


def _content(answer: Answer) -> dict[str, object]:
    """The body, unless it is an XML message, which can be made again and may be large: of that, how large."""
    if (b"content-type", b"application/xml") in answer.headers:
        return {"octets": len(answer.body)}
    return {"body": answer.body}


def _outcome(call: Call, answer: Answer) -> str:
    """As the messages are filtered: an outcome, or that no service was asked."""
    if answer.status < 400:
        return answer.label
    if answer.status >= 500:
        return "failed"
    return "declined" if call.request_id else "refused"


def _decoder(operation: Operation) -> msgspec.json.Decoder[Any] | None:
    raw = operation.signed or operation.takes_lines
    return msgspec.json.Decoder(operation.body) if operation.body and not raw else None


def _not_allowed(allowed: bytes) -> MethodNotAllowed:
    methods = allowed.decode()
    return MethodNotAllowed(
        f"This path answers {methods} only.", next_step=f"Use {methods}.", headers=[(b"allow", allowed)]
    )


def _key_required() -> InvalidRequest:
    return InvalidRequest(
        "This operation changes something and needs an Idempotency-Key.",
        next_step="Send a new UUID as Idempotency-Key, and the same one again when repeating the request.",
        errors=[FieldError("Idempotency-Key", "required")],
    )
