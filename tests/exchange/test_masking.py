"""Nothing that nobody may keep reaches the table of messages, whatever the message."""

from __future__ import annotations

import datetime as dt
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.access.cards import check_digit
from guanxi.exchange.masking import REMOVED, mask_content, mask_iso8583, mask_text
from guanxi.exchange.message_rows import Heard, row_of
from guanxi.exchange.message_tokens import hash_word
from guanxi.kernel.iso8583.specification import FIELDS

AT = dt.datetime(2026, 5, 4, 8, tzinfo=dt.UTC)
BEGINNINGS = ("4", "51", "2221", "62", "6011", "37", "3528", "9558")
SECRETS = ("password", "pin", "PIN", "mac_key", "apiKey", "track2", "cvv2", "client_secret", "pinBlock", "otp", "Token")


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    start = draw(st.sampled_from(BEGINNINGS))
    length = 15 if start == "37" else draw(st.sampled_from((16, 19) if start == "62" else (16,)))
    plain = start + draw(st.text("0123456789", min_size=length - len(start) - 1, max_size=length - len(start) - 1))
    return plain + check_digit(plain)


words = st.text(string.ascii_letters + " .,:王小明月", max_size=20)


@st.composite
def texts_with(draw: st.DrawFn, number: str) -> str:
    """The number somewhere in a text, whole, in groups of four, or in full-width digits."""
    how = draw(st.sampled_from(("whole", "spaces", "hyphens", "wide")))
    groups = [number[start : start + 4] for start in range(0, len(number), 4)]
    shown = {
        "whole": number,
        "spaces": " ".join(groups),
        "hyphens": "-".join(groups),
        "wide": "".join(chr(0xFF10 + int(digit)) for digit in number),
    }[how]
    return draw(words) + shown + draw(words)


@st.composite
def contents_with(draw: st.DrawFn, number: str) -> Any:
    """The number at some depth of some JSON: as a value, a number or a name, in a list."""
    inner = draw(st.one_of(texts_with(number), st.just(int(number)), st.just({f"n{number}": 1}), st.just([number])))
    for name in draw(st.lists(st.text(string.ascii_lowercase, min_size=1, max_size=8), max_size=4)):
        inner = {name: inner, "amount": "12.50"} if draw(st.booleans()) else [inner, 7, None]
    return inner


def everything_in(row: tuple[Any, ...]) -> str:
    """All text of a row, digits as digits, with nothing between them."""
    text = "".join(str(value) for value in row[:-1] if value is not None)
    return re.sub(r"[\s\-._/]", "", text)


def row_with(said: Any, answered: Any, wire_format: str = "json") -> tuple[Any, ...]:
    return row_of(
        Heard(
            at=AT,
            milliseconds=3.5,
            direction="in",
            format=wire_format,
            channel="internet",
            service="internal_transfer",
            name="internal_transfer",
            outcome="completed",
            said=said,
            answered=answered,
        )
    )


@given(st.data())
def test_no_card_number_reaches_the_table_wherever_it_stands(data: st.DataObject) -> None:
    number = data.draw(card_numbers())
    row = row_with({"body": data.draw(contents_with(number))}, {"body": data.draw(contents_with(number))})
    assert number not in everything_in(row)
    assert hash_word(number) not in row[-1]


@given(st.data())
def test_no_card_number_in_any_field_of_iso_8583_reaches_the_table(data: st.DataObject) -> None:
    number = data.draw(card_numbers())
    free = [field.number for field in FIELDS.values() if field.kind == "ans" and field.size >= 25]
    places = data.draw(st.lists(st.sampled_from(free), min_size=1, max_size=4, unique=True))
    said = {0: "0200", 2: number, 35: f"{number}=28051010000012300000", 4: "000000050000", 49: "156"}
    said |= {place: data.draw(texts_with(number)) for place in places}
    row = row_with(said, {0: "0210", 2: number, 39: "00"}, "iso8583")
    assert number not in everything_in(row)
    assert hash_word(number) not in row[-1]


@given(
    pin=st.binary(min_size=8, max_size=8),
    key=st.binary(min_size=16, max_size=24),
    track=st.from_regex(r"[0-9]{16}=[0-9]{4}[0-9]{12}", fullmatch=True),
)
def test_pins_macs_keys_and_tracks_of_iso_8583_are_never_kept(pin: bytes, key: bytes, track: str) -> None:
    secret = {35: track, 36: track * 2, 45: f"B{track.replace('=', '^A/B^')}", 52: pin.hex().upper()}
    secret |= {53: "2001010100000000", 55: key.hex(), 64: pin.hex().upper(), 96: pin.hex(), 128: pin.hex()}
    kept = mask_iso8583({41: "ATM00001", **secret})
    assert {kept[str(number)] for number in secret} == {REMOVED}
    in_private = mask_iso8583({48: f"KEY{key.hex().upper()}", 62: track, 120: key.hex(), 125: key.hex().upper()})
    assert key.hex() not in "".join(in_private.values()).lower()
    assert track not in "".join(in_private.values())


@given(name=st.sampled_from(SECRETS), value=st.text(min_size=1), depth=st.integers(0, 4))
def test_what_is_called_a_secret_is_not_kept(name: str, value: str, depth: int) -> None:
    content: Any = {name: value}
    for _ in range(depth):
        content = [{"inner": content}]
    kept = mask_content(content)
    for _ in range(depth):
        assert isinstance(kept, list)
        kept = kept[0]["inner"]
    assert kept == {name: REMOVED}


@pytest.mark.parametrize(
    "text",
    [
        *("0196a1f0-5a10-7e11-8c55-2f6d0b1c9e37", "SV20260504000017", "+8613912345678", "110000000000188"),
        *("1101000000000173", "2026-05-04T08:00:00Z", "500.00", "Rent for May 2026"),
    ],
)
def test_what_people_look_for_is_left_as_it_is(text: str) -> None:
    assert mask_text(text) == text


def test_the_first_six_and_the_last_four_digits_stay() -> None:
    assert mask_text("card 6222 0200 0000 0000") == "card 6222 0200 0000 0000"  # no check digit: not a card
    plain = "622202000000001"
    assert mask_text(f"card {plain}{check_digit(plain)}") == f"card 622202******001{check_digit(plain)}"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists))
def test_any_content_can_be_kept(content: Any) -> None:
    row = row_with({"body": content}, {"body": b"\xff\x00 not json"})
    assert "octets" in row[13]
