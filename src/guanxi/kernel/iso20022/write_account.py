"""camt.053.001.08 BankToCustomerStatement and camt.054.001.08 BankToCustomerDebitCreditNotification.

Both are written from the structs that the reader gives, so that what one bank writes another reads the same.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from guanxi.kernel.iso20022.account_messages import AccountReport, Balance, Entry, TransactionCode, TransactionDetail
from guanxi.kernel.iso20022.writing import closed, indicator, instant, leaf, money, node, opened

STATEMENT: Final = "camt.053.001.08"
NOTIFICATION: Final = "camt.054.001.08"


def write_statement(message_id: str, at: dt.datetime, report: AccountReport) -> bytes:
    """A camt.053 with one statement."""
    inside = (_opening(report), *map(_balance, report.balances), *map(_entry, report.entries))
    body = node("Stmt", *inside, leaf("AddtlStmtInf", report.additional, 500))
    return _message(STATEMENT, "BkToCstmrStmt", message_id, at, body)


def write_notification(message_id: str, at: dt.datetime, report: AccountReport) -> bytes:
    """A camt.054 with one notification: movements without balances."""
    body = node(
        "Ntfctn", _opening(report), *map(_entry, report.entries), leaf("AddtlNtfctnInf", report.additional, 500)
    )
    return _message(NOTIFICATION, "BkToCstmrDbtCdtNtfctn", message_id, at, body)


def _message(name: str, root: str, message_id: str, at: dt.datetime, body: str) -> bytes:
    header = node("GrpHdr", leaf("MsgId", message_id, 35), instant("CreDtTm", at))
    return (opened(name, root) + header + body + closed(root)).encode()


def _opening(report: AccountReport) -> str:
    return "".join(
        (
            leaf("Id", report.id, 35),
            leaf("ElctrncSeqNb", report.electronic_sequence),
            instant("CreDtTm", report.created_at),
            node("FrToDt", instant("FrDtTm", report.from_moment), instant("ToDtTm", report.to_moment)),
            leaf("CpyDplctInd", report.copy_duplicate),
            node(
                "Acct",
                _account(report.account),
                leaf("Ccy", report.currency),
                node("Ownr", leaf("Nm", report.owner, 140)),
                node("Svcr", node("FinInstnId", leaf("BICFI", report.servicer))),
            ),
        )
    )


def _account(number: str) -> str:
    return node("Id", node("Othr", leaf("Id", number, 34)))


def _balance(balance: Balance) -> str:
    return node(
        "Bal",
        node("Tp", node("CdOrPrtry", leaf("Cd", balance.kind))),
        money("Amt", balance.amount, balance.currency),
        indicator(balance.amount),
        node("Dt", instant("DtTm", balance.at)),
    )


def _entry(entry: Entry) -> str:
    return node(
        "Ntry",
        leaf("NtryRef", entry.reference, 35),
        money("Amt", entry.amount, entry.currency),
        leaf("CdtDbtInd", "CRDT" if entry.credit else "DBIT"),
        leaf("RvslInd", "true" if entry.reversal else ""),
        node("Sts", leaf("Cd", entry.status)),
        node("BookgDt", instant("DtTm", entry.booked_at)),
        node("ValDt", instant("DtTm", entry.valued_at)),
        leaf("AcctSvcrRef", entry.servicer_reference, 35),
        _code(entry.code),
        node("NtryDtls", *(_detail(each, entry) for each in entry.details)),
        leaf("AddtlNtryInf", entry.additional, 500),
    )


def _code(code: TransactionCode) -> str:
    family = node("Fmly", leaf("Cd", code.family), leaf("SubFmlyCd", code.sub_family))
    return node(
        "BkTxCd",
        node("Domn", leaf("Cd", code.domain), family),
        node("Prtry", leaf("Cd", code.proprietary, 35), leaf("Issr", code.issuer, 35)),
    )


def _detail(detail: TransactionDetail, entry: Entry) -> str:
    moved = detail.amount
    return node(
        "TxDtls",
        node(
            "Refs",
            leaf("AcctSvcrRef", detail.references.servicer_reference, 35),
            leaf("InstrId", detail.references.instruction_id, 35),
            leaf("EndToEndId", detail.references.end_to_end_id, 35),
        ),
        money("Amt", moved, detail.currency) if moved is not None else "",
        indicator(moved if moved is not None else entry.amount),
        node(
            "RltdPties",
            node("Dbtr", node("Pty", leaf("Nm", detail.debtor, 140))),
            node("DbtrAcct", _account(detail.debtor_account)),
            node("Cdtr", node("Pty", leaf("Nm", detail.creditor, 140))),
            node("CdtrAcct", _account(detail.creditor_account)),
        ),
        node("RmtInf", *(leaf("Ustrd", line, 140) for line in detail.remittance)),
        leaf("AddtlTxInf", detail.additional, 500),
    )
