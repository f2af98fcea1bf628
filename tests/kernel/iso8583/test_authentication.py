"""The retail MAC against published values, and what it protects."""

from __future__ import annotations

import pytest

from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.message import Message, decode

ISO_9797_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
MESSAGE = Message("0200", {3: "010000", 4: "000000010000", 11: "000123", 41: "ATM00001"})


@pytest.mark.parametrize(
    ("key", "data", "mac"),
    [
        # ISO/IEC 9797-1, annex A: algorithm 3, padding method 1, keys K and K', both example strings.
        (ISO_9797_KEY, b"Now is the time for all ", "A1C72E74EA3FA9B6"),
        (ISO_9797_KEY, b"Now is the time for it", "2E2B1428CC78254F"),
        # The value that the Bouncy Castle project tests its ISO9797Alg3Mac with.
        (bytes.fromhex("7CA110454A1A6E570131D9619DC1376E"), b"Hello World !!!!", "F09B856213BAB83B"),
    ],
)
def test_published_values(key: bytes, data: bytes, mac: str) -> None:
    assert MacKey(key).mac(data).hex().upper() == mac


@pytest.mark.parametrize(
    ("fields", "mac_field"), [(MESSAGE.fields, 64), ({**MESSAGE.fields, 102: "6001000000000018"}, 128)]
)
def test_a_sealed_message_is_authentic_until_one_bit_changes(fields: dict[int, str], mac_field: int) -> None:
    key = MacKey(ISO_9797_KEY)
    raw = key.seal(Message("0200", fields))
    assert mac_field in decode(raw).fields
    assert key.is_authentic(raw, decode(raw))
    for changed in (24, len(raw) - 1):  # a digit of the amount; the code itself
        forged = raw[:changed] + bytes([raw[changed] ^ 1]) + raw[changed + 1 :]
        assert not key.is_authentic(forged, decode(forged))


def test_a_message_without_a_code_or_with_it_in_the_wrong_field_is_not_authentic() -> None:
    key = MacKey(ISO_9797_KEY)
    raw = key.seal(MESSAGE)
    assert not key.is_authentic(raw, MESSAGE)
    assert not MacKey(bytes(16)).is_authentic(raw, decode(raw))
