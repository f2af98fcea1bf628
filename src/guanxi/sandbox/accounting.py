"""The accounting system's files: a camt.053 statement a day out, pain.001 payment orders in, pain.002 reports back.

ISO 20022 messages camt.053.001.08, pain.001.001.03 to .09 (read by local names, which these versions share) and
pain.002.001.10.
"""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import asyncpg
from lxml import etree

from guanxi.kernel.clock import now
from guanxi.sandbox import bank
from guanxi.sandbox.bank import Operation

_CAMT: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
_PAIN: Final = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
_LARGEST: Final = 64 * 1024 * 1024
_LEDGER_ACCOUNTS: Final = """
WITH sides AS (
    SELECT debit_account AS number, currency, -amount AS amount, value_date, memo FROM posting
    WHERE debit_account LIKE 'GL-%'
    UNION ALL
    SELECT credit_account, currency, amount, value_date, memo FROM posting WHERE credit_account LIKE 'GL-%'
)
SELECT number, currency, coalesce(sum(amount) FILTER (WHERE value_date < $1), 0) AS opening,
    coalesce(sum(amount) FILTER (WHERE value_date <= $1), 0) AS closing,
    coalesce(sum(amount) FILTER (WHERE value_date = $1 AND amount > 0), 0) AS credits,
    count(*) FILTER (WHERE value_date = $1 AND amount > 0) AS credit_count,
    coalesce(-sum(amount) FILTER (WHERE value_date = $1 AND amount < 0), 0) AS debits,
    count(*) FILTER (WHERE value_date = $1 AND amount < 0) AS debit_count
FROM sides GROUP BY number, currency ORDER BY number
"""
# ISO 20022 external status reason codes.
_REASONS: Final = {
    "account_unknown": "AC01",
    "account_closed": "AC04",
    "account_blocked": "AC06",
    "insufficient_funds": "AM04",
    "currency_mismatch": "AM03",
    "invalid_request": "FF01",
}


async def write_statements(pool: asyncpg.Pool, files: Path, date: dt.date) -> Path:
    """Write the day's camt.053: a statement for each ledger account, its movements booked as batches."""
    rows = await pool.fetch(_LEDGER_ACCOUNTS, date)
    root = etree.Element(f"{{{_CAMT}}}Document", nsmap={None: _CAMT})
    message = _add(root, "BkToCstmrStmt")
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", f"GX-{date:%Y%m%d}")
    _add(header, "CreDtTm", now().isoformat(timespec="seconds"))
    for row in rows:
        _statement(message, row, date)
    path = files / "statements" / f"camt.053-{date:%Y-%m-%d}.xml"
    _write(path, root)
    return path


async def take_in_payments(pool: asyncpg.Pool, files: Path) -> int:
    """Carry out the pain.001 files in `inbox`, each answered by a pain.002 in `outbox`; how many there were.

    A file is moved to `taken` once its report is written; a repeat of a payment's end-to-end id changes nothing.
    """
    found = sorted((files / "inbox").glob("*.xml"))
    for path in found:
        report = await _payments(pool, path)
        _write(files / "outbox" / f"{path.stem}.pain.002.xml", report)
        taken = files / "taken" / path.name
        taken.parent.mkdir(parents=True, exist_ok=True)
        path.replace(taken)
    return len(found)


async def _payments(pool: asyncpg.Pool, path: Path) -> etree._Element:
    try:
        document = _parse(path)
    except (etree.XMLSyntaxError, ValueError) as error:
        return _report("NOTPROVIDED", "RJCT", [], str(error))
    message_id = _text(document, "GrpHdr", "MsgId") or path.stem
    results = [
        await _pay(pool, message_id, _account(batch.find("{*}DbtrAcct")), order)
        for batch in document.iter("{*}PmtInf")
        for order in batch.iter("{*}CdtTrfTxInf")
    ]
    accepted = sum(reason is None for _, reason in results)
    status = "ACCP" if accepted == len(results) else "PART" if accepted else "RJCT"
    return _report(message_id, status, results, "")


