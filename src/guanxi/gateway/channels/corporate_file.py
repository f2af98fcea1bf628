"""Corporate host-to-host over HTTP: a customer's computer signs in for twelve hours and sends payment files (pain.001).

It fetches what became of them (pain.002), and what its accounts look like since (camt.053, camt.054).
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Final, Literal

import asyncpg
import msgspec

from guanxi.exchange.errors import PaymentFileRefused
from guanxi.exchange.payments import statements
from guanxi.exchange.payments.files import NewFile, Spool, Taken, take_in
from guanxi.exchange.payments.report import status_report
from guanxi.gateway.account_xml import notification, statement
from guanxi.gateway.answers import Answer, json_answer, xml_answer
from guanxi.gateway.customer_channel import CustomerChannel
from guanxi.gateway.errors import PaymentFileUnknown, RefusedForReason
from guanxi.gateway.operations import Answers, KeyRule, Operation
from guanxi.gateway.resources import Gateway
from guanxi.gateway.wire import Call
from guanxi.kernel.vocabulary import Channel, Reason

CUSTOMER_CHANNEL: Final = CustomerChannel(Channel.CORPORATE_FILE, signed_in_for=dt.timedelta(hours=12))


class PaymentFileTaken(msgspec.Struct, frozen=True, omit_defaults=True):
    """The file is kept. `duplicate_of` names an earlier one of the same content; then nothing is done with this one."""

    id: uuid.UUID
    state: Literal["received", "processing", "done", "rejected"]
    duplicate_of: uuid.UUID | None = None


class PaymentFileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a payment file stands. Totals are control sums: amounts added up regardless of currency."""

    id: uuid.UUID
    state: Literal["received", "processing", "done", "rejected"]
    received_at: dt.datetime
    payments: int
    accepted: int
    rejected: int
    pending: int
    waiting: int
    total: str
    accepted_total: str
    rejected_total: str
    message_id: str = ""
    message_name: str = ""
    reason: str = ""
    explanation: str = ""
    duplicate_of: uuid.UUID | None = None
    done_at: dt.datetime | None = None


async def _send(gateway: Gateway, call: Call) -> Answer:
    party_id = _corporate(call)
    spool = Spool()
    if call.pieces is None:
        raise LookupError("this operation was reached without a body")
    try:
        async for piece in call.pieces:
            spool.add(piece)
        key = f"{party_id.hex}:{call.idempotency_key}"
        new = NewFile(party_id=party_id, way="api", idempotency_key=key, received_at=call.received_at)
        taken = await take_in(gateway.pool, new, spool)
    except PaymentFileRefused as refused:
        if refused.data.get("used_key"):
            raise RefusedForReason(Reason.DUPLICATE_REQUEST) from refused
        raise
    gateway.desk.wake()
    return _taken(taken)


def _taken(taken: Taken) -> Answer:
    headers = ((b"idempotency-replayed", b"true"),) if taken.replayed else ()
    told = PaymentFileTaken(taken.id, taken.state, taken.duplicate_of)  # type: ignore[arg-type]
    return json_answer(told, status=202, headers=headers)


async def _look(gateway: Gateway, call: Call) -> Answer:
    return json_answer(_state(await _file(gateway, call)))


async def _report(gateway: Gateway, call: Call) -> Answer:
    file = await _file(gateway, call)
    pages = status_report(gateway.pool, file, bic=gateway.configuration.bank_bic, at=call.received_at)
    content = b"".join([page async for page in pages])
    return xml_answer(content, name=f"pain.002-{uuid.UUID(int=file['id'].int).hex}.xml")


async def _file(gateway: Gateway, call: Call) -> asyncpg.Record:
    """The file that the path names, if it is the caller's; anybody else's is as unknown as one that does not exist."""
    party_id = _corporate(call)
    try:
        row = await gateway.pool.fetchrow(statements.FILE, uuid.UUID(call.path["id"]))
    except ValueError:
        row = None
    if row is None or row["party_id"] != party_id:
        raise PaymentFileUnknown(
            "You have sent no payment file with this id.", next_step="Use the id that POST /v1/payment-files answered."
        )
    return row


def _corporate(call: Call) -> uuid.UUID:
    if call.signed_in.channel is not Channel.CORPORATE_FILE:
        raise RefusedForReason(Reason.NOT_PERMITTED)
    return call.signed_in.party_id


