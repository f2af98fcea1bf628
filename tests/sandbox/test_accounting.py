"""Accounting by file: camt.053 statements that add up, pain.001 orders in, pain.002 reports back."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree
from tests.sandbox.calls import balance, do
from tests.sandbox_process import Sandbox

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "iso20022" / "iso20022_samples.tar.gz"
CAMT = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"}
PAIN = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"}
DAYS = iter(f"2024-02-{day:02}" for day in range(1, 30))

ORDERS = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>{message}</MsgId><NbOfTxs>{count}</NbOfTxs><CtrlSum>{total}</CtrlSum></GrpHdr>
<PmtInf><PmtInfId>P1</PmtInfId><DbtrAcct><Id><Othr><Id>{debtor}</Id></Othr></Id></DbtrAcct>{orders}</PmtInf>
</CstmrCdtTrfInitn></Document>"""
ORDER = """<CdtTrfTxInf><PmtId><EndToEndId>{name}</EndToEndId></PmtId><Amt><InstdAmt Ccy="CNY">{amount}</InstdAmt></Amt>
<CdtrAcct><Id><Othr><Id>{creditor}</Id></Othr></Id></CdtrAcct></CdtTrfTxInf>"""


def end_day(sandbox: Sandbox) -> dict[str, object]:
    status, told = sandbox.call("POST", "/day-end", {"date": next(DAYS)})
    assert status == 200
    return told


def hand_in(sandbox: Sandbox, name: str, content: bytes | str) -> etree._Element:
    """The report on a payment file."""
    inbox = sandbox.files / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / f"{name}.xml").write_bytes(content.encode() if isinstance(content, str) else content)
    assert end_day(sandbox)["payment_files"] == 1
    assert (sandbox.files / "taken" / f"{name}.xml").exists()
    return etree.parse(sandbox.files / "outbox" / f"{name}.pain.002.xml").getroot()


def orders_file(debtor: str, *orders: tuple[str, str, str], message: str, count: int | None = None) -> str:
    total = sum(Decimal(amount) for _, amount, _ in orders)
    text = "".join(ORDER.format(name=name, amount=amount, creditor=creditor) for name, amount, creditor in orders)
    return ORDERS.format(message=message, count=count or len(orders), total=total, debtor=debtor, orders=text)


def texts(report: etree._Element, path: str) -> list[str]:
    return [str(text) for text in report.xpath(f"//{path}/text()", namespaces=PAIN)]


def test_each_order_of_a_file_is_accepted_or_refused_on_its_own(
    sandbox: Sandbox, account: str, new_account: Callable[..., str]
) -> None:
    payee = new_account()
    orders = (("E1", "30.00", payee), ("E2", "999.00", payee), ("E3", "1.00", "NOBODY"), ("E4", "2.00", payee))
    content = orders_file(account, *orders, message="M-mixed")
    report = hand_in(sandbox, "mixed", content)
    assert texts(report, "p:GrpSts") == ["PART"]
    assert texts(report, "p:TxSts") == ["ACSC", "RJCT", "RJCT", "ACSC"]
    assert texts(report, "p:TxInfAndSts/p:StsRsnInf/p:Rsn/p:Cd") == ["AM04", "AC01"]
    assert balance(sandbox, account)[0] == "68.00"
    hand_in(sandbox, "mixed-again", content)
    assert (balance(sandbox, account)[0], balance(sandbox, payee)[0]) == ("68.00", "132.00")