async def _pay(pool: asyncpg.Pool, message_id: str, debtor: str, order: Any) -> tuple[str, str | None]:  # noqa: ANN401
    end_to_end = _text(order, "PmtId", "EndToEndId") or "NOTPROVIDED"
    amount = order.find("{*}Amt/{*}InstdAmt")
    if amount is None or amount.text is None:
        return end_to_end, "FF01"
    operation = Operation(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"{message_id}/{end_to_end}"),
        operation="transfer",
        account=debtor,
        to_account=_account(order.find("{*}CdtrAcct")),
        amount=str(Decimal(amount.text.strip())),
        currency=amount.get("Ccy", ""),
        memo=end_to_end,
    )
    [answer] = await bank.perform(pool, "savings", [operation])
    return end_to_end, None if answer["status"] == "posted" else _REASONS.get(answer.get("reason", ""), "NARR")


def _parse(path: Path) -> etree._Element:
    if path.stat().st_size > _LARGEST:
        raise ValueError("The file is too large.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(path.read_bytes(), parser)


def _report(message_id: str, status: str, results: list[tuple[str, str | None]], why: str) -> etree._Element:
    root = etree.Element(f"{{{_PAIN}}}Document", nsmap={None: _PAIN})
    message = _add(root, "CstmrPmtStsRpt")
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", f"ST-{message_id}"[:35])
    _add(header, "CreDtTm", now().isoformat(timespec="seconds"))
    original = _add(message, "OrgnlGrpInfAndSts")
    _add(original, "OrgnlMsgId", message_id)
    _add(original, "OrgnlMsgNmId", "pain.001")
    _add(original, "GrpSts", status)
    if why:
        _add(_add(original, "StsRsnInf"), "AddtlInf", why[:105])
    if results:
        payments = _add(message, "OrgnlPmtInfAndSts")
        _add(payments, "OrgnlPmtInfId", message_id)
        for end_to_end, reason in results:
            one = _add(payments, "TxInfAndSts")
            _add(one, "OrgnlEndToEndId", end_to_end)
            _add(one, "TxSts", "RJCT" if reason else "ACSC")
            if reason:
                _add(_add(_add(one, "StsRsnInf"), "Rsn"), "Cd", reason)
    return root


def _statement(message: etree._Element, row: asyncpg.Record, date: dt.date) -> None:
    statement = _add(message, "Stmt")
    _add(statement, "Id", f"{row['number']}-{date:%Y%m%d}")
    _add(statement, "CreDtTm", now().isoformat(timespec="seconds"))
    account = _add(statement, "Acct")
    _add(_add(_add(account, "Id"), "Othr"), "Id", row["number"])
    _add(account, "Ccy", row["currency"])
    for code, amount in (("OPBD", row["opening"]), ("CLBD", row["closing"])):
        balance = _add(statement, "Bal")
        _add(_add(_add(balance, "Tp"), "CdOrPrtry"), "Cd", code)
        _amount(balance, amount, row["currency"])
        _add(_add(balance, "Dt"), "Dt", date.isoformat())
    for sign, total, count in ((1, row["credits"], row["credit_count"]), (-1, row["debits"], row["debit_count"])):
        if count:
            entry = _add(statement, "Ntry")
            _amount(entry, sign * total, row["currency"])
            _add(_add(entry, "Sts"), "Cd", "BOOK")
            _add(_add(entry, "BookgDt"), "Dt", date.isoformat())
            _add(_add(entry, "BkTxCd"), "Prtry").append(_leaf("Cd", "BATCH"))
            _add(_add(_add(entry, "NtryDtls"), "Btch"), "NbOfTxs", str(count))


def _amount(parent: etree._Element, amount: Decimal, currency: str) -> None:
    _add(parent, "Amt", f"{abs(amount):.2f}").set("Ccy", currency)
    _add(parent, "CdtDbtInd", "DBIT" if amount < 0 else "CRDT")


def _account(holder: etree._Element | None) -> str:
    if holder is None:
        return ""
    found = holder.find("{*}Id/{*}Othr/{*}Id")
    if found is None:
        found = holder.find("{*}Id/{*}IBAN")
    return (found.text or "").strip() if found is not None else ""


def _text(parent: etree._Element, *names: str) -> str:
    found = parent.find(".//" + "/".join(f"{{*}}{name}" for name in names))
    return (found.text or "").strip() if found is not None else ""


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    child.text = text
    return child


def _leaf(name: str, text: str) -> etree._Element:
    leaf = etree.Element(f"{{{_CAMT}}}{name}")
    leaf.text = text
    return leaf


def _write(path: Path, root: etree._Element) -> None:
    """Whole or not at all: written beside its place, then moved there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
    part.replace(path)