def _state(file: asyncpg.Record) -> PaymentFileState:
    waiting = file["payments"] - file["accepted"] - file["rejected"] - file["pending"]
    return PaymentFileState(
        id=file["id"],
        state=file["state"],
        received_at=file["received_at"],
        payments=file["payments"],
        accepted=file["accepted"],
        rejected=file["rejected"],
        pending=file["pending"],
        waiting=waiting,
        total=_shown(file["total"]),
        accepted_total=_shown(file["accepted_total"]),
        rejected_total=_shown(file["rejected_total"]),
        message_id=file["message_id"],
        message_name=file["message_name"],
        reason=file["reason"],
        explanation=file["explanation"],
        duplicate_of=file["duplicate_of_id"],
        done_at=file["done_at"],
    )


def _shown(total: Decimal) -> str:
    return f"{total.normalize():f}" if total else "0"


_ID: Final = {"id": "The payment file's id."}
_NUMBER: Final = {"number": "The account's number."}
_EXAMPLE_ID: Final = "0196a1f0-5a10-7e11-8c55-2f6d0b1c9e37"
_COUNTED: Final = {
    "id": _EXAMPLE_ID,
    "state": "processing",
    "received_at": "2026-05-04T01:12:09Z",
    "payments": 1000,
    "accepted": 640,
    "rejected": 3,
    "pending": 12,
    "waiting": 345,
    "total": "1250000.00",
    "accepted_total": "801200.50",
    "rejected_total": "4100",
    "message_id": "ACME-20260504-01",
    "message_name": "pain.001.001.09",
}
_MESSAGE: Final = (
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>…</CstmrCdtTrfInitn></Document>'
)

OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/payment-files",
        name="send_payment_file",
        tag="Payment files",
        summary="Send a payment file",
        description="A pain.001 message of version 3 or later. It is durable when it is answered and then carried out "
        "payment by payment: ask for its counts or its status report. The same content again, under another key, "
        "is put on record as a duplicate and not carried out.",
        run=_send,
        streams_xml=True,
        body_example=_MESSAGE,
        signed_in=True,
        idempotency_key=KeyRule.REQUIRED,
        answers={202: Answers("Kept.", PaymentFileTaken, {"id": _EXAMPLE_ID, "state": "received"})},
        problems=(400, 401, 403, 408, 409, 415, 422, 503),
    ),
    Operation(
        method="GET",
        path="/v1/payment-files/{id}",
        name="payment_file",
        tag="Payment files",
        summary="Where a payment file stands",
        description="Counts and control sums of what was accepted, rejected, is pending and still waits.",
        run=_look,
        path_parameters=_ID,
        signed_in=True,
        answers={200: Answers("The file as it stands.", PaymentFileState, _COUNTED)},
        problems=(401, 403, 404, 503),
    ),
    Operation(
        method="GET",
        path="/v1/payment-files/{id}/status",
        name="payment_file_status",
        tag="Payment files",
        summary="The status report of a payment file",
        description="pain.002.001.10: the file, its blocks and each payment with its status and ISO 20022 reason code.",
        run=_report,
        path_parameters=_ID,
        signed_in=True,
        answers={200: Answers("The report as it stands.", media_type="application/xml")},
        problems=(401, 403, 404, 503),
    ),
    Operation(
        method="GET",
        path="/v1/accounts/{number}/camt.053",
        name="account_statement",
        tag="Payment files",
        summary="An account's statement as camt.053",
        description="camt.053.001.08 over the newest five hundred entries, with the balance before and after them.",
        run=statement,
        path_parameters=_NUMBER,
        signed_in=True,
        answers={200: Answers("The statement.", media_type="application/xml")},
        problems=(401, 403, 404, 422, 503, 504),
    ),
    Operation(
        method="GET",
        path="/v1/accounts/{number}/camt.054",
        name="account_notification",
        tag="Payment files",
        summary="An account's movements as camt.054",
        description="camt.054.001.08: the newest five hundred entries as debit and credit notifications.",
        run=notification,
        path_parameters=_NUMBER,
        signed_in=True,
        answers={200: Answers("The notification.", media_type="application/xml")},
        problems=(401, 403, 404, 422, 503, 504),
    ),
)
