"""pain.001: read payment by payment, with flat memory; a fault of one payment stays with it."""

from __future__ import annotations

import datetime as dt
import resource
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.kernel.iso20022.credit_transfers import (
    CreditTransfer,
    GroupHeader,
    PaymentInformation,
    read_credit_transfers,
)
from guanxi.kernel.iso20022.errors import ElementInvalid, MessageUnknown
from guanxi.kernel.iso20022.write_credit_transfers import Block, Payment, write_credit_transfers

AT = dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)
WORDS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cn"]), min_size=1, max_size=30)
PAYMENTS = st.builds(
    Payment,
    end_to_end_id=WORDS,
    amount=st.integers(1, 10**12).map(lambda minor: Decimal(minor) / 100),
    currency=st.sampled_from(["CNY", "EUR", "USD"]),
    creditor=WORDS,
    creditor_account=st.from_regex(r"[A-Z0-9]{8,30}", fullmatch=True),
    creditor_agent=st.sampled_from(["", "BOCHCNBJXXX"]),
    remittance=WORDS,
)
BLOCKS = st.builds(
    Block,
    id=WORDS,
    debtor=WORDS,
    debtor_account=st.just("6222020000000017"),
    debtor_agent=st.just(""),
    requested_on=st.dates(),
    payments=st.lists(PAYMENTS, min_size=1, max_size=4),
)


@given(st.lists(BLOCKS, min_size=1, max_size=3))
def test_what_is_written_is_read(blocks):
    header, *rest = read_credit_transfers(write_credit_transfers("M1", AT, "Acme", blocks))
    assert isinstance(header, GroupHeader)
    assert (header.message_id, header.created_at, header.initiating_party) == ("M1", AT, "Acme")
    found = [each for each in rest if isinstance(each, CreditTransfer)]
    sent = [payment for block in blocks for payment in block.payments]
    assert header.number_of_transactions == len(found) == len(sent)
    assert header.control_sum == sum(each.amount for each in found)
    for payment, transfer in zip(sent, found, strict=True):
        assert transfer.fault is None
        assert (transfer.end_to_end_id, transfer.amount) == (payment.end_to_end_id, payment.amount)
        assert (transfer.creditor, transfer.creditor_account) == (payment.creditor, payment.creditor_account)
        assert transfer.remittance == payment.remittance
    told = [each for each in rest if isinstance(each, PaymentInformation)]
    assert [each.requested_on for each in told] == [block.requested_on for block in blocks]
    assert [each.id for each in told] == [block.id for block in blocks]


def message(payments: str, *, header: str = "", block: str = "", version: str = "09") -> bytes:
    header = header or "<MsgId>M1</MsgId><CreDtTm>2026-05-04T09:00:00</CreDtTm><NbOfTxs>1</NbOfTxs>"
    block = block or "<PmtInfId>B1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-05-04</Dt></ReqdExctnDt>"
    space = f"urn:iso:std:iso:20022:tech:xsd:pain.001.001.{version}"
    return (
        f'<Document xmlns="{space}"><CstmrCdtTrfInitn><GrpHdr>{header}</GrpHdr><PmtInf>{block}{payments}</PmtInf>'
        "</CstmrCdtTrfInitn></Document>"
    ).encode()


def payment(reference: str = "E1", amount: str = '<InstdAmt Ccy="CNY">1.00</InstdAmt>') -> str:
    return f"<CdtTrfTxInf><PmtId><EndToEndId>{reference}</EndToEndId></PmtId><Amt>{amount}</Amt></CdtTrfTxInf>"


@pytest.mark.parametrize("version", ["03", "04", "05", "06", "07", "08", "09", "10", "11", "12"])
def test_every_version_from_3_on_is_read(version):
    older = int(version) < 8
    block = "<PmtInfId>B1</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt>" + (
        "2026-05-04</ReqdExctnDt>" if older else "<Dt>2026-05-04</Dt></ReqdExctnDt>"
    )
    header, information, transfer = read_credit_transfers([message(payment(), block=block, version=version)])
    assert header.identity.version == int(version)
    assert information.requested_on == dt.date(2026, 5, 4)
    assert transfer.amount == Decimal("1.00")


@pytest.mark.parametrize(
    ("written", "code", "element"),
    [
        (payment(""), "FF01", "PmtId/EndToEndId"),
        (payment("E" * 36), "FF01", "PmtId/EndToEndId"),
        (payment(amount=""), "AM12", "Amt/InstdAmt"),
        (payment(amount='<InstdAmt Ccy="CNY">1,00</InstdAmt>'), "AM12", "Amt/InstdAmt"),
        (payment(amount='<InstdAmt Ccy="CNY">-1</InstdAmt>'), "AM12", "Amt/InstdAmt"),
        (payment(amount='<InstdAmt Ccy="CNY">1E9</InstdAmt>'), "AM12", "Amt/InstdAmt"),
        (payment(amount="<InstdAmt>1.00</InstdAmt>"), "AM12", "Amt/InstdAmt"),
    ],
)
def test_a_fault_stays_with_its_payment(written, code, element):
    _, _, bad, good = read_credit_transfers([message(written + payment("E2"))])
    assert bad.fault.code == code
    assert element in bad.fault.sentence
    assert good.fault is None
    assert good.end_to_end_id == "E2"


@pytest.mark.parametrize(
    ("data", "element"),
    [
        (message(payment(), header="<CreDtTm>2026-05-04T09:00:00</CreDtTm><NbOfTxs>1</NbOfTxs>"), "GrpHdr/MsgId"),
        (message(payment(), header="<MsgId>M1</MsgId><NbOfTxs>1</NbOfTxs>"), "GrpHdr/CreDtTm"),
        (message(payment(), header="<MsgId>M1</MsgId><CreDtTm>2026-05-04T09:00:00</CreDtTm>"), "GrpHdr/NbOfTxs"),
        (
            message(
                payment(), header=f"<MsgId>{'M' * 36}</MsgId><CreDtTm>2026-05-04T09:00:00</CreDtTm><NbOfTxs>1</NbOfTxs>"
            ),
            "GrpHdr/MsgId",
        ),
        (message(payment(), block="<PmtMtd>TRF</PmtMtd>"), "PmtInf/PmtInfId"),
        (message(""), "PmtInf/CdtTrfTxInf"),
    ],
)
def test_a_message_that_is_not_sound_as_a_whole_is_refused_by_element(data, element):
    with pytest.raises(ElementInvalid) as refused:
        list(read_credit_transfers([data]))
    assert refused.value.element.endswith(element)
    assert element in str(refused.value)


def test_other_messages_are_named():
    other = b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt/></Document>'
    with pytest.raises(MessageUnknown, match=r"camt\.053"):
        list(read_credit_transfers([other]))
    with pytest.raises(MessageUnknown, match=r"older"):
        list(read_credit_transfers([message(payment(), version="02")]))


def test_memory_is_flat():
    """The tree of all of them would take ten times the octets of the message."""

    def chunks(number: int):
        opening, _, ending = message("").partition(b"</PmtInf>")
        yield opening
        for first in range(0, number, 500):
            yield "".join(payment(f"E{first + each}") for each in range(500)).encode()
        yield b"</PmtInf>" + ending

    def read(number: int) -> int:
        assert sum(isinstance(each, CreditTransfer) for each in read_credit_transfers(chunks(number))) == number
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    before = read(1_000)
    assert read(40_000) - before < 8_000_000
