"""Identifiers of our own: UUID version 7, which sort by the time they were made."""

from __future__ import annotations

import os
import time
import uuid


def uuid7(at_milliseconds: int | None = None) -> uuid.UUID:
    """A new UUIDv7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then 74 random bits.

    `at_milliseconds` sets the time part; the present is used when it is absent.
    """
    milliseconds = time.time_ns() // 1_000_000 if at_milliseconds is None else at_milliseconds
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    value |= 0x7 << 76 | ((random >> 62) & 0xFFF) << 64
    value |= 0b10 << 62 | (random & 0x3FFF_FFFF_FFFF_FFFF)
    return uuid.UUID(int=value)
