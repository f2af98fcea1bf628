"""A whole party: what its fields tell of each other, and that nothing it may hold is an error."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.parties.normalisation.normalise import normalise
from guanxi.parties.normalisation.record import RawDocument, RawParty
from guanxi.parties.resolution.columns import company_row, person_row


def test_a_person_of_hong_kong_and_of_the_mainland_meet() -> None:
    here = normalise(
        RawParty(name="陈大文", documents=(RawDocument("H12345678", "回乡证"),), phones=("+852 2345 6789",))
    )
    there = normalise(RawParty(name="CHAN Tai Man", latin_name="陳大文", phones=("23456789",), country="HK"))
    spelled = normalise(RawParty(surname="Chan", given_name="Tai Man", country="HK"))
    assert set(here.name_keys) & set(there.name_keys) & set(spelled.name_keys)
    assert set(here.surname_keys) & set(spelled.surname_keys)
    assert here.phones == there.phones


def test_a_document_fills_what_is_missing() -> None:
    found = normalise(RawParty(name="王小明", documents=(RawDocument("110105491231002"),)))
    assert (found.birth_date, found.gender) == ("1949-12-31", "F")
    assert found.identifiers == ("resident_id:11010519491231002X",)


def test_a_document_decides_between_day_and_month() -> None:
    document = RawDocument("110101198003021239")  # a wrong check digit decides nothing
    assert normalise(RawParty(birth_date="02/03/1980", documents=(document,))).birth_date == ""
    found = normalise(RawParty(birth_date="31/12/1949", documents=(RawDocument("11010519491231002X"),)))
    assert (found.birth_date, found.doubts) == ("1949-12-31", ())


def test_what_disagrees_is_kept_and_doubted() -> None:
    found = normalise(RawParty(birth_date="1950-12-31", gender="男", documents=(RawDocument("11010519491231002X"),)))
    assert (found.birth_date, found.gender) == ("1950-12-31", "M")
    assert {doubt.partition(":")[0] for doubt in found.doubts} == {"birth_date", "gender"}


def test_placeholders_become_nothing_and_name_their_field() -> None:
    found = normalise(
        RawParty(
            kind="person",
            name="N/A",
            birth_date="1900-01-01",
            documents=(RawDocument("000000000000000000"),),
            phones=("13800138000",),
            emails=("test@test.com",),
            address="无",
            postcode="000000",
        )
    )
    assert not any((found.name, found.birth_date, found.identifiers, found.phones, found.emails, found.address_words))
    fields = {doubt.partition(":")[0] for doubt in found.doubts}
    assert fields == {"name", "birth_date", "documents", "phones", "emails", "address"}


def test_a_company_is_recognised_by_its_name() -> None:
    found = normalise(
        RawParty(
            name="深圳市腾讯计算机系统有限公司",
            documents=(RawDocument("91110000600037341L"),),
            address="广东省深圳市南山区科技园1栋",
        )
    )
    assert (found.kind, found.company_core, found.legal_form) == ("organisation", "腾讯计算机系统", "limited")
    assert found.identifiers == ("social_credit_code:91110000600037341L", "organisation_code:600037341")
    assert (found.division, found.region) == ("440305", "广东省")
    assert found.name_pinyin == "tengxunjisuanjixitong"


def test_the_place_in_a_name_tells_the_region_where_no_address_does() -> None:
    assert normalise(RawParty(name="上海启明科技有限公司")).region == "上海市"


@pytest.mark.parametrize(
    ("said", "gender"), [("男", "M"), ("Female", "F"), ("1", "M"), ("2", "F"), ("0", ""), ("9", "")]
)
def test_gender_by_word_and_by_code(said: str, gender: str) -> None:
    """GB/T 2261.1-2003."""
    found = normalise(RawParty(name="王小明", gender=said))
    assert (found.gender, found.doubts) == (gender, ())


anything = st.text(max_size=20)
texts = st.lists(anything, max_size=2).map(tuple)
parties = st.builds(
    RawParty,
    kind=st.sampled_from(["", "person", "company", "x"]),
    name=anything,
    surname=anything,
    given_name=anything,
    latin_name=anything,
    former_names=texts,
    gender=anything,
    birth_date=anything,
    documents=st.lists(st.builds(RawDocument, value=anything, kind=anything), max_size=2).map(tuple),
    phones=texts,
    emails=texts,
    address=anything,
    province=anything,
    postcode=anything,
    country=st.sampled_from(["CN", "HK", "TW", "US", "CZ", "", "ZZ"]),
    date_order=st.sampled_from(["ymd", "dmy", "mdy"]),
)


@settings(max_examples=300)
@given(parties)
def test_nothing_is_raised_and_all_can_be_compared(raw: RawParty) -> None:
    found = normalise(raw)
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found
    assert all(": " in doubt for doubt in found.doubts)
    person_row(found)
    company_row(found)


@given(parties)
def test_the_same_party_is_always_the_same(raw: RawParty) -> None:
    assert normalise(raw) == normalise(raw)
