"""Messages in our own dialect, and what is derived from a type indicator (ISO 8583:1987, section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from guanxi.kernel.iso8583.packager import Message, packager

__all__ = ["Message", "OriginalData", "decode", "encode"]

DIALECT: Final = packager("guanxi")
decode: Final = DIALECT.unpack
encode: Final = DIALECT.pack


class OriginalData(NamedTuple):
    """Field 90: which message a reversal is about (ISO 8583:1987, data element 90)."""

    mti: str
    trace_number: str
    transmitted_at: str  # MMDDhhmmss, as the original's field 7
    acquirer: str = "0" * 11
    forwarder: str = "0" * 11

    def __str__(self) -> str:
        return f"{self.mti}{self.trace_number}{self.transmitted_at}{self.acquirer:0>11}{self.forwarder:0>11}"


def parse_original_data(text: str) -> OriginalData:
    """The parts of field 90, which is 42 digits."""
    return OriginalData(text[:4], text[4:10], text[10:20], text[20:31], text[31:42])


def is_request(mti: str) -> bool:
    """Whether somebody waits for an answer: a request (xx0x) or an advice (xx2x)."""
    return mti[2] in "02"


def response_type(mti: str) -> str:
    """The type of the answer: 0200 and its repeat 0201 are answered by 0210, 0420 and 0421 by 0430."""
    return f"{mti[:2]}{int(mti[2]) | 1}0"


def repeat_type(mti: str) -> str:
    """The type under which a request or advice is sent again: 0200 -> 0201, 0420 -> 0421."""
    return f"{mti[:3]}{int(mti[3]) | 1}"


def response_to(request: Message, response_code: str, echoed: tuple[int, ...], extra: Mapping[int, str]) -> Message:
    """The answer to `request`: the `echoed` fields it has, the response code, and `extra`."""
    fields = {number: request.fields[number] for number in echoed if number in request.fields}
    return Message(response_type(request.mti), {**fields, 39: response_code, **extra})
