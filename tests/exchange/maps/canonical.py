"""Canonical messages for each map of the house, and wire messages with things in them that no rule knows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from guanxi.kernel.iso8583.message import Message, encode
from guanxi.kernel.money import CURRENCIES

digits = st.text("0123456789")
names = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=1, max_size=10)
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
days = st.dates().map(lambda day: day.isoformat()).filter(lambda day: day >= "1000")
clocks = st.times().map(lambda at: at.strftime("%H:%M:%S"))


def some(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


def exact(size: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=size, max_size=size)


def money(largest: int = 10**9) -> st.SearchStrategy[dict[str, Any]]:
    """An amount with its currency, with as many places as that has."""

    def spell(currency: str, units: int) -> dict[str, Any]:
        places = CURRENCIES[currency][1]
        text = f"{units:0{places + 1}}"
        amount = f"{text[:-places]}.{text[-places:]}" if places else text
        return {"currency": currency, "amount": amount}

    return st.builds(spell, st.sampled_from(sorted(CURRENCIES)), st.integers(0, largest))


def merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {name: value for part in found for name, value in part.items()})


month_times = st.datetimes().map(lambda at: at.strftime("--%m-%dT%H:%M:%S"))
processing = st.fixed_dictionaries({"operation_code": exact(2), "from_kind": exact(2), "to_kind": exact(2)})
card = some(
    {},
    {
        "number": st.text("0123456789", min_size=12, max_size=19),
        "expires": st.sampled_from(["2027-01", "2030-12"]),
        "pin_block": st.text("0123456789ABCDEF", min_size=16, max_size=16),
    },
)
card_host = merged(
    some(
        {"message": st.sampled_from(["request", "request_again", "answer", "reversal", "9999"])},
        {
            "card": card.filter(bool),
            "sent_at": month_times.map(lambda at: f"{at}Z"),
            "local_time": month_times,
            "trace_number": exact(6),
            "account": names,
            "terminal": exact(8),
        },
    ),
    processing | st.just({}),
    money() | st.just({}),
)
savings = merged(
    some(
        {"operation": st.sampled_from(["withdraw", "transfer", "credit"])},
        {"account": names, "memo": st.text(), "value_date": days, "leg": st.uuids().map(str)},
    ),
    money() | st.just({}),
    st.just({}) | st.dictionaries(st.sampled_from(["zone", "teller"]), st.text(), max_size=2),
)
salary = some(
    {"number": st.integers(1, 999999).map(str), "account": names, "amount": st.just("12.50")},
    {"kind": st.sampled_from(["salary", "bonus", "allowance"])},
)
payroll = some(
    {
        "employer": names,
        "pay_on": days,
        "currency": st.sampled_from(["CNY", "USD"]),
        "salaries": st.lists(salary, max_size=4),
    },
    {"count": st.integers(1, 99999).map(str), "total": st.just("1234.50")},
)
sale = merged(
    some(
        {"operation": st.sampled_from(["purchase", "refund"])},
        {
            "acceptor": st.builds(lambda one, two: f"{one}/{two}", names, names),
            "at": st.builds(lambda day, at: f"{day}T{at[:5]}", days, clocks),
            "card": exact(16),
            "reference": words,
        },
    ),
    money(),
)
settlement = st.fixed_dictionaries({"sales": st.lists(sale, max_size=4)})
payment = merged(some({"end_to_end": words}, {"creditor": words, "to_account": words, "memo": words}), money())
batch = some({"batch": words, "payments": st.lists(payment, min_size=1, max_size=3)}, {"pay_on": days, "debtor": words})
credit_transfer = some(
    {"file": words, "batches": st.lists(batch, min_size=1, max_size=2)}, {"count": names, "initiator": words}
)
MESSAGES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "card-host": card_host,
    "corporate-credit-transfer": credit_transfer,
    "merchant-settlement": settlement,
    "payroll": payroll,
    "savings": savings,
}

_PAIN = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
WIRES: dict[str, list[bytes]] = {
    "card-host": [
        encode(Message("0200", {2: "4000001234567899", 3: "003000", 4: "000000012345", 48: "?=%~", 49: "156"})),
        encode(Message("0210", {3: "313000", 7: "0229235959", 39: "77", 43: f"{'a clerk':40}", 54: "1001", 55: ""})),
        encode(Message("0420", {3: "003000", 12: "101112", 32: "999", 64: "00" * 8, 90: "0" * 42, 128: "FF" * 8})),
    ],
    "corporate-credit-transfer": [
        f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- made by hand --><p:Document xmlns:p="{_PAIN}"><p:CstmrCdtTrfInitn>
<p:GrpHdr><p:MsgId>M1</p:MsgId><p:Unknown a="1">x</p:Unknown><p:NbOfTxs>1</p:NbOfTxs></p:GrpHdr>
<p:PmtInf><p:PmtInfId>B</p:PmtInfId><p:PmtMtd>CHK</p:PmtMtd><p:BtchBookg>true</p:BtchBookg>
<p:CdtTrfTxInf><p:PmtId><p:EndToEndId>E1</p:EndToEndId></p:PmtId><p:Amt><p:InstdAmt Ccy="JPY">12</p:InstdAmt></p:Amt>
<p:SplmtryData><q:More xmlns:q="urn:q"/></p:SplmtryData><p:Cdtr><p:Nm>\u5f20\u4e09</p:Nm></p:Cdtr></p:CdtTrfTxInf>
</p:PmtInf></p:CstmrCdtTrfInitn></p:Document>""".encode()
    ],
    "merchant-settlement": [
        (
            b"merchant,terminal,date,time,card,amount,currency,type,reference,till\r\n"
            b'M1,T1,04/05/2026,10:20,6222021234567890,12.00,CNY,S,"a ""b""",7\r\nM1,T1,,,,,CNY,R,,\r\n'
        ),
        b"type,currency,amount\nS,KWD,1.250\n",
    ],
    "payroll": [
        "HACME        20260504156000002000000000123450\r\n"
        f"D000001{'6222':34}0000000012345\u5de5\u8d44 as agreed\r\nD000002{'6223':34}0000000011105\u5956\u91d1\r\n"
        "TEND \r\n".encode("gb18030"),
        f"HACME        20260504840              {'':9}".encode() + b"\r\n",
    ],
    "savings": [
        b'{"operation":"withdraw","amount":"1.50","currency":"CNY","account":"A1","to_account":"B1","rate":1.10}',
        b'{ "operation" : "credit", "tags": [1, {"a": null}, true], "memo": "\\u4f60" }',
        b'{"operation":"hold","carried":"not ours"}',
    ],
}
