"""Telephone numbers and e-mail addresses as people and spreadsheets write them."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.normalisation.email_addresses import mailbox_key, read_emails
from guanxi.parties.normalisation.phone_numbers import read_phones


@pytest.mark.parametrize(
    ("written", "country", "numbers"),
    [
        ("13912345678", "CN", ["+8613912345678"]),
        ("+86 139-1234-5678", "CZ", ["+8613912345678"]),
        ("（０２１）６１２３４５６７转801", "CN", ["+862161234567"]),
        ("021-61234567-801", "CN", ["+862161234567"]),
        ("手机:13912345678", "CN", ["+8613912345678"]),
        ("13912345678.0", "CN", ["+8613912345678"]),
        ("1.3912345678E10", "CN", ["+8613912345678"]),
        ("13912345678/13987654321", "CN", ["+8613912345678", "+8613987654321"]),
        ("13912345678、139 1234 5678", "CN", ["+8613912345678"]),
        ("2345 6789", "HK", ["+85223456789"]),
        ("0085223456789", "CN", ["+85223456789"]),
        ("85223456789", "CN", ["+85223456789"]),
        ("601 123 456", "CZ", ["+420601123456"]),
        ("4008001234", "CN", ["+864008001234"]),
    ],
)
def test_numbers_are_in_one_form(written: str, country: str, numbers: list[str]) -> None:
    found = read_phones(written, country)
    assert list(found.numbers) == numbers
    assert not found.doubts


@pytest.mark.parametrize(
    "written",
    ["13800138000", "138 0013 8000", "13888888888", "88888888", "000000", "12345678", "N/A", "无", "10086", "x"],
)
def test_placeholders_and_service_numbers_are_doubts(written: str) -> None:
    found = read_phones(written)
    assert not found.numbers
    assert found.doubts


@pytest.mark.parametrize(
    ("written", "addresses"),
    [
        ("Jan.Novak@Example.COM", ["jan.novak@example.com"]),
        ("Jan Novák <jan@x.cz>", ["jan@x.cz"]),
        ("ｊａｎ＠qq.com", ["jan@qq.com"]),
        ("mailto:a1@b.cn", ["a1@b.cn"]),
        ("jan@bücher.de; petr@c.cz", ["jan@xn--bcher-kva.de", "petr@c.cz"]),
    ],
)
def test_addresses_are_folded(written: str, addresses: list[str]) -> None:
    assert list(read_emails(written).addresses) == addresses


@pytest.mark.parametrize("written", ["test@test.com", "no@mail.ru", "aaaa@qq.com", "a@b", "@", "jan@", "n/a", "a b c"])
def test_placeholder_addresses_are_doubts(written: str) -> None:
    found = read_emails(written)
    assert not found.addresses
    assert found.doubts


def test_spellings_of_one_mailbox_have_one_key() -> None:
    assert mailbox_key("jan.novak+bank@googlemail.com") == mailbox_key("jannovak@gmail.com")
    assert mailbox_key("jan.novak@qq.com") != mailbox_key("jannovak@qq.com")


@given(st.text(max_size=60), st.sampled_from(["CN", "HK", "", "CZ", "??"]))
def test_nothing_is_raised(text: str, country: str) -> None:
    assert all(number.startswith("+") for number in read_phones(text, country).numbers)
    assert all("@" in address for address in read_emails(text).addresses)


@given(st.from_regex(r"0(10|2[0-57-9])[2-8]\d{7}|1[3-9]\d{9}", fullmatch=True))
def test_what_is_recognised_by_form_is_in_the_numbering_plan(number: str) -> None:
    """Or will be: the plan lists mobile numbers by the blocks that are given out."""
    for found in read_phones(number).numbers:
        parsed = phonenumbers.parse(found)
        assert phonenumbers.is_possible_number(parsed)
        assert number.startswith("1") or phonenumbers.is_valid_number(parsed)


@given(st.from_regex(r"1[3-9]\d{9}", fullmatch=True))
def test_reading_again_changes_nothing(mobile: str) -> None:
    for number in read_phones(mobile).numbers:
        assert read_phones(number).numbers == (number,)
