"""From the octets of a payment file to its blocks and payments: read in a thread of its own, kept in one transaction.

Either all of the file is there afterwards, checked as a whole, or it is refused with its reason, or, after a crash in
the middle, it is as untouched as before.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
import datetime as dt
import itertools
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import asyncpg

from guanxi.exchange.payments import statements
from guanxi.exchange.payments.checking import House, block_fault, payment_fault
from guanxi.exchange.payments.files import unpacked
from guanxi.exchange.payments.reasons import DUPLICATE_MESSAGE, INVALID_FILE, WRONG_CONTROL_SUM, WRONG_NUMBER
from guanxi.kernel.identity import uuid7
from guanxi.kernel.iso20022.credit_transfers import (
    CreditTransfer,
    Fault,
    GroupHeader,
    PaymentInformation,
    Record,
    read_credit_transfers,
)
from guanxi.kernel.iso20022.errors import Iso20022Error

Row = tuple[Any, ...]
_BATCH: Final = 1000
_BLOCK_COLUMNS: Final = (
    "file_id",
    "position",
    "payment_information_id",
    "debtor",
    "debtor_account",
    "requested_on",
    "reason",
    "explanation",
)
_PAYMENT_COLUMNS: Final = (
    "id",
    "file_id",
    "position",
    "block",
    "instruction_id",
    "end_to_end_id",
    "amount",
    "currency",
    "creditor",
    "creditor_account",
    "creditor_agent",
    "remittance",
    "state",
    "attempt",
    "reason",
    "explanation",
    "reference",
    "settled_at",
)


@dataclasses.dataclass(slots=True)
class _Counted:
    """What a block says of itself, and what is in it."""

    block: PaymentInformation
    number: int = 0
    total: Decimal = Decimal(0)

    def fault(self) -> Fault | None:
        """AM18 or AM10 when the two are not the same."""
        told = self.block
        return _wrong_in_total(f"PmtInf {told.id}", told.number_of_transactions, told.control_sum, self)


class Refused(Exception):
    """The file is refused as a whole for `fault`. Never leaves this module."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.sentence)
        self.fault = fault


class Reading:
    """A file on its way through the reader. `batches` runs in a thread of its own."""

    def __init__(self, file_id: uuid.UUID, house: House, at: dt.datetime) -> None:
        self._file_id, self._house, self._at = file_id, house, at
        self.header: GroupHeader | None = None
        self.blocks: list[_Counted] = []
        self.number, self.total = 0, Decimal(0)
        self._fault: Fault | None = None  # of the block that is being read

    def batches(self, compressed: bytes) -> Iterator[tuple[list[Row], list[Row]]]:
        """Rows of blocks and of payments, a thousand records at a time; `Refused` when the file is no such message."""
        records = read_credit_transfers(unpacked(compressed))
        try:
            while batch := list(itertools.islice(records, _BATCH)):
                yield self._rows(batch)
        except Iso20022Error as error:
            raise Refused(Fault(INVALID_FILE, str(error))) from None

    def _rows(self, batch: list[Record]) -> tuple[list[Row], list[Row]]:
        blocks: list[Row] = []
        payments: list[Row] = []
        for record in batch:
            match record:
                case GroupHeader():
                    self.header = record
                case PaymentInformation():
                    blocks.append(self._block_row(record))
                case CreditTransfer():
                    payments.append(self._payment_row(record))
        return blocks, payments

    def _block_row(self, block: PaymentInformation) -> Row:
        self.blocks.append(_Counted(block))
        self._fault = fault = block_fault(block, self._house)
        return (
            self._file_id,
            block.position,
            block.id,
            block.debtor[:140],
            block.debtor_account[:70],
            block.requested_on,
            fault.code if fault else "",
            fault.sentence[:500] if fault else "",
        )

    def _payment_row(self, payment: CreditTransfer) -> Row:
        counted = self.blocks[-1]
        counted.number, counted.total = counted.number + 1, counted.total + payment.amount
        self.number, self.total = self.number + 1, self.total + payment.amount
        fault = self._fault or payment_fault(payment)
        return (
            uuid7(),
            self._file_id,
            payment.position,
            counted.block.position,
            payment.instruction_id,
            payment.end_to_end_id,
            payment.amount,
            payment.currency,
            payment.creditor,
            payment.creditor_account[:70],
            payment.creditor_agent[:35],
            payment.remittance,
            "rejected" if fault else "received",
            0,
            fault.code if fault else "",
            fault.sentence[:500] if fault else "",
            "",
            self._at if fault else None,
        )


