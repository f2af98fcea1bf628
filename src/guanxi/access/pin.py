"""PINs: the block in which a terminal sends one (ISO 9564-1, format 0) and the value one is checked against (Visa PVV).

No PIN is stored, logged or kept longer than the comparison takes. PINs have four digits: the verification value covers
no more (Visa, "Payment Technology Standards Manual", PIN verification value).
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from guanxi.access.errors import PinBlockUnreadable
from guanxi.access.keys import derive_key

PIN_LENGTH: Final = 4
FAILURES_BEFORE_BLOCK: Final = 3
_KEY_INDEX: Final = "1"
_DECIMALISED: Final = str.maketrans("ABCDEF", "012345")


def encode_pin_block(pin: str, number: str) -> bytes:
    """The clear format 0 block: length and PIN filled with F, combined with the last twelve digits before the check."""
    pin_field = f"0{len(pin):X}{pin}".ljust(16, "F")
    return (int(pin_field, 16) ^ _account_field(number)).to_bytes(8, "big")


def decode_pin_block(block: bytes, number: str) -> str:
    """The PIN in a clear format 0 block; `PinBlockUnreadable` when it is none for this card number."""
    field = f"{int.from_bytes(block, 'big') ^ _account_field(number):016X}"
    length = int(field[1], 16)
    pin, filling = field[2 : 2 + length], field[2 + length :]
    if field[0] != "0" or not 4 <= length <= 12 or not pin.isdecimal() or filling.strip("F"):
        raise PinBlockUnreadable
    return pin


class PinKey:
    """A terminal's double-length PIN key with its schedules ready."""

    __slots__ = ("_decrypt", "_encrypt")

    def __init__(self, key: bytes) -> None:
        cipher = _one_block_cipher(key)
        self._encrypt = cipher.encryptor()
        self._decrypt = cipher.decryptor()

    def seal(self, pin: str, number: str) -> bytes:
        """The encrypted block a terminal sends in field 52."""
        return self._encrypt.update(encode_pin_block(pin, number))

    def open(self, block: bytes, number: str) -> str:
        """The PIN in an encrypted block; `PinBlockUnreadable` when the key or the card number is another."""
        return decode_pin_block(self._decrypt.update(block), number)


class PinVerificationKey:
    """Makes and checks PIN verification values under one double-length key."""

    __slots__ = ("_encrypt",)

    def __init__(self, key: bytes) -> None:
        self._encrypt = _one_block_cipher(key).encryptor()

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


def _account_field(number: str) -> int:
    return int(number[-13:-1], 16)


def _one_block_cipher(key: bytes) -> Cipher[modes.ECB]:
    return Cipher(TripleDES(key + key[:8]), modes.ECB())  # noqa: S305 - one block, as both standards say
