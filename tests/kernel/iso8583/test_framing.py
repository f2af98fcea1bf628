"""Cutting a stream into messages, and finding the next message behind what is not one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.kernel.iso8583.errors import FramingLost
from guanxi.kernel.iso8583.framing import LARGEST, FrameParser, frame

ONE, TWO = b"0800" + bytes(8) + b"one", b"0200" + bytes(8) + b"two"


@given(st.lists(st.binary(max_size=60), max_size=6), st.integers(1, 30))
def test_messages_arrive_whole_however_the_stream_is_cut(tails: list[bytes], step: int) -> None:
    sent = [b"0200" + bytes(8) + tail for tail in tails]
    stream = b"".join(map(frame, sent))
    parser = FrameParser()
    received = [each for at in range(0, len(stream), step) for each in parser.feed(stream[at : at + step])]
    assert received == sent
    assert parser.discarded == parser.waiting == 0


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: bank\r\n\r\n",
        bytes(5),
        b"\xff" * 40,
        b"\xff\xff" + TWO,  # a length that no message has
        b"\x00\x03" + TWO,  # shorter than any message
    ],
)
def test_the_message_behind_garbage_is_found(garbage: bytes) -> None:
    parser = FrameParser()
    assert parser.feed(frame(ONE) + garbage + frame(TWO)) == [ONE, TWO]
    assert parser.discarded == len(garbage)


def test_a_length_that_is_too_small_costs_one_message_only() -> None:
    parser = FrameParser()
    cut = bytes([0, len(ONE) - 2]) + ONE
    assert parser.feed(cut + frame(TWO)) == [ONE[:-2], TWO]


@given(st.binary(max_size=300))
def test_any_stream_is_taken(data: bytes) -> None:
    parser = FrameParser()
    taken = sum(len(each) + 2 for each in parser.feed(data))
    assert taken + parser.discarded + parser.waiting == len(data)


def test_a_stream_without_any_message_is_given_up() -> None:
    parser = FrameParser()
    parser.feed(b"x" * LARGEST)
    with pytest.raises(FramingLost):
        parser.feed(b"x" * 2 * LARGEST)
