"""pain.002.001.10 CustomerPaymentStatusReport, written piece by piece so that a hundred thousand payments need no room.

First `report_opening`, then for each block of payments `block_opening`, its `transaction`s and `BLOCK_END`, then
`REPORT_END`. Structure: ISO 20022 Payments Initiation message definition report, PaymentTransaction and
OriginalPaymentInstruction components.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from guanxi.kernel.iso20022.writing import closed, instant, leaf, money, node, number, opened

MESSAGE: Final = "pain.002.001.10"
_ROOT: Final = "CstmrPmtStsRpt"
BLOCK_END: Final = "</OrgnlPmtInfAndSts>"
REPORT_END: Final = closed(_ROOT)


class OriginalMessage(msgspec.Struct, frozen=True):
    """What is reported on, and what became of it as a whole. `numbers` counts transactions by status."""

    report_id: str
    reported_at: dt.datetime
    servicer: str  # BIC
    message_id: str
    message_name: str
    created_at: dt.datetime | None
    number_of_transactions: int | None
    control_sum: Decimal | None
    status: str
    reasons: Sequence[tuple[str, str]] = ()
    numbers: Mapping[str, tuple[int, Decimal]] = {}


class OriginalTransaction(msgspec.Struct, frozen=True):
    """What became of one payment."""

    status_id: str
    instruction_id: str
    end_to_end_id: str
    status: str
    reason: str
    additional: str
    reference: str
    amount: Decimal
    currency: str


def report_opening(original: OriginalMessage) -> str:
    """Everything before the first block."""
    header = node(
        "GrpHdr",
        leaf("MsgId", original.report_id, 35),
        instant("CreDtTm", original.reported_at),
        node("DbtrAgt", node("FinInstnId", leaf("BICFI", original.servicer))),
    )
    return opened(MESSAGE, _ROOT) + header + node("OrgnlGrpInfAndSts", *_original(original))


def block_opening(payment_information_id: str, status: str, reasons: Sequence[tuple[str, str]] = ()) -> str:
    """The beginning of a block of payments; its transactions and `BLOCK_END` follow."""
    return (
        "<OrgnlPmtInfAndSts>"
        + leaf("OrgnlPmtInfId", payment_information_id, 35)
        + leaf("PmtInfSts", status)
        + "".join(_reason(*reason) for reason in reasons)
    )


def transaction(original: OriginalTransaction) -> str:
    """One payment."""
    amount = money("InstdAmt", original.amount, original.currency) if original.currency else ""
    return node(
        "TxInfAndSts",
        leaf("StsId", original.status_id, 35),
        leaf("OrgnlInstrId", original.instruction_id, 35),
        leaf("OrgnlEndToEndId", original.end_to_end_id, 35),
        leaf("TxSts", original.status),
        _reason(original.reason, original.additional) if original.reason else "",
        leaf("AcctSvcrRef", original.reference, 35),
        node("OrgnlTxRef", node("Amt", amount)),
    )


def _original(original: OriginalMessage) -> list[str]:
    counted = original.number_of_transactions
    return [
        leaf("OrgnlMsgId", original.message_id or "NOTPROVIDED", 35),
        leaf("OrgnlMsgNmId", original.message_name or "pain.001", 35),
        instant("OrgnlCreDtTm", original.created_at),
        leaf("OrgnlNbOfTxs", str(counted) if counted is not None else ""),
        leaf("OrgnlCtrlSum", number(original.control_sum) if original.control_sum is not None else ""),
        leaf("GrpSts", original.status),
        *(_reason(*reason) for reason in original.reasons),
        *(_counted(status, *counts) for status, counts in sorted(original.numbers.items())),
    ]


def _counted(status: str, transactions: int, total: Decimal) -> str:
    return node(
        "NbOfTxsPerSts",
        leaf("DtldNbOfTxs", str(transactions)),
        leaf("DtldSts", status),
        leaf("DtldCtrlSum", number(total)),
    )


def _reason(code: str, sentence: str) -> str:
    lines = [sentence[start : start + 105] for start in range(0, len(sentence), 105)]
    return node("StsRsnInf", node("Rsn", leaf("Cd", code)), *(leaf("AddtlInf", line) for line in lines[:4]))
