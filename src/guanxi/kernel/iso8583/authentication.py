"""The message authentication code of field 64 or 128: ISO/IEC 9797-1, MAC algorithm 3 ("retail MAC", ANSI X9.19).

Single-DES cipher block chaining under the left half of a double-length key, the last block decrypted under the right
half and encrypted again under the left; padding method 1 (zeros). It covers the message from the type indicator up to,
and without, the MAC field itself, which is always the last: 128 where a secondary bitmap is present, else 64.
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from guanxi.kernel.iso8583.message import Message, encode
from guanxi.kernel.iso8583.specification import KEY_SIZE, MAC_PRIMARY, MAC_SECONDARY

MAC_SIZE: Final = 8
_ZEROS: Final = bytes(MAC_SIZE)


class MacKey:
    """A double-length MAC key with its key schedules ready. One for each terminal or interchange is kept."""

    __slots__ = ("_chain", "_final")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError("A MAC key has 16 octets.")
        self._chain = Cipher(TripleDES(key[:8] * 3), modes.CBC(_ZEROS))
        # Three keys K1 K2 K1 in one step on the last block are the decryption and encryption that end algorithm 3.
        self._final = Cipher(TripleDES(key + key[:8]), modes.ECB()).encryptor()  # noqa: S305 - one block, as the standard says

    def mac(self, data: bytes) -> bytes:
        """The 8-octet code of `data`."""
        padded = data + bytes(-len(data) % 8)
        before_last = self._chain.encryptor().update(padded[:-8])[-8:] or _ZEROS
        last = int.from_bytes(before_last, "big") ^ int.from_bytes(padded[-8:], "big")
        return self._final.update(last.to_bytes(8, "big"))

    def seal(self, message: Message) -> bytes:
        """The bytes of `message` with its MAC field filled in."""
        secondary = any(number > MAC_PRIMARY for number in message.fields)
        field = MAC_SECONDARY if secondary else MAC_PRIMARY
        body = encode(Message(message.mti, {**message.fields, field: "00" * MAC_SIZE}))[:-MAC_SIZE]
        return body + self.mac(body)

    def is_authentic(self, raw: bytes, message: Message) -> bool:
        """Whether `raw`, decoded as `message`, ends in its right code. Takes the same time for any wrong one."""
        secondary = bool(raw[4] & 0x80)
        if (MAC_SECONDARY if secondary else MAC_PRIMARY) not in message.fields:
            return False
        return hmac.compare_digest(self.mac(raw[:-MAC_SIZE]), raw[-MAC_SIZE:])
