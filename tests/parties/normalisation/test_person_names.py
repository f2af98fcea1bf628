"""Names of people in characters and in Latin letters, and where the spellings of one name meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.normalisation.chinese_names import parse_chinese_name, parse_parts
from guanxi.parties.normalisation.latin_names import parse_latin_name, parse_latin_parts
from guanxi.parties.normalisation.romanisations import (
    cantonese_sound,
    latin_surname_keys,
    name_keys,
    surname_keys,
    wade_giles,
)


@pytest.mark.parametrize(
    ("written", "surname", "given_name", "pinyin"),
    [
        ("王小明", "王", "小明", "wang xiaoming"),
        ("陳大文", "陈", "大文", "chen dawen"),
        (" 王　小 明 ", "王", "小明", "wang xiaoming"),
        ("小明 王", "王", "小明", "wang xiaoming"),
        ("王小明先生", "王", "小明", "wang xiaoming"),
        ("单雄信", "单", "雄信", "shan xiongxin"),
        ("曾国藩", "曾", "国藩", "zeng guofan"),
        ("解晓东", "解", "晓东", "xie xiaodong"),
        ("仇英", "仇", "英", "qiu ying"),
        ("查良镛", "查", "良镛", "zha liangyong"),
        ("尉遲恭", "尉迟", "恭", "yuchi gong"),
        ("欧阳娜娜", "欧阳", "娜娜", "ouyang nana"),
        ("诸葛亮", "诸葛", "亮", "zhuge liang"),
        ("买买提·吐尔逊", "", "买买提吐尔逊", " maimaitituerxun"),
        ("买买提•吐尔逊", "", "买买提吐尔逊", " maimaitituerxun"),
        ("买买提吐尔逊", "", "买买提吐尔逊", " maimaitituerxun"),
        ("阿依古丽", "", "阿依古丽", " ayiguli"),
    ],
)
def test_chinese_names_have_parts_and_readings(written: str, surname: str, given_name: str, pinyin: str) -> None:
    found = parse_chinese_name(written)
    assert (found.surname, found.given_name) == (surname, given_name)
    assert f"{found.surname_pinyin} {found.given_pinyin}" == pinyin
    assert found.name == surname + given_name


def test_a_married_name_tells_the_former_one() -> None:
    found = parse_chinese_name("陳方安生")
    assert (found.name, found.surname, found.given_name) == ("陈方安生", "陈", "安生")
    assert found.former_names == ("方安生",)
    assert parse_parts("陈方", "安生").former_names == ("方安生",)


def test_a_married_name_of_hong_kong_meets_its_characters() -> None:
    found = parse_latin_name("Mrs. CHAN FANG On-sang")
    assert found.former_names == ("FANG ON SANG",)
    assert set(found.name_keys) & set(name_keys("陈", "安生"))


def test_of_a_joint_account_the_first_name_is_taken_with_a_doubt() -> None:
    found = parse_chinese_name("王小明/李娜")
    assert found.name == "王小明"
    assert found.doubts


def test_a_former_name_is_taken_out() -> None:
    assert parse_chinese_name("王小明（曾用名：王大明）").former_names == ("王大明",)


def test_a_title_tells_the_sex_and_leaves_a_doubt_where_it_leaves_no_name() -> None:
    assert parse_chinese_name("李娜女士").gender == "F"
    found = parse_chinese_name("王先生")
    assert (found.name, found.gender) == ("王", "M")
    assert found.doubts


@pytest.mark.parametrize(
    ("written", "surname", "given_name"),
    [
        ("Jan Novák", "NOVAK", "JAN"),
        ("Novák, Jan", "NOVAK", "JAN"),
        ("NOVÁK Jan", "NOVAK", "JAN"),
        ("Ing. Jan Novák, CSc.", "NOVAK", "JAN"),
        ("Mr. John Smith Jr.", "SMITH", "JOHN"),
        ("Vincent van Gogh", "VAN GOGH", "VINCENT"),
        ("Ursula von der Leyen", "VON DER LEYEN", "URSULA"),
        ("van Gogh, Vincent", "VAN GOGH", "VINCENT"),
        ("Miguel de Cervantes", "DE CERVANTES", "MIGUEL"),
        ("Seán O'Brien", "OBRIEN", "SEAN"),
        ("WANG XIAOMING", "WANG", "XIAOMING"),
        ("Xiaoming Wang", "WANG", "XIAOMING"),
        ("Wang, Xiao-Ming", "WANG", "XIAO MING"),
        ("Chan Tai Man", "CHAN", "TAI MAN"),
        ("Tai-man Chan", "CHAN", "TAI MAN"),
        ("David CHAN Tai-man", "CHAN", "TAI MAN DAVID"),
        ("Hsieh Chih-wei", "HSIEH", "CHIH WEI"),
        ("Pan Wei", "PAN", "WEI"),
        ("DE LA CRUZ JUAN", "DE LA CRUZ", "JUAN"),
        ("Nguyễn Văn An", "AN", "NGUYEN VAN"),
    ],
)
def test_latin_names_have_parts(written: str, surname: str, given_name: str) -> None:
    found = parse_latin_name(written)
    assert (found.surname, found.given_name) == (surname, given_name)


def test_marks_are_folded_but_kept() -> None:
    found = parse_latin_parts("Dvořáková", "Jana")
    assert (found.name, found.written) == ("JANA DVORAKOVA", "Jana Dvořáková")


def test_a_maiden_name_is_kept() -> None:
    assert parse_latin_name("Jana Nováková roz. Dvořáková").former_names == ("DVORAKOVA",)


@pytest.mark.parametrize(
    ("characters", "spelled"),
    [
        (("陈", "大文"), "Chan Tai Man"),
        (("陈", "大文"), "Chen Dawen"),
        (("陈", "大文"), "Ch'en Ta-wen"),
        (("王", "小明"), "Wong Siu Ming"),
        (("李", "小龙"), "Lee Siu Lung"),
        (("梁", "国雄"), "Leung Kwok Hung"),
        (("曾", "国藩"), "Tseng Kuo-fan"),
        (("蔡", "英文"), "Tsai Ying-wen"),
        (("郭", "富城"), "Kwok Fu Shing"),
        (("吕", "丽"), "LYU LI"),
        (("谢", "志伟"), "Hsieh Chih-wei"),
    ],
)
def test_spellings_of_one_name_meet(characters: tuple[str, str], spelled: str) -> None:
    assert set(name_keys(*characters)) & set(parse_latin_name(spelled).name_keys)


def test_wang_meets_wang_and_wong() -> None:
    assert surname_keys("王") == ("wang",) == latin_surname_keys("wang")
    assert set(latin_surname_keys("wong")) == {"wang", "huang"}
    assert "chen" in latin_surname_keys("chan")
    assert "chen" in latin_surname_keys("tan")
    assert "zhang" in latin_surname_keys("cheung")


@pytest.mark.parametrize(
    ("pinyin", "spelled"),
    [
        ("xie", "hsieh"), ("zhang", "chang"), ("qing", "ching"), ("jiang", "chiang"), ("dong", "tung"), ("zi", "tzu"),
        ("ren", "jen"), ("xue", "hsueh"), ("zhi", "chih"), ("cai", "tsai"), ("guo", "kuo"), ("xiong", "hsiung"),
        ("lv", "lu"), ("yan", "yen"), ("quan", "chuan"), ("bian", "pien"), ("hui", "hui"), ("he", "ho"),
    ],
)  # fmt: skip
def test_wade_giles(pinyin: str, spelled: str) -> None:
    """As in the conversion table of the Library of Congress (1998), without apostrophes."""
    assert wade_giles(pinyin) == spelled


def test_spellings_of_one_cantonese_sound_are_one() -> None:
    assert cantonese_sound("gwok") == cantonese_sound("kwok")
    assert cantonese_sound("lee") == cantonese_sound("li")
    assert cantonese_sound("tsang") == cantonese_sound("jang")


@given(st.text(max_size=40))
def test_nothing_is_raised(text: str) -> None:
    parse_chinese_name(text)
    parse_latin_name(text)
    parse_latin_parts(text, text)


@given(st.text("王李单买提·陈方安生小明欧阳先女士 (),曾用名", min_size=1, max_size=12))
def test_parts_make_the_name(text: str) -> None:
    found = parse_chinese_name(text)
    assert found.surname in found.name
    assert found.name.startswith(found.surname)
    assert found.name.endswith(found.given_name)
