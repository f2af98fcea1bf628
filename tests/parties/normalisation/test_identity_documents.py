"""Documents against numbers that their issuers or standards publish, python-stdnum, and any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from guanxi.parties.normalisation.check_characters import (
    credit_check,
    hong_kong_check,
    mrz_check,
    organisation_check,
    resident_check,
)
from guanxi.parties.normalisation.identity_documents import eighteen_of_fifteen, read_document
from guanxi.parties.normalisation.record import RawDocument


@pytest.mark.parametrize(
    ("written", "identifier"),
    [
        ("11010519491231002X", "resident_id:11010519491231002X"),  # GB 11643-1999, example
        ("１１０１０５ 19491231 002x", "resident_id:11010519491231002X"),
        ("440524188001010014", "resident_id:440524188001010014"),  # GB 11643-1999, example
        ("110105491231002", "resident_id:11010519491231002X"),
        ("A123456(3)", "hong_kong_id:A1234563"),  # Immigration Department
        ("AB987654(3)", "hong_kong_id:AB9876543"),
        ("A123456789", "taiwan_id:A123456789"),
        ("L898902C36UTO7408122F1204159ZE184226B<<<<<10", "passport:L898902C3"),  # ICAO Doc 9303-4, appendix
        ("E12345678", "passport:E12345678"),
        ("H1234567801", "home_return_permit:H12345678"),
        ("91110000600037341L", "social_credit_code:91110000600037341L"),
        ("5493001KJTIIGC8Y1R12", "lei:5493001KJTIIGC8Y1R12"),
    ],
)
def test_published_numbers_are_recognised(written: str, identifier: str) -> None:
    assert read_document(RawDocument(written)).identifiers[0] == identifier


@pytest.mark.parametrize(
    ("written", "kind", "identifier"),
    [
        ("1528631(4)", "澳门身份证", "macau_id:15286314"),
        ("04763215", "台胞证", "taiwan_permit:04763215"),
        ("D2143569-X", "组织机构代码", "organisation_code:D2143569X"),  # GB 11714-1997, example
        ("110108000000016", "营业执照", "business_licence:110108000000016"),  # GS 15-2006, example
        ("710319/2745", "birth_number", "birth_number:7103192745"),  # python-stdnum
        ("110105491231002", "居民身份证", "resident_id:11010519491231002X"),
        ("HK-77/12", "driving licence", "driving_licence:HK7712"),
    ],
)
def test_a_stated_kind_is_believed(written: str, kind: str, identifier: str) -> None:
    assert read_document(RawDocument(written, kind)).identifiers == (identifier,)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("110105194912310021", "resident_id"),
        ("110105194913310023", "resident_id"),
        ("990105194912310024", "resident_id"),
        ("A123456(4)", "hong_kong_id"),
        ("A123456788", "taiwan_id"),
        ("91110000600037341M", "social_credit_code"),
        ("D21435691", "organisation_code"),
        ("L898902C36UTO7408122F1204158ZE184226B<<<<<10", "passport"),
        ("000000000000000000", ""),
        ("N/A", "passport"),
        ("无", ""),
        ("---", "resident_id"),
    ],
)
def test_wrong_numbers_are_doubts(written: str, kind: str) -> None:
    found = read_document(RawDocument(written, kind))
    assert not found.identifiers
    assert found.doubts


def test_a_resident_number_tells_birth_sex_and_division() -> None:
    found = read_document(RawDocument("11010519491231002X"))
    assert (found.birth_date, found.gender, found.division) == ("1949-12-31", "F", "110105")


def test_a_number_of_an_abolished_division_is_right() -> None:
    plain = "11010319800101001"  # 崇文区, until 2010
    found = read_document(RawDocument(plain + resident_check(plain)))
    assert found.identifiers
    assert not found.doubts


def test_a_credit_code_meets_the_organisation_code_in_it() -> None:
    old = read_document(RawDocument("60003734-1", "组织机构代码"), organisation=True)
    new = read_document(RawDocument("91110000600037341L"), organisation=True)
    assert set(old.identifiers) < set(new.identifiers)


def test_people_over_a_hundred_keep_their_century() -> None:
    assert eighteen_of_fifteen("110105961231998")[6:10] == "1896"


@given(st.from_regex(r"[1-6]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|1\d|2[0-8])\d{3}", fullmatch=True))
def test_resident_check_is_python_stdnums(plain: str) -> None:
    assert resident_check(plain) == ric.calc_check_digit(plain + "0")


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17))
def test_credit_check_is_python_stdnums(plain: str) -> None:
    assert credit_check(plain) == uscc.calc_check_digit(plain)


@given(st.from_regex(r"[A-Z]{1,2}\d{6}", fullmatch=True), st.integers(0, 5), st.integers(1, 9))
def test_one_wrong_digit_of_a_hong_kong_number_is_found(plain: str, at: int, by: int) -> None:
    start = len(plain) - 6 + at
    wrong = plain[:start] + str((int(plain[start]) + by) % 10) + plain[start + 1 :]
    assert hong_kong_check(wrong) != hong_kong_check(plain)


def test_check_digits_of_the_machine_readable_zone() -> None:
    """The worked examples of ICAO Doc 9303-3, 4.9, and 9303-4."""
    assert [mrz_check(field) for field in ("520727", "AB2134<<<", "740812", "120415")] == ["3", "5", "2", "9"]
    assert organisation_check("D2143569") == "X"


@given(st.text(max_size=40), st.sampled_from(["", "resident_id", "passport", "护照", "社保", "birth_number", "lei"]))
def test_nothing_is_raised(text: str, kind: str) -> None:
    found = read_document(RawDocument(text, kind))
    assert not (found.identifiers and not text.strip())
