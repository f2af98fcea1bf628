"""pain.001 CustomerCreditTransferInitiation, versions 3 and later, read as a stream with flat memory.

What is told before the payments of a group must be sound, or the message is none (`ElementInvalid`); what is wrong with
one payment is told beside it, so that the others go on. Reason codes: ISO 20022 external code set
ExternalStatusReason1Code.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

import msgspec
from lxml import etree

from guanxi.kernel.iso20022 import xml
from guanxi.kernel.iso20022.elements import (
    ACCOUNT_PATHS,
    AGENT_PATHS,
    account,
    agent,
    amount,
    count,
    day,
    decimal,
    first_of,
    leaves,
    local,
    moment,
    party_name,
    path_of,
    required,
    text,
)
from guanxi.kernel.iso20022.errors import ElementInvalid, MessageUnknown
from guanxi.kernel.iso20022.identity import Identity, identify

_RECORDS: Final = frozenset({"Document", "GrpHdr", "PmtInf", "CdtTrfTxInf"})
_LONGEST_REMITTANCE: Final = 140
_CREDITOR_ACCOUNT: Final = tuple(f"CdtrAcct/{path}" for path in ACCOUNT_PATHS)
_CREDITOR_AGENT: Final = tuple(f"CdtrAgt/{path}" for path in AGENT_PATHS)
_REMITTANCE: Final = ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref")


class Fault(msgspec.Struct, frozen=True):
    """Why a payment cannot be made as it is written: an ISO reason code, and the sentence that names the element."""

    code: str
    sentence: str


class GroupHeader(msgspec.Struct, frozen=True):
    """What the message says of itself as a whole."""

    identity: Identity
    message_id: str
    created_at: dt.datetime
    number_of_transactions: int
    control_sum: Decimal | None
    initiating_party: str


class PaymentInformation(msgspec.Struct, frozen=True):
    """What the payments of one block share: who pays, from which account, when."""

    position: int
    id: str
    method: str
    requested_on: dt.date | None
    debtor: str
    debtor_account: str
    debtor_agent: str
    number_of_transactions: int | None
    control_sum: Decimal | None
    fault: Fault | None = None


class CreditTransfer(msgspec.Struct, frozen=True):
    """One payment. `position` counts from 0 through the whole message."""

    position: int
    instruction_id: str
    end_to_end_id: str
    transaction_reference: str  # UETR
    amount: Decimal
    currency: str
    creditor: str
    creditor_account: str
    creditor_agent: str
    remittance: str
    fault: Fault | None = None


Record = GroupHeader | PaymentInformation | CreditTransfer


def read_credit_transfers(chunks: Iterable[bytes]) -> Iterator[Record]:
    """The header, then each block before its payments, in the order of the message."""
    header: GroupHeader | None = None
    block: etree._Element | None = None
    blocks = payments = 0
    for element in xml.records(chunks, _RECORDS):
        match local(element):
            case "GrpHdr" if header is None:
                header = _header(element)
                yield header
            case "CdtTrfTxInf" if header is not None:
                if element.getparent() is not block:
                    block = element.getparent()
                    yield _block(block, blocks)
                    blocks += 1
                yield _payment(element, payments)
                payments += 1
                xml.clear(element)
            case "PmtInf" if header is not None:
                if element is not block:
                    raise _missing(element, "CdtTrfTxInf")
                xml.clear(element)
            case "Document":
                _refuse_other(element, header)
            case _:
                raise MessageUnknown(f"{path_of(element)} stands where it should not.", element=path_of(element))
    if header is None:
        raise MessageUnknown("There is no CstmrCdtTrfInitn/GrpHdr in this message.", element="CstmrCdtTrfInitn/GrpHdr")
    if not payments:
        raise ElementInvalid("Document/CstmrCdtTrfInitn/PmtInf is missing.", element="Document/CstmrCdtTrfInitn/PmtInf")


def _header(element: etree._Element) -> GroupHeader:
    identity = _identity(element)
    created_at = moment(element, "CreDtTm")
    number = count(element, "NbOfTxs")
    if created_at is None:
        raise _missing(element, "CreDtTm")
    if number is None:
        raise _missing(element, "NbOfTxs")
    return GroupHeader(
        identity=identity,
        message_id=required(element, "MsgId"),
        created_at=created_at,
        number_of_transactions=number,
        control_sum=decimal(element, "CtrlSum"),
        initiating_party=party_name(element, "InitgPty") or text(element, "InitgPty/Id/OrgId/AnyBIC"),
    )


def _identity(header: etree._Element) -> Identity:
    message = header.getparent()
    document = message.getparent() if message is not None else None
    if message is None or document is None:
        raise MessageUnknown("There is no Document around the group header.", element="Document")
    identity = identify(document)
    if identity.kind != "pain.001" or local(message) != "CstmrCdtTrfInitn":
        raise MessageUnknown(
            f"This is {identity.name} with {local(message)}; pain.001 with CstmrCdtTrfInitn is read here.",
            element=local(message),
        )
    if identity.version < 3:
        raise MessageUnknown(f"{identity.name} is older than pain.001.001.03.", element="Document")
    return identity


def _refuse_other(document: etree._Element, header: GroupHeader | None) -> None:
    """A document of another kind has ended: say which it is."""
    if header is None:
        identity = identify(document)
        inside = local(document[0]) if len(document) else "nothing"
        raise MessageUnknown(
            f"This is {identity.name} with {inside} in it; pain.001 with CstmrCdtTrfInitn is read here.", element=inside
        )


def _block(element: etree._Element, position: int) -> PaymentInformation:
    fault = None
    try:
        requested_on = day(element, "ReqdExctnDt/Dt", "ReqdExctnDt/DtTm", "ReqdExctnDt")
    except ElementInvalid as error:
        requested_on, fault = None, Fault("DT01", str(error))
    if requested_on is None and fault is None:
        fault = Fault("DT01", f"{path_of(element, 'ReqdExctnDt')} is missing.")
    method = text(element, "PmtMtd")
    if method != "TRF":
        fault = Fault("FF01", f"{path_of(element, 'PmtMtd')} is {method[:10]!r}; TRF is what is done here.")
    return PaymentInformation(
        position=position,
        id=required(element, "PmtInfId"),
        method=method,
        requested_on=requested_on,
        debtor=party_name(element, "Dbtr"),
        debtor_account=account(element, "DbtrAcct"),
        debtor_agent=agent(element, "DbtrAgt"),
        number_of_transactions=count(element, "NbOfTxs"),
        control_sum=decimal(element, "CtrlSum"),
        fault=fault,
    )


def _payment(element: etree._Element, position: int) -> CreditTransfer:
    told = leaves(element)
    fault, moved, currency = _end_to_end_fault(element, told), Decimal(0), ""
    instructed = told.get("Amt/InstdAmt")
    if instructed is None:
        fault = fault or Fault("AM12", f"{path_of(element, 'Amt/InstdAmt')} is missing.")
    else:
        try:
            moved, currency = amount(instructed[0])
        except ElementInvalid as error:
            fault = fault or Fault("AM12", str(error))
    return CreditTransfer(
        position=position,
        instruction_id=first_of(told, "PmtId/InstrId")[:35],
        end_to_end_id=first_of(told, "PmtId/EndToEndId")[:35],
        transaction_reference=first_of(told, "PmtId/UETR")[:36],
        amount=moved,
        currency=currency,
        creditor=first_of(told, "Cdtr/Nm")[:140],
        creditor_account=first_of(told, *_CREDITOR_ACCOUNT),
        creditor_agent=first_of(told, *_CREDITOR_AGENT),
        remittance=_remittance(told),
        fault=fault,
    )


def _end_to_end_fault(element: etree._Element, told: Mapping[str, list[etree._Element]]) -> Fault | None:
    length = len(first_of(told, "PmtId/EndToEndId"))
    if 0 < length <= 35:
        return None
    what = f"has {length} characters; 35 is the most" if length else "is missing"
    return Fault("FF01", f"{path_of(element, 'PmtId/EndToEndId')} {what}.")


def _remittance(told: Mapping[str, list[etree._Element]]) -> str:
    lines = [line.text or "" for path in _REMITTANCE for line in told.get(path, ())]
    return " ".join(" ".join(lines).split())[:_LONGEST_REMITTANCE]


def _missing(element: etree._Element, name: str) -> ElementInvalid:
    return ElementInvalid(f"{path_of(element, name)} is missing.", element=path_of(element, name))
