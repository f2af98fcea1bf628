"""What docs/reference/iso8583.md shows is true."""

from __future__ import annotations

import re
from pathlib import Path

from guanxi.kernel.iso8583.authentication import MacKey
from guanxi.kernel.iso8583.framing import FrameParser
from guanxi.kernel.iso8583.message import decode, parse_original_data
from guanxi.kernel.iso8583.pin_block import PinKey
from guanxi.kernel.iso8583.response_codes import code_of
from guanxi.kernel.iso8583.specification import FIELDS
from guanxi.kernel.vocabulary import Reason

PAGE = (Path(__file__).parents[3] / "docs/reference/iso8583.md").read_text()


def test_the_examples_are_messages_with_right_macs_and_a_right_pin() -> None:
    stream = bytes.fromhex("".join(re.findall(r"```hex\n(.+?)```", PAGE, re.DOTALL)))
    frames = FrameParser().feed(stream)
    messages = [decode(raw) for raw in frames]
    assert [message.mti for message in messages] == ["0800", "0200", "0210", "0420"]
    key = MacKey(bytes(range(16)))
    assert all(key.is_authentic(raw, message) for raw, message in zip(frames, messages, strict=True))
    withdrawal = messages[1].fields
    assert PinKey(bytes(range(16, 32))).open(bytes.fromhex(withdrawal[52]), withdrawal[2]) == "1234"
    assert parse_original_data(messages[3].fields[90])[:3] == ("0200", withdrawal[11], withdrawal[7])


def test_every_response_code_a_reason_has_is_explained() -> None:
    explained = set(re.findall(r"^\| ([0-9]{2}) \|", PAGE, re.MULTILINE))
    assert {code_of(reason) for reason in Reason} <= explained


def test_the_forms_of_fields_are_those_of_the_specification() -> None:
    for number, kind, dots, size in re.findall(r"^\| ([0-9]+) \| ([a-z]+)(\.*)([0-9]+) \|", PAGE, re.MULTILINE):
        field = FIELDS[int(number)]
        assert (field.kind, field.prefix, field.size) == (kind, len(dots), int(size)), number
