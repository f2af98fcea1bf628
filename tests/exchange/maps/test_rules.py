"""Each kind of rule both ways, and what it says when it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.exchange.maps.engine import Step, from_wire, to_wire
from guanxi.exchange.maps.errors import MapInvalid, MapUnknown, NoPlace, RuleFailed, WireUnreadable
from guanxi.exchange.maps.message_map import MessageMap, map_named, read_map

CURRENCY = 'do = "copy"\nwire = "c"\nfield = "currency"\n'


def json_map(*rules: str, carry: str = "") -> MessageMap:
    text = f'name = "peer"\ntitle = "Peer"\nformat = "json"\ncarry = "{carry}"\n'
    return read_map(text + "".join(f"[[rules]]\n{rule}\n" for rule in rules), "peer")


@pytest.mark.parametrize(
    ("rules", "raw", "message"),
    [
        (['do = "copy"\nwire = "a/b"\nfield = "x/y"'], b'{"a":{"b":"1"}}', {"x": {"y": "1"}}),
        (['do = "copy"\nwire = "n"\nfield = "n"\ntype = "number"'], b'{"n":1.50}', {"n": "1.50"}),
        (['do = "copy"\nwire = "f"\nfield = "f"\ntype = "flag"'], b'{"f":true}', {"f": "true"}),
        (['do = "copy"\nwire = "w"\nfield = "w"\npad = "0"\nside = "left"\nwidth = 5'], b'{"w":"00042"}', {"w": "42"}),
        (['do = "constant"\nwire = "v"\nvalue = "7"'], b'{"v":"7"}', {}),
        (['do = "code"\nwire = "k"\nfield = "kind"\ntable = { A = "one", B = "two" }'], b'{"k":"B"}', {"kind": "two"}),
        ([CURRENCY, 'do = "amount"\nwire = "m"\nfield = "m"\ncurrency = "currency"\nunit = "minor"\ndigits = 8'],
         b'{"c":"KWD","m":"00001250"}', {"currency": "KWD", "m": "1.250"}),
        (['do = "amount"\nwire = "m"\nfield = "m"\ncurrency = "JPY"\nnumber = true'], b'{"m":-1250}', {"m": "-1250"}),
        (['do = "currency"\nwire = "c"\nfield = "c"'], b'{"c":"156"}', {"c": "CNY"}),
        (['do = "time"\nwire = ["d", "t"]\nfield = "at"\npattern = ["YYMMDD", "hhmm"]\nbecomes = "YYYY-MM-DDThh:mm"'],
         b'{"d":"260229","t":"0930"}', None),
        (['do = "time"\nwire = ["d", "t"]\nfield = "at"\npattern = ["YYMMDD", "hhmm"]\nbecomes = "YYYY-MM-DDThh:mm"'],
         b'{"d":"280229","t":"0930"}', {"at": "2028-02-29T09:30"}),
        (['do = "split"\nwire = "s"\ninto = ["a", "b"]\nseparator = "/"'], b'{"s":"1/2"}', {"a": "1", "b": "2"}),
        (['do = "join"\nwire = ["a", "b"]\nfield = "s"\nseparator = " "'], b'{"a":"1","b":"2"}', {"s": "1 2"}),
        (['do = "each"\nwire = "r"\nfield = "rows"\nrules = [{ do = "copy", wire = "x", field = "y" }]'],
         b'{"r":[{"x":"1"},{"x":"2"}]}', {"rows": [{"y": "1"}, {"y": "2"}]}),
        ([CURRENCY, 'do = "copy"\nwire = "i"\nfield = "iban"\nwhen = { field = "currency", any_of = ["EUR"] }'],
         b'{"c":"EUR","i":"DE1"}', {"currency": "EUR", "iban": "DE1"}),
    ],
)  # fmt: skip
def test_a_rule_converts_both_ways(rules: list[str], raw: bytes, message: dict[str, Any] | None) -> None:
    message_map = json_map(*rules)
    if message is None:
        with pytest.raises(RuleFailed, match="no such day"):
            from_wire(message_map, raw)
        return
    assert from_wire(message_map, raw) == message
    assert to_wire(message_map, message) == raw


def test_a_condition_that_is_not_met_leaves_the_field_as_it_is() -> None:
    rule = 'do = "copy"\nwire = "i"\nfield = "iban"\nwhen = { field = "currency", any_of = ["EUR"] }'
    message = from_wire(json_map(CURRENCY, rule), b'{"i":"6222","c":"CNY"}')
    assert message == {"currency": "CNY", "extra": {"peer": {"wire": {"i": "6222"}}}}


def test_a_refusal_names_map_rule_field_and_row() -> None:
    raw = (
        b"merchant,terminal,date,time,card,amount,currency,type,reference\r\nM,T,,,,1.00,CNY,S,\r\nM,T,,,,x,CNY,S,\r\n"
    )
    with pytest.raises(RuleFailed) as caught:
        from_wire(map_named("merchant-settlement"), raw)
    told = (caught.value.map_name, caught.value.rule, caught.value.field, caught.value.row)
    assert told == ("merchant-settlement", "amount amount", "amount", 2)
    assert "'x'" in str(caught.value)


def test_a_secret_value_is_not_in_the_refusal() -> None:
    rule = 'do = "amount"\nwire = "pin"\nfield = "pin"\ncurrency = "CNY"\nsecret = true'
    with pytest.raises(RuleFailed) as caught:
        from_wire(json_map(rule), b'{"pin":"1234A"}')
    assert "1234" not in str(caught.value)


def test_a_message_that_could_not_come_back_is_not_sent() -> None:
    padded = json_map('do = "copy"\nwire = "w"\nfield = "w"\npad = "0"\nside = "left"\nwidth = 5')
    with pytest.raises(RuleFailed, match="would not come back"):
        to_wire(padded, {"w": "007"})
    with pytest.raises(RuleFailed, match="longer than 5"):
        to_wire(padded, {"w": "123456"})
    transfer = {"file": "a\x01b", "batches": [{"batch": "1", "payments": [{"end_to_end": "1"}]}]}
    with pytest.raises(RuleFailed):
        to_wire(map_named("corporate-credit-transfer"), transfer)


def test_what_the_peer_has_no_place_for_is_refused_or_carried() -> None:
    rule = 'do = "copy"\nwire = "a"\nfield = "a"'
    with pytest.raises(NoPlace, match="field b"):
        to_wire(json_map(rule), {"a": "1", "b": "2"})
    message = {"a": "1", "b": {"c": ["2"]}, "extra": {"another peer": {"wire": {"z": "9"}}}}
    carrying = json_map(rule, carry="more")
    assert from_wire(carrying, to_wire(carrying, message)) == message


def test_a_message_goes_from_one_peer_to_another_and_back_with_all_that_only_the_first_knew() -> None:
    raw = b"0200" + bytes.fromhex("3000000000008200") + b"003000" + b"000000012345" + b"156" + b"004?=%~"
    card_host, other = map_named("card-host"), json_map('do = "copy"\nwire = "Amount"\nfield = "amount"', carry="rest")
    there = from_wire(other, to_wire(other, from_wire(card_host, raw)))
    assert there["amount"] == "123.45"
    assert to_wire(card_host, there) == raw


def test_every_step_can_be_watched() -> None:
    steps: list[Step] = []
    from_wire(map_named("savings"), b'{"operation":"debit","currency":"CNY","amount":"5.00"}', steps.append)
    assert [(step.taken, step.given) for step in steps] == [
        ({"operation": "debit"}, {"operation": "debit"}),
        ({"currency": "CNY"}, {"currency": "CNY"}),
        ({"amount": "5.00"}, {"amount": "5.00"}),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b"[]",
        b"{",
        b'{"a":NaN}',
        b"\xff",
        b'{"a":' + b"[" * 99999,
        b'{"a":' + b"[" * 70 + b"]" * 70 + b"}",
    ],
)
def test_json_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(WireUnreadable):
        from_wire(map_named("savings"), raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"<Document/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>',
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">a<b/></Document>',
        b"",
    ],
)
def test_xml_that_is_none_of_ours_is_refused(raw: bytes) -> None:
    with pytest.raises(WireUnreadable):
        from_wire(map_named("corporate-credit-transfer"), raw)


def test_a_map_that_is_none_is_refused_with_what_does_not_fit() -> None:
    with pytest.raises(MapInvalid, match="unkown"):
        json_map('do = "copy"\nwire = "a"\nfield = "a"\nunkown = 1')
    with pytest.raises(MapInvalid, match="fixed"):
        _ = read_map('name = "x"\ntitle = "X"\nformat = "fixed"\nrules = []', "x").wire
    with pytest.raises(MapUnknown, match="no such map"):
        map_named("nobody")
