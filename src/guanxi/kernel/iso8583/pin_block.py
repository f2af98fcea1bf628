"""PIN blocks: how a PIN travels from a terminal (ISO 9564-1, format 0, enciphered with double-length TDES)."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from guanxi.kernel.iso8583.errors import PinBlockUnreadable


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
        cipher = one_block_cipher(key)
        self._encrypt = cipher.encryptor()
        self._decrypt = cipher.decryptor()

    def seal(self, pin: str, number: str) -> bytes:
        """The encrypted block a terminal sends in field 52."""
        return self._encrypt.update(encode_pin_block(pin, number))

    def open(self, block: bytes, number: str) -> str:
        """The PIN in an encrypted block; `PinBlockUnreadable` when the key or the card number is another."""
        return decode_pin_block(self._decrypt.update(block), number)


def _account_field(number: str) -> int:
    return int(number[-13:-1], 16)


def one_block_cipher(key: bytes) -> Cipher[modes.ECB]:
    """TDES under a double-length key, for single blocks alone."""
    return Cipher(TripleDES(key + key[:8]), modes.ECB())  # noqa: S305 - one block, as the standard says
