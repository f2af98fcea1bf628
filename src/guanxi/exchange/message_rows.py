"""What was said on the wire and what was answered, as the row that is kept of both: masked, and findable."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from guanxi.exchange.masking import mask_content, mask_iso8583, mask_text
from guanxi.exchange.message_tokens import hashes, iso8583_words, json_words, words_of
from guanxi.kernel.identity import uuid7

COLUMNS: Final = (
    *("at", "id", "request_id", "leg_id", "milliseconds", "direction", "format", "channel", "endpoint"),
    *("service", "name", "outcome", "said", "answered", "words"),
)
LARGEST: Final = 8_000  # octets of what is kept of one side; beyond it only its size is told
_encode: Final = msgspec.json.Encoder(decimal_format="string").encode


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message and its answer as they passed; `answered` is None for none. Raw JSON in either is taken apart.

    `direction` is `in` when a channel asked us, `out` when we asked an endpoint.
    """

    at: dt.datetime
    milliseconds: float
    direction: Literal["in", "out"]
    format: str  # json, iso8583, xml, csv, fixed
    service: str
    name: str  # what the message asks for: the service, or a leg's operation
    outcome: str
    said: Mapping[Any, Any]
    answered: Mapping[Any, Any] | None
    channel: str = ""
    endpoint: str = ""
    request_id: uuid.UUID | None = None
    leg_id: uuid.UUID | None = None
    looks_only: bool = False  # it asks for no effect


def row_of(heard: Heard) -> tuple[Any, ...]:
    """The row, in the order of `COLUMNS`."""
    said, answered = _masked(heard.format, heard.said), _masked(heard.format, heard.answered)
    return (
        heard.at,
        uuid7(),
        heard.request_id,
        heard.leg_id,
        min(round(heard.milliseconds), 2_000_000_000),
        heard.direction,
        heard.format,
        heard.channel[:16],
        heard.endpoint[:40],
        mask_text(heard.service[:40]),
        mask_text(heard.name[:40]),
        mask_text(heard.outcome[:40]),
        _text(said),
        _text(answered),
        hashes(_words(heard, said, answered)),
    )


def _masked(wire_format: str, side: Mapping[Any, Any] | None) -> object:
    if side is None:
        return None
    if wire_format == "iso8583":
        return mask_iso8583(side)
    return mask_content(
        {name: _of_json(value) if isinstance(value, bytes) else value for name, value in side.items() if value != b""}
    )


def _of_json(raw: bytes) -> object:
    """What raw JSON says. What is too large or no JSON is told by its size alone: nobody knows what is in it."""
    if len(raw) > LARGEST:
        return {"octets": len(raw)}
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {"octets": len(raw)}


def _text(side: object) -> str | None:
    if side is None:
        return None
    text = _encode(side).decode()
    if "\\u0000" in text:  # which PostgreSQL cannot keep
        text = _encode(_without_nul(side)).decode()
    return text if len(text) <= LARGEST else _encode({"octets": len(text)}).decode()


def _without_nul(side: object) -> object:
    if isinstance(side, str):
        return side.replace("\0", "")
    if isinstance(side, dict):
        return {name.replace("\0", ""): _without_nul(value) for name, value in side.items()}
    return [_without_nul(value) for value in side] if isinstance(side, list) else side


def _words(heard: Heard, said: object, answered: object) -> Iterator[str]:
    """The words of both sides, the ids that lead to them first."""
    yield from (str(known) for known in (heard.request_id, heard.leg_id) if known)
    if heard.format == "iso8583" and isinstance(said, dict):
        yield from iso8583_words(said)
        if isinstance(answered, dict):  # which repeats much of what was said
            yield from iso8583_words({name: value for name, value in answered.items() if said.get(name) != value})
    else:
        yield from json_words(said)
        yield from json_words(answered)
    yield from words_of(heard.name)
