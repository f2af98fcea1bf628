"""Where one message ends and the next begins: whoever stands between two peers can lose or repeat a whole one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

from guanxi.kernel.iso8583.framing import FrameParser, frame

_HEAD_END: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.IGNORECASE)


class Splitter(Protocol):
    """Cuts octets, as they come, into whole messages."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole now."""


class Octets:
    """For protocols that we do not know: what comes together is one message."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What has come."""
        yield data


class HttpMessages:
    """HTTP/1.1 requests or responses (RFC 9112) whose length their head tells; a chunked one ends the splitting."""

    def __init__(self) -> None:
        self._kept = b""
        self._given_up = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole now, heads and bodies."""
        self._kept += data
        while self._kept:
            end = self._end()
            if end is None:
                return
            message, self._kept = self._kept[:end], self._kept[end:]
            yield message

    def _end(self) -> int | None:
        if self._given_up:
            return len(self._kept)
        head_end = self._kept.find(_HEAD_END)
        if head_end < 0:
            return None
        head = self._kept[:head_end]
        if _CHUNKED.search(head):
            self._given_up = True
            return len(self._kept)
        length = _LENGTH.search(head)
        end = head_end + len(_HEAD_END) + (int(length[1]) if length else 0)
        return end if len(self._kept) >= end else None


class CardMessages:
    """ISO 8583 messages with their length before them."""

    def __init__(self) -> None:
        self._parser = FrameParser()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are whole now, with their length."""
        for raw in self._parser.feed(data):
            yield frame(raw)


def first_folder(message: bytes) -> str:
    """The first part of the path that an HTTP request asks for: `savings` of `POST /savings/operations HTTP/1.1`."""
    line = message.partition(b"\r\n")[0].split(b" ")
    path = line[1] if len(line) > 1 else b""
    return path.lstrip(b"/").partition(b"/")[0].decode("latin-1")
