"""Reading an HTTP request: headers, a bounded body in bounded time, strict JSON into the operation's own struct."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import re
import uuid
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any, Final, TypeVar

import msgspec
from litestar.types import Receive, Scope

from guanxi.access.machine_clients import MachineClient
from guanxi.access.sessions import Session
from guanxi.gateway.errors import (
    BodyTooLarge,
    FieldError,
    InvalidRequest,
    MalformedJson,
    MediaTypeUnsupported,
    RequestTimeout,
)

Decoded = TypeVar("Decoded")

BODY_LIMIT: Final = 64 * 1024
BODY_SECONDS: Final = 10.0
KEY_LENGTH: Final = 40
CLOSE: Final = ((b"connection", b"close"),)

LINES_LIMIT: Final = 32 * 1024 * 1024

_XML: Final = frozenset({b"application/xml", b"text/xml"})
_LINES: Final = frozenset({b"application/x-ndjson", b"application/jsonl", b"application/ndjson"})
_KEY: Final = re.compile(rb"[\x21-\x7e]{1,40}")
_AT_PATH: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$?\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_NAMED: Final = re.compile(r"^Object (?P<fault>contains unknown|missing required) field `(?P<name>.*?)`")


class ClientGone(Exception):
    """The peer hung up before it had sent everything; there is nobody to answer."""


@dataclasses.dataclass(slots=True)
class Call:
    """One HTTP request as its operation sees it."""

    path: Mapping[str, str]
    headers: Mapping[bytes, bytes]
    received_at: dt.datetime
    address: str
    query_string: bytes = b""
    query: Mapping[str, str] = dataclasses.field(default_factory=dict)
    session: Session | None = None
    client: MachineClient | None = None
    idempotency_key: str | None = None
    raw_body: bytes = b""
    request_id: uuid.UUID | None = None  # once the exchange has been asked
    pieces: AsyncIterator[bytes] | None = None  # of a body that is read as it comes
    body: Any = None

    @property
    def signed_in(self) -> Session:
        """The session, on operations that require one."""
        if self.session is None:
            raise LookupError("this operation was reached without a session")
        return self.session

    @property
    def machine(self) -> MachineClient:
        """The client, on operations that ask for a scope."""
        if self.client is None:
            raise LookupError("this operation was reached without a machine client")
        return self.client


async def read_body(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
    """The whole body; `BodyTooLarge` beyond the limit, `RequestTimeout` when it comes too slowly."""
    declared = headers.get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > BODY_LIMIT:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _collect(receive)
    except TimeoutError:
        raise RequestTimeout(
            f"The body was not complete after {BODY_SECONDS:.0f} seconds.",
            next_step="Send it again, in one go.",
            headers=CLOSE,
        ) from None


async def _collect(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        body += message["body"]
        if len(body) > BODY_LIMIT:
            raise _too_large()
        if not message["more_body"]:
            return body


async def read_lines(receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
    """A whole body of JSON lines, of at most `LINES_LIMIT`: it is read before it is worked on.

    Who sends without reading would otherwise wait for us while we wait for them to read what we answer.
    """
    body = bytearray()
    async for piece in _stream(receive, headers, _LINES, "JSON lines", "application/x-ndjson"):
        body += piece
        if len(body) > LINES_LIMIT:
            raise BodyTooLarge(
                f"The body is larger than {LINES_LIMIT >> 20} MiB.", next_step="Send fewer records.", headers=CLOSE
            )
    return bytes(body)


def stream_xml(receive: Receive, headers: Mapping[bytes, bytes]) -> AsyncIterator[bytes]:
    """The body piece by piece; `MediaTypeUnsupported` unless it is said to be XML, `RequestTimeout` when it stalls."""
    return _stream(receive, headers, _XML, "XML", "application/xml")


async def _stream(
    receive: Receive, headers: Mapping[bytes, bytes], media_types: Collection[bytes], what: str, say: str
) -> AsyncIterator[bytes]:
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type not in media_types:
        raise MediaTypeUnsupported(
            f"The body must be {what} and say so.", next_step=f"Send Content-Type: {say}.", headers=CLOSE
        )
    more = True
    while more:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            raise RequestTimeout(
                f"Nothing more of the body came for {BODY_SECONDS:.0f} seconds.",
                next_step="Send it again; what came of it was not kept.",
                headers=CLOSE,
            ) from None
        if message["type"] != "http.request":
            raise ClientGone
        yield message["body"]
        more = message["more_body"]


def decode_json(raw: bytes, headers: Mapping[bytes, bytes], decoder: msgspec.json.Decoder[Decoded]) -> Decoded:
    """The body as the struct of `decoder`; `InvalidRequest` names the field that does not fit."""
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type != b"application/json":
        raise MediaTypeUnsupported(
            "The body must be JSON and say so.", next_step="Send Content-Type: application/json.", headers=CLOSE
        )
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidRequest(
            "The body does not have the form of this operation.",
            next_step="See the operation's schema in /openapi.json.",
            errors=[field_error(str(error))],
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson(f"The body cannot be read: {error}.", next_step="Send JSON text in UTF-8.") from None


def read_idempotency_key(headers: Mapping[bytes, bytes]) -> str | None:
    """The caller's `Idempotency-Key`, if it is there and well formed."""
    raw = headers.get(b"idempotency-key")
    if raw is None:
        return None
    if not _KEY.fullmatch(raw):
        raise InvalidRequest(
            f"The Idempotency-Key must be 1 to {KEY_LENGTH} visible ASCII characters.",
            next_step="A UUID does well.",
            errors=[FieldError("Idempotency-Key", f"1 to {KEY_LENGTH} visible ASCII characters")],
        )
    return raw.decode("ascii")


def client_address(scope: Scope) -> str:
    """Where the request came from."""
    client = scope.get("client")
    return client[0] if client else ""


def field_error(message: str) -> FieldError:
    """What msgspec says of a value that does not fit, taken apart into the field and the fault."""
    at = _AT_PATH.match(message)
    what, path = (at["what"], at["path"] or "") if at else (message, "")
    if named := _NAMED.match(what):
        field = f"{path}.{named['name']}" if path else named["name"]
        return FieldError(field, "unknown field" if named["fault"].startswith("contains") else "required")
    return FieldError(path or "body", what)


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(
        f"The body is larger than {BODY_LIMIT // 1024} KiB.", next_step="Send less at once.", headers=CLOSE
    )
