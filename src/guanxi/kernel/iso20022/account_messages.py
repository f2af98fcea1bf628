"""camt.052, camt.053 and camt.054 of any version: what a bank tells of an account during the day, after it, and of
single movements. Amounts are signed: a debit is negative, as is a debit balance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec
from lxml import etree

from guanxi.kernel.iso20022.elements import (
    account,
    agent,
    amount,
    choice_moment,
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

REPORTS: Final = {"camt.052": "Rpt", "camt.053": "Stmt", "camt.054": "Ntfctn"}
_REFERENCES: Final = {
    "message_id": "MsgId",
    "servicer_reference": "AcctSvcrRef",
    "payment_information_id": "PmtInfId",
    "instruction_id": "InstrId",
    "end_to_end_id": "EndToEndId",
    "unique_reference": "UETR",
    "transaction_id": "TxId",
    "mandate_id": "MndtId",
    "cheque_number": "ChqNb",
    "clearing_system_reference": "ClrSysRef",
    "owner_transaction_id": "AcctOwnrTxId",
    "servicer_transaction_id": "AcctSvcrTxId",
    "market_transaction_id": "MktInfrstrctrTxId",
    "processing_id": "PrcgId",
}


class Balance(msgspec.Struct, frozen=True):
    """A balance; `kind` is its code (OPBD, CLBD, ITBD, OPAV, CLAV, FWAV, PRCD, XPCD, INFO) or the bank's own word."""

    kind: str
    amount: Decimal
    currency: str
    at: dt.datetime | None


class TransactionCode(msgspec.Struct, frozen=True, omit_defaults=True):
    """BankTransactionCode: ISO domain, family and sub-family, or the bank's own code and its issuer."""

    domain: str = ""
    family: str = ""
    sub_family: str = ""
    proprietary: str = ""
    issuer: str = ""


class References(msgspec.Struct, frozen=True, omit_defaults=True):
    """Under which names the parties know the transaction; `proprietary` are (type, reference)."""

    message_id: str = ""
    servicer_reference: str = ""
    payment_information_id: str = ""
    instruction_id: str = ""
    end_to_end_id: str = ""
    unique_reference: str = ""
    transaction_id: str = ""
    mandate_id: str = ""
    cheque_number: str = ""
    clearing_system_reference: str = ""
    owner_transaction_id: str = ""
    servicer_transaction_id: str = ""
    market_transaction_id: str = ""
    processing_id: str = ""
    proprietary: tuple[tuple[str, str], ...] = ()


class TransactionDetail(msgspec.Struct, frozen=True):
    """One transaction behind an entry."""

    references: References
    amount: Decimal | None
    currency: str
    code: TransactionCode
    debtor: str
    debtor_account: str
    debtor_agent: str
    creditor: str
    creditor_account: str
    creditor_agent: str
    remittance: tuple[str, ...]
    creditor_references: tuple[str, ...]
    return_reason: str
    additional: str


class Entry(msgspec.Struct, frozen=True):
    """One movement of the account, with the transactions it is made of."""

    position: int
    reference: str
    amount: Decimal
    currency: str
    credit: bool
    reversal: bool
    status: str
    booked_at: dt.datetime | None
    valued_at: dt.datetime | None
    servicer_reference: str
    code: TransactionCode
    batch_payment_id: str
    batch_transactions: str
    additional: str
    details: tuple[TransactionDetail, ...]


class AccountReport(msgspec.Struct, frozen=True):
    """What is told of one account: a report, a statement or a notification."""

    id: str
    created_at: dt.datetime | None
    account: str
    currency: str
    owner: str
    servicer: str
    from_moment: dt.datetime | None
    to_moment: dt.datetime | None
    electronic_sequence: str
    legal_sequence: str
    copy_duplicate: str
    page: str
    balances: tuple[Balance, ...]
    entries: tuple[Entry, ...]
    additional: str


class AccountMessage(msgspec.Struct, frozen=True):
    """A whole camt.052, camt.053 or camt.054."""

    identity: Identity
    message_id: str
    created_at: dt.datetime
    reports: tuple[AccountReport, ...]


def read_account_message(identity: Identity, message: etree._Element) -> AccountMessage:
    """`message` is the element inside the document."""
    header = find(message, "GrpHdr")
    if header is None:
        raise _missing(message, "GrpHdr")
    message_id, created_at = required(header, "MsgId"), moment(header, "CreDtTm")
    if created_at is None:
        raise _missing(header, "CreDtTm")
    name = REPORTS[identity.kind]
    reports = tuple(_report(each) for each in every(message, name))
    if not reports:
        raise _missing(message, name)
    return AccountMessage(identity, message_id, created_at, reports)