async def load(pool: asyncpg.Pool, file_id: uuid.UUID, party_id: uuid.UUID, house: House, at: dt.datetime) -> None:
    """Check the file and lay out its payments, or refuse it."""
    reading = Reading(file_id, house, at)
    compressed: bytes = await pool.fetchval(statements.CONTENT, file_id)
    try:
        async with pool.acquire() as connection, connection.transaction():
            await _copy(connection, reading, compressed)
            await _check_whole(connection, reading, file_id, party_id)
            await _refuse_blocks(connection, reading, file_id, at)
            await _start(connection, reading, file_id, at)
    except Refused as refused:
        await _reject(pool, reading.header, file_id, refused.fault, at)
    except asyncpg.UniqueViolationError:  # the same message came by two ways at once
        fault = Fault(DUPLICATE_MESSAGE, "A message with this MsgId was received before.")
        await _reject(pool, reading.header, file_id, fault, at)


async def _copy(connection: asyncpg.Connection, reading: Reading, compressed: bytes) -> None:
    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor(1, "payment-file") as thread:
        batches = reading.batches(compressed)
        while batch := await loop.run_in_executor(thread, next, batches, None):
            blocks, payments = batch
            await connection.copy_records_to_table("exchange_paymentblock", records=blocks, columns=_BLOCK_COLUMNS)
            await connection.copy_records_to_table("exchange_payment", records=payments, columns=_PAYMENT_COLUMNS)


async def _check_whole(
    connection: asyncpg.Connection, reading: Reading, file_id: uuid.UUID, party_id: uuid.UUID
) -> None:
    """What the header says of the whole must be so, and its name must be new."""
    header = _header(reading)
    counted = _Counted(reading.blocks[0].block, reading.number, reading.total)
    if fault := _wrong_in_total("GrpHdr", header.number_of_transactions, header.control_sum, counted):
        raise Refused(fault)
    if same := await connection.fetchval(statements.SAME_MESSAGE, party_id, header.message_id, file_id):
        raise Refused(
            Fault(DUPLICATE_MESSAGE, f"A message with MsgId {header.message_id} was received before, as {same}.")
        )


async def _refuse_blocks(connection: asyncpg.Connection, reading: Reading, file_id: uuid.UUID, at: dt.datetime) -> None:
    for counted in reading.blocks:
        if fault := counted.fault():
            position = counted.block.position
            await connection.execute(statements.REFUSE_BLOCK, file_id, position, fault.code, fault.sentence, at)
            await connection.execute(statements.BLOCK_FAULT, file_id, position, fault.code, fault.sentence)


async def _start(connection: asyncpg.Connection, reading: Reading, file_id: uuid.UUID, at: dt.datetime) -> None:
    header = _header(reading)
    rejected = await connection.fetchrow(statements.COUNT_REJECTED, file_id)
    await connection.execute(
        statements.START_FILE,
        file_id,
        at,
        *_told(header),
        reading.number,
        rejected["number"],
        reading.total,
        rejected["total"],
    )


async def _reject(
    pool: asyncpg.Pool, header: GroupHeader | None, file_id: uuid.UUID, fault: Fault, at: dt.datetime
) -> None:
    told = _told(header) if header else ("", "", "", None, None, None)
    await pool.execute(statements.REJECT_FILE, file_id, fault.code, fault.sentence, at, *told)


def _told(header: GroupHeader) -> tuple[Any, ...]:
    return (
        header.message_id,
        header.identity.name,
        header.initiating_party[:140],
        header.created_at,
        header.number_of_transactions,
        header.control_sum,
    )


def _header(reading: Reading) -> GroupHeader:
    if reading.header is None:
        raise LookupError("a message without a header was not refused")
    return reading.header


def _wrong_in_total(where: str, number: int | None, control_sum: Decimal | None, counted: _Counted) -> Fault | None:
    if number is not None and number != counted.number:
        return Fault(WRONG_NUMBER, f"{where} counts {number} transactions; there are {counted.number}.")
    if control_sum is not None and control_sum != counted.total:
        return Fault(
            WRONG_CONTROL_SUM, f"The control sum of {where} is {control_sum}; the amounts add up to {counted.total}."
        )
    return None
