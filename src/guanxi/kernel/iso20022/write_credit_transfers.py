"""pain.001.001.09 CustomerCreditTransferInitiation, for samples and tests: written payment by payment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from guanxi.kernel.iso20022.writing import closed, instant, leaf, money, node, number, opened

MESSAGE: Final = "pain.001.001.09"
_ROOT: Final = "CstmrCdtTrfInitn"


class Payment(msgspec.Struct, frozen=True):
    """One payment to be written."""

    end_to_end_id: str
    amount: Decimal
    currency: str
    creditor: str
    creditor_account: str
    creditor_agent: str = ""
    remittance: str = ""


class Block(msgspec.Struct, frozen=True):
    """Payments from one account on one day."""

    id: str
    debtor: str
    debtor_account: str
    debtor_agent: str
    requested_on: dt.date
    payments: Sequence[Payment]


def write_credit_transfers(
    message_id: str, at: dt.datetime, initiating_party: str, blocks: Sequence[Block]
) -> Iterator[bytes]:
    """The message in pieces; its counts and control sums are those of its payments."""
    payments = [payment for block in blocks for payment in block.payments]
    header = node(
        "GrpHdr",
        leaf("MsgId", message_id, 35),
        instant("CreDtTm", at),
        *_totals(payments),
        node("InitgPty", leaf("Nm", initiating_party, 140)),
    )
    yield (opened(MESSAGE, _ROOT) + header).encode()
    for block in blocks:
        yield f"<PmtInf>{_block(block)}".encode()
        yield from _in_pieces(block.payments)
        yield b"</PmtInf>"
    yield closed(_ROOT).encode()


def _in_pieces(payments: Sequence[Payment]) -> Iterator[bytes]:
    for start in range(0, len(payments), 500):
        yield "".join(map(_payment, payments[start : start + 500])).encode()


def _totals(payments: Iterable[Payment]) -> tuple[str, str]:
    amounts = [payment.amount for payment in payments]
    return leaf("NbOfTxs", str(len(amounts))), leaf("CtrlSum", number(sum(amounts, Decimal(0))))


def _block(block: Block) -> str:
    return "".join(
        (
            leaf("PmtInfId", block.id, 35),
            leaf("PmtMtd", "TRF"),
            *_totals(block.payments),
            node("ReqdExctnDt", leaf("Dt", block.requested_on.isoformat())),
            node("Dbtr", leaf("Nm", block.debtor, 140)),
            node("DbtrAcct", node("Id", node("Othr", leaf("Id", block.debtor_account, 34)))),
            node("DbtrAgt", node("FinInstnId", leaf("BICFI", block.debtor_agent))),
        )
    )


def _payment(payment: Payment) -> str:
    return node(
        "CdtTrfTxInf",
        node("PmtId", leaf("EndToEndId", payment.end_to_end_id, 35)),
        node("Amt", money("InstdAmt", payment.amount, payment.currency)),
        node("CdtrAgt", node("FinInstnId", leaf("BICFI", payment.creditor_agent))),
        node("Cdtr", leaf("Nm", payment.creditor, 140)),
        node("CdtrAcct", node("Id", node("Othr", leaf("Id", payment.creditor_account, 34)))),
        node("RmtInf", leaf("Ustrd", payment.remittance, 140)),
    )