def _report(element: etree._Element) -> AccountReport:
    return AccountReport(
        id=required(element, "Id"),
        created_at=moment(element, "CreDtTm"),
        account=account(element, "Acct"),
        currency=text(element, "Acct/Ccy"),
        owner=party_name(element, "Acct/Ownr"),
        servicer=agent(element, "Acct/Svcr"),
        from_moment=moment(element, "FrToDt/FrDtTm"),
        to_moment=moment(element, "FrToDt/ToDtTm"),
        electronic_sequence=text(element, "ElctrncSeqNb"),
        legal_sequence=text(element, "LglSeqNb"),
        copy_duplicate=text(element, "CpyDplctInd"),
        page=text(element, "StmtPgntn/PgNb", "RptPgntn/PgNb", "NtfctnPgntn/PgNb"),
        balances=tuple(_balance(each) for each in every(element, "Bal")),
        entries=tuple(_entry(position, each) for position, each in enumerate(every(element, "Ntry"))),
        additional=text(element, "AddtlStmtInf", "AddtlRptInf", "AddtlNtfctnInf"),
    )


def _balance(element: etree._Element) -> Balance:
    kind = text(element, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "Tp/Cd", "Tp/Prtry")
    moved, currency = _signed(element)
    return Balance(kind, moved, currency, choice_moment(element, "Dt"))


def _entry(position: int, element: etree._Element) -> Entry:
    moved, currency = _signed(element)
    credit = text(element, "CdtDbtInd") == "CRDT"
    return Entry(
        position=position,
        reference=text(element, "NtryRef"),
        amount=moved,
        currency=currency,
        credit=credit,
        reversal=text(element, "RvslInd") in {"true", "1"},
        status=text(element, "Sts/Cd", "Sts/Prtry", "Sts"),
        booked_at=choice_moment(element, "BookgDt"),
        valued_at=choice_moment(element, "ValDt"),
        servicer_reference=text(element, "AcctSvcrRef"),
        code=_code(element),
        batch_payment_id=text(element, "NtryDtls/Btch/PmtInfId", "Btch/PmtInfId"),
        batch_transactions=text(element, "NtryDtls/Btch/NbOfTxs", "Btch/NbOfTxs"),
        additional=text(element, "AddtlNtryInf"),
        details=tuple(_detail(each, currency, credit=credit) for each in _details(element)),
    )


def _details(entry: etree._Element) -> Iterator[etree._Element]:
    yield from every(entry, "NtryDtls/TxDtls")
    yield from every(entry, "TxDtls")  # version 1


def _detail(element: etree._Element, currency: str, *, credit: bool) -> TransactionDetail:
    direction = text(element, "CdtDbtInd")
    negative = direction == "DBIT" if direction else not credit
    found = find(element, "Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
    moved = None
    if found is not None:
        moved, currency = amount(found)
        moved = -moved if negative else moved
    return TransactionDetail(
        references=_references(element),
        amount=moved,
        currency=currency,
        code=_code(element),
        debtor=party_name(element, "RltdPties/Dbtr"),
        debtor_account=account(element, "RltdPties/DbtrAcct"),
        debtor_agent=agent(element, "RltdAgts/DbtrAgt"),
        creditor=party_name(element, "RltdPties/Cdtr"),
        creditor_account=account(element, "RltdPties/CdtrAcct"),
        creditor_agent=agent(element, "RltdAgts/CdtrAgt"),
        remittance=_texts(element, "RmtInf/Ustrd"),
        creditor_references=_texts(element, "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/CdtrRefInf/CdtrRef"),
        return_reason=text(element, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/RtrRsn/Cd"),
        additional=text(element, "AddtlTxInf"),
    )


def _references(element: etree._Element) -> References:
    told = find(element, "Refs")
    if told is None:
        return References()
    own = tuple((text(each, "Tp"), text(each, "Ref")) for each in (*every(told, "Prtry"),))
    return References(**{field: text(told, name) for field, name in _REFERENCES.items()}, proprietary=own)


def _code(element: etree._Element) -> TransactionCode:
    told = find(element, "BkTxCd")
    if told is None:
        return TransactionCode()
    return TransactionCode(
        domain=text(told, "Domn/Cd"),
        family=text(told, "Domn/Fmly/Cd"),
        sub_family=text(told, "Domn/Fmly/SubFmlyCd"),
        proprietary=text(told, "Prtry/Cd"),
        issuer=text(told, "Prtry/Issr"),
    )


def _signed(element: etree._Element) -> tuple[Decimal, str]:
    found, direction = find(element, "Amt"), text(element, "CdtDbtInd")
    if found is None:
        raise _missing(element, "Amt")
    if direction not in {"CRDT", "DBIT"}:
        where = path_of(element, "CdtDbtInd")
        raise ElementInvalid(f"{where} is {direction[:10]!r}; CRDT or DBIT it must be.", element=where)
    moved, currency = amount(found)
    return (-moved if direction == "DBIT" else moved), currency


def _texts(element: etree._Element, *paths: str) -> tuple[str, ...]:
    return tuple((each.text or "").strip() for path in paths for each in every(element, path))


def _missing(element: etree._Element, name: str) -> ElementInvalid:
    return ElementInvalid(f"{path_of(element, name)} is missing.", element=path_of(element, name))
