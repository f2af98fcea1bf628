"""Addresses in Chinese, their English form, and addresses of elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.normalisation.chinese_addresses import number_of
from guanxi.parties.normalisation.divisions import divisions
from guanxi.parties.normalisation.places import leading_place
from guanxi.parties.normalisation.postal_addresses import read_address
from guanxi.parties.normalisation.record import RawParty


@pytest.mark.parametrize(
    ("written", "division", "words"),
    [
        ("上海市徐汇区漕溪北路88号3栋402室", "310104", "漕溪北路 88号 3栋 402室"),
        ("上海徐汇漕溪北路88号3幢402", "310104", "漕溪北路 88号 3栋 402室"),
        ("上海市上海市浦东新区世纪大道100号环球金融中心三十二层", "310115", "世纪大道 100号 环球金融中心 32层"),
        ("中国 江苏省 苏州市 姑苏区 平江路 12号", "320508", "平江路 12号"),
        ("浦东新区张杨路500号", "310115", "张杨路 500号"),
        ("上海长宁路1018号", "310000", "长宁路 1018号"),
        ("北京市海淀区中关村南大街5号院3号楼2单元501", "110108", "中关村南大街 5号 3栋 2单元 501室"),
        ("内蒙古呼和浩特市新城区新华大街1号", "150102", "新华大街 1号"),
        ("廣東省深圳市南山區科技園12-3-402", "440305", "科技园 12栋 3单元 402室"),
        ("重庆市渝中区解放碑街道民权路28号A座", "500103", "解放碑街道 民权路 28号 A栋"),
        ("昆山市前进中路1号", "320583", "前进中路 1号"),
        ("新疆维吾尔自治区巴音郭楞蒙古自治州库尔勒市人民东路1号", "652801", "人民东路 1号"),
        ("石家庄市长安区", "130102", ""),
        ("香港九龙弥敦道132号", "810000", "九龙弥敦道 132号"),
    ],
)
def test_chinese_addresses(written: str, division: str, words: str) -> None:
    found = read_address(RawParty(address=written))
    assert (found.division, " ".join(found.words)) == (division, words)


@pytest.mark.parametrize(
    ("written", "division", "words"),
    [
        (
            "Room 602, Unit 3, Building 12, No. 88 Zhongshan East 1st Road, Huangpu District, Shanghai, China",
            "310101",
            "zhongshandong1路 88号 12栋 3单元 602室",
        ),
        ("Lane 333, Yishan Rd., Xuhui Qu, Shanghai", "310104", "yishan路 333弄"),
        ("No.1 Jianguomenwai Avenue, Chaoyang District, Beijing", "110105", "jianguomenwai大道 1号"),
    ],
)
def test_the_english_form_has_the_words_of_the_chinese(written: str, division: str, words: str) -> None:
    found = read_address(RawParty(address=written))
    assert (found.division, " ".join(found.words)) == (division, words)


@pytest.mark.parametrize(
    ("written", "country", "words", "postcode", "region"),
    [
        ("123 Main St. Apt 4B, Springfield, IL 62704", "US", "123 MAIN STREET APARTMENT 4B SPRINGFIELD", "62704", "IL"),
        ("Václavské nám. 12/34, 110 00 Praha 1", "CZ", "VACLAVSKE NAMESTI 12/34 PRAHA 1", "11000", ""),
        ("10 Downing Street, London SW1A 2AA", "GB", "10 DOWNING STREET LONDON", "SW1A2AA", ""),
    ],
)
def test_addresses_of_elsewhere(written: str, country: str, words: str, postcode: str, region: str) -> None:
    found = read_address(RawParty(address=written, country=country))
    assert (" ".join(found.words), found.postcode, found.region) == (words, postcode, region)


def test_columns_are_joined_and_not_said_twice() -> None:
    parts = RawParty(province="广东省", city="深圳市", district="南山区", address="科技园1栋", postcode="518000")
    whole = RawParty(address="广东省深圳市南山区科技园1栋 518000")
    assert read_address(parts) == read_address(whole)


@pytest.mark.parametrize(
    ("address", "postcode"), [("N/A", ""), ("无", ""), ("", "000000"), ("", "12"), ("某路1号", "")]
)
def test_what_says_nothing_is_a_doubt(address: str, postcode: str) -> None:
    found = read_address(RawParty(address=address, postcode=postcode))
    assert not found.division
    assert not found.postcode
    assert found.doubts


@pytest.mark.parametrize(
    ("numerals", "value"),
    [("十", 10), ("十二", 12), ("三十", 30), ("一百二十三", 123), ("二〇一", 201), ("一百零五", 105)],
)
def test_chinese_numerals(numerals: str, value: int) -> None:
    assert number_of(numerals) == value


def test_every_present_county_is_found_under_its_province_and_city() -> None:
    """By full names, as they are written; a name may stand for a division and for one of the same name in it."""
    known = divisions()
    missed = [
        code
        for code, county in known.items()
        if county.current and not code.endswith("00") and code[2:4] != "90" and f"{code[:4]}00" in known
        for written in [known[f"{code[:2]}0000"].name + _city(code) + county.name]
        if county.name != "市辖区" and known[leading_place(written).code].name != county.name
    ]
    assert not missed


def _city(code: str) -> str:
    return "" if code[:2] in {"11", "12", "31", "50"} else divisions()[f"{code[:4]}00"].name


@given(st.text(max_size=60), st.sampled_from(["CN", "HK", "US", "CZ", "", "ZZ"]))
def test_nothing_is_raised(text: str, country: str) -> None:
    read_address(RawParty(address=text, country=country))


@given(st.text("上海市徐汇区省县路街道弄号栋室单元一二三十百0123456789-#ABC 中国", max_size=30))
def test_nothing_is_raised_by_what_looks_like_an_address(text: str) -> None:
    found = read_address(RawParty(address=text))
    assert not found.division or found.division in divisions()
