"""The accounting system's files: a camt.053 statement a day out, pain.001 payment orders in, pain.002 reports back.

ISO 20022 messages camt.053.001.08, pain.001.001.03 to .09 (read by local names, which these versions share) and
pain.002.001.10.
"""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, NamedTuple

import asyncpg
import msgspec
from lxml import etree

from guanxi.kernel.clock import now
from guanxi.kernel.money import decimal_places
from guanxi.sandbox.queue import Queue
from guanxi.sandbox.requests import Operation

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
    "duplicate_request": "AM05",
    "invalid_amount": "AM12",
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


async def take_in_payments(queue: Queue, files: Path) -> int:
    """Carry out the pain.001 files in `inbox`, each answered by a pain.002 in `outbox`; how many there were.

    A file is moved to `taken` once its report is written. Carried out again, after a crash or because it came twice, it
    changes nothing: each order's operation is named by its message, its place in it and its end-to-end id.
    """
    found = sorted((files / "inbox").glob("*.xml"))
    for path in found:
        report = await _payments(queue, path)
        _write(files / "outbox" / f"{path.stem}.pain.002.xml", report)
        taken = files / "taken" / path.name
        taken.parent.mkdir(parents=True, exist_ok=True)
        path.replace(taken)
    return len(found)


class _Order(NamedTuple):
    """One credit transfer of a file: where it stands, and what it asks for (None: nothing that can be done)."""

    batch: str
    end_to_end: str
    operation: Operation | None


async def _payments(queue: Queue, path: Path) -> etree._Element:
    try:
        document = _parse(path)
    except (etree.XMLSyntaxError, ValueError) as error:
        return _report("NOTPROVIDED", "pain.001", [], ("FF01", str(error)))
    message_id = _text(document, "GrpHdr", "MsgId") or path.stem
    name = (etree.QName(document).namespace or "pain.001").rpartition(":")[2]
    orders = list(_orders(document, message_id))
    if wrong := _wrong_in_total(document, orders):
        return _report(message_id, name, [], wrong)
    answers = iter(await queue.perform([order.operation for order in orders if order.operation is not None]))
    reasons = ["FF01" if order.operation is None else _reason(next(answers)) for order in orders]
    return _report(message_id, name, list(zip(orders, reasons, strict=True)), None)


def _orders(document: etree._Element, message_id: str) -> Iterator[_Order]:
    for batch in document.iter("{*}PmtInf"):
        batch_id = _text(batch, "PmtInfId") or message_id
        for position, order in enumerate(batch.iter("{*}CdtTrfTxInf")):
            end_to_end = _text(order, "PmtId", "EndToEndId") or "NOTPROVIDED"
            name = f"{message_id}/{batch_id}/{position}/{end_to_end}"
            yield _Order(batch_id, end_to_end, _operation(name, batch, order))


def _operation(name: str, batch: etree._Element, order: etree._Element) -> Operation | None:
    amount = order.find("{*}Amt/{*}InstdAmt")
    content = {
        "id": uuid.uuid5(uuid.NAMESPACE_URL, name),
        "operation": "transfer",
        "account": _account(batch.find("{*}DbtrAcct")),
        "to_account": _account(order.find("{*}CdtrAcct")),
        "amount": "" if amount is None else (amount.text or "").strip(),
        "currency": "" if amount is None else amount.get("Ccy", ""),
        "memo": _text(order, "PmtId", "EndToEndId"),
    }
    try:
        return msgspec.convert(content, Operation)
    except msgspec.ValidationError:
        return None


def _wrong_in_total(document: etree._Element, orders: Sequence[_Order]) -> tuple[str, str] | None:
    """What the group header says of the whole file must be so, or none of it is done: ISO 20022 AM18 and AM10."""
    if not orders:
        return "FF01", "There is no credit transfer in it."
    count, total = _text(document, "GrpHdr", "NbOfTxs"), _text(document, "GrpHdr", "CtrlSum")
    if count and count != str(len(orders)):
        return "AM18", f"The header counts {count} transactions, the file holds {len(orders)}."
    amounts = [Decimal(order.operation.amount) for order in orders if order.operation is not None]
    if total and len(amounts) == len(orders) and total.lstrip("0.") and not _equal(total, sum(amounts, Decimal(0))):
        return "AM10", f"The header's control sum is {total}, the transfers add up to {sum(amounts)}."
    return None


def _equal(text: str, amount: Decimal) -> bool:
    try:
        return Decimal(text) == amount
    except InvalidOperation:
        return False


def _reason(answer: Mapping[str, str]) -> str | None:
    return None if answer["status"] == "posted" else _REASONS.get(answer.get("reason", ""), "NARR")


def _parse(path: Path) -> etree._Element:
    if path.stat().st_size > _LARGEST:
        raise ValueError("The file is too large.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(path.read_bytes(), parser)


def _report(
    message_id: str, name: str, results: Sequence[tuple[_Order, str | None]], wrong: tuple[str, str] | None
) -> etree._Element:
    root = etree.Element(f"{{{_PAIN}}}Document", nsmap={None: _PAIN})
    message = _add(root, "CstmrPmtStsRpt")
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", f"ST-{message_id}"[:35])
    _add(header, "CreDtTm", now().isoformat(timespec="seconds"))
    original = _add(message, "OrgnlGrpInfAndSts")
    _add(original, "OrgnlMsgId", message_id[:35])
    _add(original, "OrgnlMsgNmId", name[:35])
    accepted = sum(reason is None for _, reason in results)
    _add(original, "GrpSts", "RJCT" if not accepted else "ACSC" if accepted == len(results) else "PART")
    if wrong:
        _why(original, *wrong)
    for batch_id, batch in itertools.groupby(results, key=lambda result: result[0].batch):
        payments = _add(message, "OrgnlPmtInfAndSts")
        _add(payments, "OrgnlPmtInfId", batch_id[:35])
        for order, reason in batch:
            one = _add(payments, "TxInfAndSts")
            _add(one, "OrgnlEndToEndId", order.end_to_end[:35])
            _add(one, "TxSts", "RJCT" if reason else "ACSC")
            if reason:
                _why(one, reason, "")
    return root


def _why(parent: etree._Element, reason: str, sentence: str) -> None:
    information = _add(parent, "StsRsnInf")
    _add(_add(information, "Rsn"), "Cd", reason)
    if sentence:
        _add(information, "AddtlInf", sentence[:105])


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
    _add(parent, "Amt", f"{abs(amount):.{decimal_places(currency)}f}").set("Ccy", currency)
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
