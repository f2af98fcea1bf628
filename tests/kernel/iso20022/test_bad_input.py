"""XML from strangers: bombs, entities, wrong encodings, halves. Always a refusal of our own, never more."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.kernel.iso20022 import xml
from guanxi.kernel.iso20022.credit_transfers import read_credit_transfers
from guanxi.kernel.iso20022.errors import Iso20022Error, MessageTooLarge, XmlRefused
from guanxi.kernel.iso20022.messages import read_message

OPENING = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>'
HEADER = "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-05-04T09:00:00Z</CreDtTm><NbOfTxs>1</NbOfTxs></GrpHdr>"
BLOCK = "<PmtInf><PmtInfId>B1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-05-04</Dt></ReqdExctnDt>"
AMOUNT = '<Amt><InstdAmt Ccy="CNY">1.00</InstdAmt></Amt>'
PAYMENT = f"<CdtTrfTxInf><PmtId><EndToEndId>E1</EndToEndId></PmtId>{AMOUNT}</CdtTrfTxInf>"
GOOD = (OPENING + HEADER + BLOCK + PAYMENT + "</PmtInf></CstmrCdtTrfInitn></Document>").encode()
BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY a "lol">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">]><Document>&e;</Document>"""
OUTSIDE = b'<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + GOOD.replace(b">M1<", b">&x;<")
FROM_OUTSIDE = b'<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/a.dtd">' + GOOD
QUADRATIC = b'<!DOCTYPE Document [<!ENTITY x "' + b"y" * 50_000 + b'">]><Document>' + b"&x;" * 5_000 + b"</Document>"


def read(data: bytes) -> list[object]:
    return list(read_credit_transfers(data[start : start + 4096] for start in range(0, len(data), 4096)))


@pytest.mark.parametrize("data", [BILLION_LAUGHS, OUTSIDE, FROM_OUTSIDE, QUADRATIC])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_and_entities_are_refused(data, encoding):
    written = data if encoding == "utf-8" else data.decode().replace('<?xml version="1.0"?>', "").encode("utf-16")
    for reader in (read, read_message):
        with pytest.raises(XmlRefused):
            reader(written)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   ",
        b"pain.001",
        b"\x00" * 100,
        b"PK\x03\x04",
        GOOD[:-1],
        GOOD[: len(GOOD) // 2],
        GOOD + GOOD,
        GOOD.replace(b"</PmtInf>", b"</PmtInfo>"),
        b'<?xml version="1.0" encoding="UTF-8"?>' + GOOD.replace(b"E1", "Zürich".encode("latin-1")),
        b'<?xml version="1.0" encoding="martian"?>' + GOOD,
        b'<?xml version="1.0" encoding="UTF-16"?>' + GOOD,
        GOOD.replace(b">E1<", b">&nbsp;<"),
        GOOD.replace(b">E1<", b">&#0;<"),
        b"<a>" * 100_000,
    ],
)
def test_what_is_no_xml_is_refused(data):
    for reader in (read, read_message):
        with pytest.raises(Iso20022Error) as refused:
            reader(data)
        assert str(refused.value)


def test_the_encoding_that_is_declared_is_the_one_that_is_read():
    for encoding in ("utf-8", "utf-16", "gb18030", "iso-8859-1", "big5"):
        name = "Zürich" if encoding == "iso-8859-1" else "王小明"
        declared = f'<?xml version="1.0" encoding="{encoding}"?>' + GOOD.decode().replace(">E1<", f">{name}<")
        assert read(declared.encode(encoding))[-1].end_to_end_id == name


def test_a_message_without_end_is_not_waited_for():
    def endless():
        yield (OPENING + HEADER).encode()
        while True:
            yield b"<PmtInf>" + b" " * 65536

    with pytest.raises(MessageTooLarge):
        list(read_credit_transfers(endless()))
    with pytest.raises(MessageTooLarge):
        read_message(b" " * (xml.LARGEST_TREE + 1))


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4))
def test_whatever_is_broken_is_refused_or_read(place, noise):
    data = GOOD[:place] + noise + GOOD[place + len(noise) :]
    for reader in (read, read_message):
        with contextlib.suppress(Iso20022Error):
            reader(data)


@given(st.binary(max_size=200))
def test_any_octets_are_refused_in_our_own_words(data):
    for reader in (read, read_message):
        with pytest.raises(Iso20022Error):
            reader(data)
