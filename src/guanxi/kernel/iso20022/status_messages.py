"""pain.002 and pacs.002: what became of a message, of its groups, and of each of its transactions.

Status codes: ISO 20022 external code sets ExternalPaymentGroupStatus1Code and ExternalPaymentTransactionStatus1Code;
reasons: ExternalStatusReason1Code.
"""

from __future__ import annotations

import datetime as dt

import msgspec
from lxml import etree

from guanxi.kernel.iso20022.elements import every, find, moment, path_of, required, text
from guanxi.kernel.iso20022.errors import ElementInvalid
from guanxi.kernel.iso20022.identity import Identity


class StatusReason(msgspec.Struct, frozen=True):
    """A reason code, or the bank's own, and what else was told."""

    code: str
    additional: tuple[str, ...] = ()


class TransactionStatus(msgspec.Struct, frozen=True):
    """What became of one transaction."""

    payment_information_id: str
    instruction_id: str
    end_to_end_id: str
    status: str
    reasons: tuple[StatusReason, ...]


class GroupStatus(msgspec.Struct, frozen=True):
    """What became of one block of payments."""

    payment_information_id: str
    status: str
    reasons: tuple[StatusReason, ...]


class StatusMessage(msgspec.Struct, frozen=True):
    """A whole status report."""

    identity: Identity
    message_id: str
    created_at: dt.datetime
    original_message_id: str
    original_message_name: str
    status: str
    reasons: tuple[StatusReason, ...]
    groups: tuple[GroupStatus, ...]
    transactions: tuple[TransactionStatus, ...]


def read_status_message(identity: Identity, message: etree._Element) -> StatusMessage:
    """`message` is the element inside the document."""
    header, original = find(message, "GrpHdr"), find(message, "OrgnlGrpInfAndSts")
    if header is None:
        raise _missing(message, "GrpHdr")
    created_at = moment(header, "CreDtTm")
    if created_at is None:
        raise _missing(header, "CreDtTm")
    if original is None and identity.kind == "pain.002":
        raise _missing(message, "OrgnlGrpInfAndSts")
    blocks = list(every(message, "OrgnlPmtInfAndSts"))
    transactions = [_transaction(each, block) for block in blocks for each in every(block, "TxInfAndSts")]
    transactions += [_transaction(each, None) for each in every(message, "TxInfAndSts")]
    return StatusMessage(
        identity=identity,
        message_id=required(header, "MsgId"),
        created_at=created_at,
        original_message_id=text(original, "OrgnlMsgId") if original is not None else "",
        original_message_name=text(original, "OrgnlMsgNmId") if original is not None else "",
        status=text(original, "GrpSts") if original is not None else "",
        reasons=_reasons(original) if original is not None else (),
        groups=tuple(
            GroupStatus(text(each, "OrgnlPmtInfId"), text(each, "PmtInfSts"), _reasons(each)) for each in blocks
        ),
        transactions=tuple(transactions),
    )


def _transaction(element: etree._Element, block: etree._Element | None) -> TransactionStatus:
    return TransactionStatus(
        payment_information_id=text(block, "OrgnlPmtInfId") if block is not None else "",
        instruction_id=text(element, "OrgnlInstrId"),
        end_to_end_id=text(element, "OrgnlEndToEndId"),
        status=text(element, "TxSts"),
        reasons=_reasons(element),
    )


def _reasons(element: etree._Element) -> tuple[StatusReason, ...]:
    return tuple(
        StatusReason(
            text(each, "Rsn/Cd", "Rsn/Prtry", "StsRsn/Cd", "StsRsn/Prtry"),
            tuple((line.text or "").strip() for line in (*every(each, "AddtlInf"), *every(each, "AddtlStsRsnInf"))),
        )
        for each in every(element, "StsRsnInf")
    )


def _missing(element: etree._Element, name: str) -> ElementInvalid:
    return ElementInvalid(f"{path_of(element, name)} is missing.", element=path_of(element, name))
