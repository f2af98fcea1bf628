"""Keys, card numbers, PIN blocks and PIN verification values, against published figures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.access import keys, pin
from guanxi.access.cards import check_digit, is_card_number, mask_number, number_hash
from guanxi.access.errors import WorkingKeyUnreadable
from guanxi.kernel.iso8583 import pin_block
from guanxi.kernel.iso8583.errors import PinBlockUnreadable
from guanxi.storage.errors import ConfigurationInvalid

NUMBER = "6222021000000010"
PIN_KEY = pin_block.PinKey(bytes(range(16)))
pins = st.text("0123456789", min_size=4, max_size=12)
numbers = st.text("0123456789", min_size=13, max_size=19)


@pytest.mark.parametrize(
    ("key", "digits", "number", "value"),
    [
        # The values that the cardutil project (MIT) tests its Visa PVV with; the second needs the second scan.
        ("5CA64B3C22BEC347CA7E6609904BAAED", "2205", "4564320000980369", "3856"),
        ("5CA64B3C22BEC347CA7E6609904BAAED", "0654", "4564320000980369", "0885"),
        # Those of the psec project (MIT).
        ("0123456789ABCDEFFEDCBA9876543210", "4524", "1122334455667788", "8523"),
        ("0123456789ABCDEFFEDCBA9876543210", "0570", "1122334455667718", "3144"),
        ("0123456789ABCDEFFEDCBA9876543210", "8299", "1122334455667708", "4422"),
    ],
)
def test_published_pin_verification_values(key: str, digits: str, number: str, value: str) -> None:
    verification = pin.PinVerificationKey(bytes.fromhex(key))
    assert verification.value(digits, number) == value
    assert verification.matches(digits, number, value)
    assert not verification.matches(digits[::-1], number, value)
    assert not verification.matches(digits + "0", number, value)


def test_the_published_format_0_block() -> None:
    assert pin_block.encode_pin_block("1234", "4441234567890123").hex() == "041226cba9876fed"  # cardutil project (MIT)


@given(pins, numbers)
def test_a_pin_survives_its_block(digits: str, number: str) -> None:
    assert PIN_KEY.open(PIN_KEY.seal(digits, number), number) == digits


@given(st.binary(min_size=8, max_size=8), numbers)
def test_any_eight_octets_are_a_pin_or_refused(block: bytes, number: str) -> None:
    try:
        digits = PIN_KEY.open(block, number)
    except PinBlockUnreadable:
        return
    assert PIN_KEY.seal(digits, number) == block


def test_a_block_for_another_card_or_under_another_key_is_not_this_pin() -> None:
    block = PIN_KEY.seal("1234", NUMBER)
    with pytest.raises(PinBlockUnreadable):
        PIN_KEY.open(block, "6222029876543213")
    with pytest.raises(PinBlockUnreadable):
        pin_block.PinKey(bytes(range(1, 17))).open(block, NUMBER)


def test_a_working_key_opens_for_its_owner_under_its_secret_only() -> None:
    wrapped = keys.wrap_key("secret", b"k" * 16, owner="terminal ATM00001 mac")
    assert keys.unwrap_key("secret", wrapped, owner="terminal ATM00001 mac") == b"k" * 16
    assert b"k" * 4 not in wrapped
    for secret, stored, owner in [
        ("secret", wrapped, "terminal ATM00002 mac"),
        ("other", wrapped, "terminal ATM00001 mac"),
        ("secret", wrapped[:-1], "terminal ATM00001 mac"),
        ("secret", b"", "terminal ATM00001 mac"),
    ]:
        with pytest.raises(WorkingKeyUnreadable):
            keys.unwrap_key(secret, stored, owner=owner)


def test_no_key_comes_from_no_secret() -> None:
    with pytest.raises(ConfigurationInvalid):
        keys.derive_key("", "card numbers")


def test_card_numbers_are_checked_and_masked_and_hashed_under_the_secret() -> None:
    assert check_digit("7992739871") == "3"  # the example in the literature on Luhn's formula
    assert is_card_number("4111111111111111")
    assert not is_card_number("4111111111111112")
    assert not is_card_number("４１１１１１１１１１１１１１１１")
    assert mask_number(NUMBER) == "622202******0010"
    assert number_hash("secret", NUMBER) != number_hash("other", NUMBER)
    assert len(number_hash("secret", NUMBER)) == 32


@given(st.text("0123456789", min_size=11, max_size=18))
def test_one_check_digit_in_ten_is_right(digits: str) -> None:
    assert [is_card_number(digits + last) for last in "0123456789"].count(True) == 1


def test_the_check_value_of_a_published_key() -> None:
    # The double-length test key of ISO 9797-1 and of most payment systems' manuals.
    assert keys.key_check_value(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")) == "08D7B4"
