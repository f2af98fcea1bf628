"""What we write is read back as it was: statements, notifications, status reports."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from guanxi.kernel.iso20022 import write_status
from guanxi.kernel.iso20022.account_messages import (
    AccountReport,
    Balance,
    Entry,
    References,
    TransactionCode,
    TransactionDetail,
)
from guanxi.kernel.iso20022.messages import read_message
from guanxi.kernel.iso20022.status_messages import StatusReason
from guanxi.kernel.iso20022.write_account import write_notification, write_statement
from guanxi.kernel.iso20022.write_status import OriginalMessage, OriginalTransaction

AT = dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)
WORDS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cn"]), max_size=30)
WORD = WORDS.filter(bool)
MINOR = st.integers(-(10**14), 10**14).map(lambda minor: Decimal(minor) / 100)
MOMENTS = st.integers(-(10**9), 3 * 10**9).map(lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC))


@st.composite
def entries(draw, position=0):
    amount = draw(MINOR)
    reference = References(servicer_reference=draw(WORDS), end_to_end_id=draw(WORD))
    detail = TransactionDetail(
        reference, amount, "CNY", TransactionCode(), draw(WORDS), draw(WORDS), "", draw(WORDS), draw(WORDS), "",
        tuple(draw(st.lists(WORD, max_size=2))), (), "", draw(WORDS),
    )  # fmt: skip
    return Entry(
        position, draw(WORDS), amount, "CNY", amount >= 0, draw(st.booleans()), "BOOK", draw(MOMENTS), draw(MOMENTS),
        draw(WORDS), TransactionCode("PMNT", "ICDT", "BOOK"), "", "", draw(WORDS), (detail,),
    )  # fmt: skip


@st.composite
def reports(draw):
    balances = st.lists(st.builds(Balance, st.sampled_from(["OPBD", "CLBD", "ITAV"]), MINOR, st.just("CNY"), MOMENTS))
    number = draw(st.integers(0, 3))
    return AccountReport(
        draw(WORD), AT, "6222020000000017", "CNY", draw(WORDS), "GNXICNSHXXX", draw(MOMENTS), draw(MOMENTS), "17", "",
        "", "", tuple(draw(balances)), tuple(draw(entries(position)) for position in range(number)), draw(WORDS),
    )  # fmt: skip


@given(reports())
def test_statements_and_notifications(report):
    statement = read_message(write_statement("S1", AT, report))
    assert statement.identity.name == "camt.053.001.08"
    assert statement.body.reports == (report,)
    notification = read_message(write_notification("N1", AT, report))
    assert notification.identity.name == "camt.054.001.08"
    assert notification.body.reports[0].entries == report.entries


@given(WORD, st.sampled_from(["", "AC01", "AM04"]), st.text(st.characters(codec="utf-8"), max_size=200), MINOR)
def test_status_reports(name, reason, sentence, amount):
    original = OriginalMessage("R1", AT, "GNXICNSHXXX", name, "pain.001.001.09", AT, 2, Decimal("3.00"), "PART")
    one = OriginalTransaction("id", "I1", name, "RJCT" if reason else "ACSC", reason, sentence, "SV1", amount, "CNY")
    pieces = [
        write_status.report_opening(original),
        write_status.block_opening("B1", "PART", [("AM10", "sums differ")]),
        write_status.transaction(one),
        write_status.transaction(one),
        write_status.BLOCK_END,
        write_status.REPORT_END,
    ]
    body = read_message("".join(pieces).encode()).body
    assert (body.original_message_id, body.status) == (name, "PART")
    assert body.groups[0].reasons == (StatusReason("AM10", ("sums differ",)),)
    assert len(body.transactions) == 2
    for told in body.transactions:
        assert (told.payment_information_id, told.end_to_end_id) == ("B1", name)
        assert [each.code for each in told.reasons] == ([reason] if reason else [])
