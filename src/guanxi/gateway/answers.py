"""What an HTTP operation answers: a status, a JSON body, headers; encoded once, straight to bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, NamedTuple

import msgspec

_encode = msgspec.json.Encoder(decimal_format="string").encode

Headers = tuple[tuple[bytes, bytes], ...]

ALWAYS: Final[Headers] = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_JSON: Final[Headers] = ((b"content-type", b"application/json"), *ALWAYS)
_PROBLEM: Final[Headers] = ((b"content-type", b"application/problem+json"), *ALWAYS)


class Answer(NamedTuple):
    """A response ready to be sent. `label` is what the metrics call it."""

    status: int
    body: bytes
    headers: Headers
    label: str
    pieces: AsyncIterator[bytes] | None = None  # what follows the body, as it comes to be


def json_answer(content: object, *, status: int = 200, label: str = "completed", headers: Headers = ()) -> Answer:
    """`content` as JSON; money in it as decimal text."""
    return Answer(status, _encode(content), _JSON + headers, label)


def problem_answer(content: object, *, status: int, label: str, headers: Headers = ()) -> Answer:
    """`content` as a problem document (RFC 9457)."""
    return Answer(status, _encode(content), _PROBLEM + headers, label)


def xml_answer(content: bytes, *, name: str) -> Answer:
    """A message as XML, to be kept under `name`."""
    disposition = (b"content-disposition", f'attachment; filename="{name}"'.encode())
    return Answer(200, content, ((b"content-type", b"application/xml"), *ALWAYS, disposition), "completed")


def raw_json(body: bytes, *, status: int = 200, headers: Headers = ()) -> Answer:
    """What is JSON already."""
    return Answer(status, body, _JSON + headers, "completed")


def lines_answer(pieces: AsyncIterator[bytes]) -> Answer:
    """JSON line by line (application/x-ndjson), sent as it comes to be."""
    return Answer(200, b"", ((b"content-type", b"application/x-ndjson"), *ALWAYS), "completed", pieces)


def no_content() -> Answer:
    """Done, and nothing to say."""
    return Answer(204, b"", ALWAYS, "completed")
