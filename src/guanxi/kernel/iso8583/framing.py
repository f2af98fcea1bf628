"""Messages in a stream: each behind two octets of length, most significant first (the length counts the message alone).

A peer that sends a wrong length must not cost the messages behind it. Every message begins with a type indicator of
four digits, so a header is believed only when its length is possible and digits follow; otherwise octets are thrown
away up to the next place that looks like a header. Printable text never does: two such octets spell at least 0x2020.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from guanxi.kernel.iso8583.errors import FramingLost

SMALLEST: Final = 12  # a type indicator and one bitmap
LARGEST: Final = 4096
_HEADER: Final = struct.Struct(">H")
_START: Final = re.compile(rb"[\x00-\x10][\x00-\xff]0[0-9]{3}", re.DOTALL)
_LOOKAHEAD: Final = 6  # a header and a type indicator


def frame(raw: bytes) -> bytes:
    """`raw` behind its length."""
    return _HEADER.pack(len(raw)) + raw


class FrameParser:
    """Cuts a stream into messages. Feed it what arrives; it gives what is complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.discarded = 0  # octets thrown away to find a header again, over the life of the stream
        self._discarded_in_a_row = 0

    @property
    def waiting(self) -> int:
        """How many octets of an incomplete message are held."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes. `FramingLost` when nothing like a header is found for too long."""
        self._buffer += data
        frames = []
        while (complete := self._next()) is not None:
            frames.append(complete)
        return frames

    def _next(self) -> bytes | None:
        if not self._at_header():
            self._discard_to_header()
        if len(self._buffer) < _LOOKAHEAD:
            return None
        end = 2 + int.from_bytes(self._buffer[:2], "big")
        if len(self._buffer) < end:
            return None
        complete = bytes(self._buffer[2:end])
        del self._buffer[:end]
        self._discarded_in_a_row = 0
        return complete

    def _at_header(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return True
        possible = SMALLEST <= int.from_bytes(buffer[:2], "big") <= LARGEST
        return possible and (len(buffer) < _LOOKAHEAD or _START.match(buffer) is not None)

    def _discard_to_header(self) -> None:
        found = next((match.start() for match in _START.finditer(self._buffer, 1) if self._possible(match.start())), -1)
        count = found if found > 0 else max(1, len(self._buffer) - _LOOKAHEAD + 1)
        del self._buffer[:count]
        self.discarded += count
        self._discarded_in_a_row += count
        if self._discarded_in_a_row > 2 * LARGEST:
            raise FramingLost(f"No message was found in {self._discarded_in_a_row} octets.")

    def _possible(self, position: int) -> bool:
        return SMALLEST <= int.from_bytes(self._buffer[position : position + 2], "big") <= LARGEST
