"""Messages and their bytes: the round trip, an independent codec as judge, and every kind of broken input."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import iso8583
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.kernel.iso8583 import message as iso
from guanxi.kernel.iso8583.errors import MalformedMessage, UnencodableMessage
from guanxi.kernel.iso8583.message import Message, OriginalData
from guanxi.kernel.iso8583.specification import FIELDS
from guanxi.kernel.iso8583.wire import Field, Kind

VECTORS = Path(__file__).parents[3] / "../shared/data/iso8583/vectors.jsonl.gz"
ALPHABET: dict[Kind, str] = {
    "n": "0123456789",
    "an": "0123456789ABCXYZabcxyz ",
    "ans": "".join(map(chr, range(0x20, 0x7F))),
    "z": "0123456789=:;",
    "b": "0123456789ABCDEF",
    "x+n": "0123456789",
}

WITHDRAWAL = Message(
    "0200",
    {
        2: "6222021000000010",
        3: "010000",
        4: "000000010000",
        7: "1123154700",
        11: "000123",
        37: "000000000123",
        41: "ATM00001",
        42: "GUANXI000000001",
        49: "156",
        52: "0123456789ABCDEF",
        64: "FEDCBA9876543210",
    },
)


def values_of(field: Field) -> st.SearchStrategy[str]:
    """Every value that `field` can hold."""
    least = 0 if field.prefix else field.text_size
    if field.kind == "x+n":
        digits = st.text(ALPHABET["x+n"], min_size=field.size - 1, max_size=field.size - 1)
        return st.tuples(st.sampled_from("CD"), digits).map("".join)
    return st.text(ALPHABET[field.kind], min_size=least, max_size=min(field.text_size, max(least, 40)))


messages = st.builds(
    Message,
    st.from_regex(r"0[1248][0-3][0-5]", fullmatch=True),
    st.sets(st.sampled_from(sorted(FIELDS)), max_size=12).flatmap(
        lambda numbers: st.fixed_dictionaries({number: values_of(FIELDS[number]) for number in numbers})
    ),
)


def judge_specification() -> dict[str, dict[str, object]]:
    """Our field table in the form that the independent codec reads."""
    text = {"len_enc": "ascii", "data_enc": "ascii", "desc": ""}
    judge: dict[str, dict[str, object]] = {
        str(number): {
            **text,
            "data_enc": "b" if field.kind == "b" else "ascii",
            "len_type": field.prefix,
            "max_len": field.size,
        }
        for number, field in FIELDS.items()
    }
    bitmap = {**text, "data_enc": "b", "len_type": 0, "max_len": 8}
    return judge | {"h": {**bitmap, "max_len": 0}, "t": {**text, "len_type": 0, "max_len": 4}, "p": bitmap, "1": bitmap}


JUDGE = judge_specification()


@given(messages)
def test_every_message_survives_the_round_trip(message: Message) -> None:
    assert iso.decode(iso.encode(message)) == message


@given(messages)
def test_an_independent_codec_writes_the_same_bytes(message: Message) -> None:
    document = {"t": message.mti, **{str(number): value for number, value in message.fields.items()}}
    assert iso.encode(message) == bytes(iso8583.encode(document, JUDGE)[0])


@given(st.binary(max_size=200))
def test_whatever_the_bytes_only_our_error_is_raised(raw: bytes) -> None:
    try:
        message = iso.decode(raw)
    except MalformedMessage:
        return
    assert iso.encode(message) == raw


@given(st.data())
def test_a_damaged_message_is_refused_or_still_a_message(data: st.DataObject) -> None:
    raw = bytearray(iso.encode(WITHDRAWAL))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = iso.decode(bytes(raw))
    except MalformedMessage:
        return
    assert iso.encode(message) == bytes(raw)


def test_a_message_cut_short_keeps_what_came_before_the_cut() -> None:
    raw = iso.encode(WITHDRAWAL)
    with pytest.raises(MalformedMessage) as caught:
        iso.decode(raw[:-12])
    assert caught.value.partial is not None
    assert caught.value.partial.mti == "0200"
    assert caught.value.partial.fields[11] == "000123"
    assert caught.value.field == 52


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"0200" + bytes.fromhex("4000000000000000") + b"206222021000000010", 2),  # longer than field 2 may be
        (b"0200" + bytes.fromhex("4000000000000000") + b"1x", 2),  # a length that is no number
        (b"0200" + bytes.fromhex("4000000000000000") + b" 56222", 2),  # a length with a blank
        (b"0200" + bytes.fromhex("2000000000000000") + "0１0000".encode()[:6], 3),  # a digit that is not ASCII
        (b"0800" + bytes.fromhex("80000000000000008000000000000000"), 65),  # a tertiary bitmap
        (b"0800" + bytes.fromhex("0020000000000000") + b"0000012", None),  # something after the last field
    ],
)
def test_broken_fields_are_named(raw: bytes, field: int | None) -> None:
    with pytest.raises(MalformedMessage) as caught:
        iso.decode(raw)
    assert caught.value.field == field


@pytest.mark.parametrize("raw", [b"", b"02", b"02x0" + bytes(8), "０２００".encode()])
def test_bytes_without_a_type_have_no_part_to_answer(raw: bytes) -> None:
    with pytest.raises(MalformedMessage) as caught:
        iso.decode(raw)
    assert caught.value.partial is None


@pytest.mark.parametrize(
    "message",
    [
        Message("0200", {3: "01"}),
        Message("0200", {4: "-00000010000"}),
        Message("0200", {43: "北京" + " " * 38}),
        Message("0200", {52: "0123"}),
        Message("0200", {65: "0" * 16}),
        Message("0200", {2: "6" * 20}),
        Message("2", {}),
    ],
)
def test_values_that_do_not_fit_are_not_sent(message: Message) -> None:
    with pytest.raises(UnencodableMessage):
        iso.encode(message)


def test_types_of_answers_and_repeats() -> None:
    assert [iso.response_type(mti) for mti in ("0100", "0200", "0201", "0400", "0420", "0421", "0800")] == [
        "0110", "0210", "0210", "0410", "0430", "0430", "0810",
    ]  # fmt: skip
    assert [iso.repeat_type(mti) for mti in ("0200", "0201", "0420")] == ["0201", "0201", "0421"]
    assert iso.is_request("0420")
    assert not iso.is_request("0430")


def test_original_data_is_42_digits_and_back() -> None:
    original = OriginalData("0200", "000123", "1123154700", "62220200")
    assert len(str(original)) == 42
    assert iso.parse_original_data(str(original)) == original._replace(acquirer="00062220200")


def test_published_messages_decode_to_their_published_fields() -> None:
    if not VECTORS.exists():
        pytest.skip("The published ISO 8583 messages are not on this machine (../shared/data/iso8583).")
    checked = 0
    for vector in map(json.loads, gzip.decompress(VECTORS.read_bytes()).splitlines()):
        fields = {int(number): value for number, value in vector.get("fields", {}).items() if number.isdecimal()}
        fields.pop(0, None)
        if "hex bitmap" not in vector["encoding"] or not fields or not all(isinstance(v, str) for v in fields.values()):
            continue
        published = bytes.fromhex(vector["raw_hex"])
        raw = published[:4] + bytes.fromhex(published[4:20].decode()) + published[20:]
        assert iso.decode(raw).fields == fields, vector["id"]
        assert iso.encode(iso.decode(raw)) == raw
        checked += 1
    assert checked