def test_orders_without_a_name_of_their_own_are_all_paid(
    sandbox: Sandbox, account: str, new_account: Callable[..., str]
) -> None:
    payee = new_account()
    orders = [("NOTPROVIDED", "5.00", payee)] * 3
    report = hand_in(sandbox, "unnamed", orders_file(account, *orders, message="M-unnamed"))
    assert texts(report, "p:GrpSts") == ["ACSC"]
    assert balance(sandbox, account)[0] == "85.00"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("torn", "<Document><Cstmr", "FF01"),
        ("foreign", "<Document xmlns='urn:x'><Other/></Document>", "FF01"),
        ("entity", "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Document>&e;</Document>", "FF01"),
        ("miscounted", orders_file("SV1", ("E", "1.00", "SV2"), message="M-count", count=7), "AM18"),
        (
            "missummed",
            orders_file("SV1", ("E", "1.00", "SV2"), message="M-sum").replace("<CtrlSum>1", "<CtrlSum>8"),
            "AM10",
        ),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_whole(sandbox: Sandbox, name: str, content: str, reason: str) -> None:
    report = hand_in(sandbox, name, content)
    assert texts(report, "p:GrpSts") == ["RJCT"]
    assert texts(report, "p:OrgnlGrpInfAndSts/p:StsRsnInf/p:Rsn/p:Cd") == [reason]
    assert "root:" not in etree.tostring(report, encoding="unicode")


@pytest.mark.parametrize("amount", ["abc", "-5.00", "0", "1.999", "1E9"])
def test_an_amount_that_is_none_refuses_its_order_alone(
    sandbox: Sandbox, account: str, new_account: Callable[..., str], amount: str
) -> None:
    payee = new_account()
    content = orders_file(account, ("E1", "1.00", payee), ("E2", "7.00", payee), message=f"M-{amount}")
    report = hand_in(sandbox, f"amount{amount}", content.replace("7.00", amount))
    assert texts(report, "p:TxSts") == ["ACSC", "RJCT"]


@pytest.mark.skipif(not SAMPLES.exists(), reason="the ISO 20022 samples are not beside this checkout")
def test_published_payment_files_of_every_version_are_answered(sandbox: Sandbox) -> None:
    with tarfile.open(SAMPLES) as archive:
        samples = [one for one in archive.getmembers() if "/pain.001.001." in one.name and one.name.endswith(".xml")]
        assert samples
        for sample in samples:
            content = archive.extractfile(sample)
            assert content is not None
            raw = content.read()
            report = hand_in(sandbox, Path(sample.name).stem, raw)
            count = len(etree.fromstring(raw).findall(".//{*}CdtTrfTxInf"))
            refused_whole = texts(report, "p:OrgnlGrpInfAndSts/p:StsRsnInf/p:Rsn/p:Cd")
            assert refused_whole or len(texts(report, "p:TxSts")) == count
            assert texts(report, "p:GrpSts") == ["RJCT"]  # nobody here has these accounts


def test_a_statement_opens_where_the_last_one_closed_and_adds_up(sandbox: Sandbox, account: str) -> None:
    before = end_day(sandbox)
    day = next(DAYS)
    do(sandbox, "withdraw", account, "12.00", value_date=day)
    do(sandbox, "withdraw", account, "8.00", value_date=day)
    _, told = sandbox.call("POST", "/day-end", {"date": day})
    first, second = (etree.parse(sandbox.files / "statements" / str(each["statement"])) for each in (before, told))
    opening, closing = _balances(second, "GL-VAULT-CNY")
    assert closing - opening == Decimal("20.00")
    assert opening == _balances(first, "GL-VAULT-CNY")[1]
    entry = second.xpath("//c:Stmt[.//c:Othr/c:Id='GL-VAULT-CNY']/c:Ntry", namespaces=CAMT)
    assert [one.findtext("c:NtryDtls/c:Btch/c:NbOfTxs", namespaces=CAMT) for one in entry] == ["2"]


def _balances(statement: etree._ElementTree, account: str) -> tuple[Decimal, Decimal]:
    found = statement.xpath(f"//c:Stmt[.//c:Othr/c:Id='{account}']/c:Bal", namespaces=CAMT)
    amounts = [
        Decimal(one.findtext("c:Amt", namespaces=CAMT)) * (1 if "CRDT" in one.xpath("string(.)") else -1)
        for one in found
    ]
    return (amounts[0], amounts[1]) if amounts else (Decimal(0), Decimal(0))
