"""pain.008, pacs.008 and pacs.009: direct debits, and transfers between banks, as far as routing and matching need."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final

import msgspec
from lxml import etree

from guanxi.kernel.iso20022.elements import (
    account,
    agent,
    amount,
    count,
    decimal,
    every,
    find,
    moment,
    party_name,
    path_of,
    required,
    text,
)
from guanxi.kernel.iso20022.errors import ElementInvalid
from guanxi.kernel.iso20022.identity import Identity

_TRANSACTIONS: Final = {
    "pain.008": ("PmtInf/DrctDbtTxInf",),
    "pacs.008": ("CdtTrfTxInf",),
    "pacs.009": ("CdtTrfTxInf", "CdtTrfTxInf/CdtTrfTxInf"),
}


class Transfer(msgspec.Struct, frozen=True):
    """One transaction."""

    instruction_id: str
    end_to_end_id: str
    transaction_id: str
    unique_reference: str
    amount: Decimal
    currency: str
    debtor: str
    debtor_account: str
    debtor_agent: str
    creditor: str
    creditor_account: str
    creditor_agent: str


class TransferMessage(msgspec.Struct, frozen=True):
    """A whole message."""

    identity: Identity
    message_id: str
    created_at: dt.datetime
    number_of_transactions: int | None
    control_sum: Decimal | None
    transfers: tuple[Transfer, ...]


def read_transfer_message(identity: Identity, message: etree._Element) -> TransferMessage:
    """`message` is the element inside the document."""
    header = find(message, "GrpHdr")
    if header is None:
        raise _missing(message, "GrpHdr")
    created_at = moment(header, "CreDtTm")
    if created_at is None:
        raise _missing(header, "CreDtTm")
    found = [each for path in _TRANSACTIONS[identity.kind] for each in every(message, path)]
    return TransferMessage(
        identity=identity,
        message_id=required(header, "MsgId"),
        created_at=created_at,
        number_of_transactions=count(header, "NbOfTxs"),
        control_sum=decimal(header, "CtrlSum"),
        transfers=tuple(_transfer(each) for each in found),
    )


def _transfer(element: etree._Element) -> Transfer:
    moved = find(element, "InstdAmt", "IntrBkSttlmAmt")
    if moved is None:
        raise _missing(element, "InstdAmt")
    value, currency = amount(moved)
    around = element.getparent()
    shared = around if around is not None and find(around, "CdtrAcct") is not None else element
    return Transfer(
        instruction_id=text(element, "PmtId/InstrId"),
        end_to_end_id=text(element, "PmtId/EndToEndId"),
        transaction_id=text(element, "PmtId/TxId"),
        unique_reference=text(element, "PmtId/UETR"),
        amount=value,
        currency=currency,
        debtor=party_name(element, "Dbtr") or text(element, "Dbtr/FinInstnId/BICFI"),
        debtor_account=account(element, "DbtrAcct"),
        debtor_agent=agent(element, "DbtrAgt"),
        creditor=party_name(shared, "Cdtr") or text(shared, "Cdtr/FinInstnId/BICFI"),
        creditor_account=account(shared, "CdtrAcct"),
        creditor_agent=agent(shared, "CdtrAgt"),
    )


def _missing(element: etree._Element, name: str) -> ElementInvalid:
    return ElementInvalid(f"{path_of(element, name)} is missing.", element=path_of(element, name))
