"""What a payment file's sender is told: counts, and the pain.002 of it and of each of its payments.

Status codes of the whole and of a block, ExternalPaymentGroupStatus1Code: RCVD received, PDNG checked and being worked
on, ACSC all settled, PART some settled and some rejected, RJCT none. Of a payment,
ExternalPaymentTransactionStatus1Code: ACSC settled, ACSP accepted and on its way, PDNG not begun, RJCT.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import asyncpg

from guanxi.exchange.payments import statements
from guanxi.kernel.iso20022 import write_status
from guanxi.kernel.iso20022.write_status import OriginalMessage, OriginalTransaction

Row = Mapping[str, Any]
_PAGE: Final = 5000
_OF_PAYMENT: Final = {"accepted": "ACSC", "pending": "ACSP", "received": "PDNG", "rejected": "RJCT"}


def group_status(file: Row) -> str:
    """The status of the whole file."""
    if file["state"] in {"received", "rejected"}:
        return "RCVD" if file["state"] == "received" else "RJCT"
    if file["state"] == "processing":
        return "PART" if file["accepted"] and file["rejected"] else "PDNG"
    if file["accepted"] and file["rejected"]:
        return "PART"
    return "ACSC" if file["accepted"] else "RJCT"


class StatusReport:
    """The pain.002 of one file, made page by page: `opening`, `page` for each page of payments in order, `ending`."""

    def __init__(self, file: Row, blocks: Iterable[Row], *, bic: str, at: dt.datetime) -> None:
        self._file, self._bic, self._at = file, bic, at
        self._blocks = {block["position"]: block for block in blocks}
        self._block: int | None = None

    def opening(self) -> str:
        """Everything about the file as a whole."""
        file = self._file
        return write_status.report_opening(
            OriginalMessage(
                report_id=uuid.UUID(str(file["id"])).hex,
                reported_at=self._at,
                servicer=self._bic,
                message_id=file["message_id"],
                message_name=file["message_name"],
                created_at=file["created_at"],
                number_of_transactions=file["declared_number"],
                control_sum=_plain(file["declared_sum"]),
                status=group_status(file),
                reasons=[(file["reason"], file["explanation"])] if file["reason"] else [],
                numbers=_numbers(file),
            )
        )

    def page(self, payments: Iterable[Row]) -> str:
        """The next payments, in the order of the file."""
        return "".join(self._pieces(payments))

    def ending(self) -> str:
        """The end of the last block and of the report."""
        return (write_status.BLOCK_END if self._block is not None else "") + write_status.REPORT_END

    def _pieces(self, payments: Iterable[Row]) -> Iterator[str]:
        for payment in payments:
            if payment["block"] != self._block:
                if self._block is not None:
                    yield write_status.BLOCK_END
                self._block = payment["block"]
                yield self._block_opening(self._blocks[payment["block"]])
            yield write_status.transaction(_transaction(payment))

    def _block_opening(self, block: Row) -> str:
        reasons = [(block["reason"], block["explanation"])] if block["reason"] else []
        return write_status.block_opening(block["payment_information_id"], "RJCT" if reasons else "", reasons)


async def status_report(pool: asyncpg.Pool, file: Row, *, bic: str, at: dt.datetime) -> AsyncIterator[bytes]:
    """The pain.002 of `file`, page by page."""
    report = StatusReport(file, await pool.fetch(statements.BLOCKS, file["id"]), bic=bic, at=at)
    yield report.opening().encode()
    last = -1
    while rows := await pool.fetch(statements.PAGE, file["id"], last, _PAGE):
        yield report.page(rows).encode()
        last = rows[-1]["position"]
    yield report.ending().encode()


def _numbers(file: Row) -> dict[str, tuple[int, Decimal]]:
    counted: Sequence[tuple[str, int, Decimal]] = (
        ("ACSC", file["accepted"], file["accepted_total"]),
        ("RJCT", file["rejected"], file["rejected_total"]),
    )
    return {status: (number, _plain(total) or Decimal(0)) for status, number, total in counted if number}


def _transaction(payment: Row) -> OriginalTransaction:
    return OriginalTransaction(
        status_id=uuid.UUID(str(payment["id"])).hex,
        instruction_id=payment["instruction_id"],
        end_to_end_id=payment["end_to_end_id"],
        status=_OF_PAYMENT[payment["state"]],
        reason=payment["reason"],
        additional=payment["explanation"],
        reference=payment["reference"],
        amount=payment["amount"],
        currency=payment["currency"],
    )


def _plain(total: Decimal | None) -> Decimal | None:
    """Without the zeros that the column adds."""
    return None if total is None else Decimal(f"{total.normalize():f}")
