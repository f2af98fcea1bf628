"""PINs: the value one is checked against (Visa PVV). How one travels: `kernel.iso8583.pin_block`.

No PIN is stored, logged or kept longer than the comparison takes. PINs have four digits: the verification value covers
no more (Visa, "Payment Technology Standards Manual", PIN verification value).
"""

from __future__ import annotations

import hmac
from typing import Final

from guanxi.access.keys import derive_key
from guanxi.kernel.iso8583.pin_block import one_block_cipher

PIN_LENGTH: Final = 4
FAILURES_BEFORE_BLOCK: Final = 3
_KEY_INDEX: Final = "1"
_DECIMALISED: Final = str.maketrans("ABCDEF", "012345")


class PinVerificationKey:
    """Makes and checks PIN verification values under one double-length key."""

    __slots__ = ("_encrypt",)

    def __init__(self, key: bytes) -> None:
        self._encrypt = one_block_cipher(key).encryptor()

    def value(self, pin: str, number: str) -> str:
        """The four digits that stand for `pin` on the card `number`.

        The transformed security parameter (eleven digits of the number, key index, PIN) is encrypted; the value is
        the first four decimal digits of the result, then, if there are fewer, its letters A to F taken as 0 to 5.
        """
        parameter = f"{number[-12:-1]}{_KEY_INDEX}{pin}"
        encrypted = self._encrypt.update(bytes.fromhex(parameter)).hex().upper()
        digits = "".join(filter(str.isdecimal, encrypted))
        letters = "".join(filter(str.isalpha, encrypted)).translate(_DECIMALISED)
        return (digits + letters)[:4]

    def matches(self, pin: str, number: str, value: str) -> bool:
        """Whether `pin` is the one that `value` was made from."""
        return len(pin) == PIN_LENGTH and hmac.compare_digest(self.value(pin, number), value)


def pin_verification_key(secret_key: str) -> PinVerificationKey:
    """The key under which this installation's cards carry their PIN verification values."""
    return PinVerificationKey(derive_key(secret_key, "PIN verification")[:16])
