"""Files in the encodings that banks in China, Hong Kong, Taiwan and Europe send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanxi.parties.normalisation.divisions import divisions
from guanxi.parties.normalisation.encodings import decode, detect_encoding

SIMPLIFIED = "姓名,身份证号,地址\n王小明,11010519491231002X,上海市徐汇区漕溪北路88号\n李娜,,北京市海淀区\n"
TRADITIONAL = "姓名,地址\n陳大文,香港九龍彌敦道132號\n李麗珍,臺北市中正區\n"
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((SIMPLIFIED, encoding) for encoding in [*UNICODE, "gb18030", "gbk", "gb2312"]),
        *((TRADITIONAL, encoding) for encoding in [*UNICODE, "big5", "gb18030"]),
        ("山田太郎,東京都千代田区,カタカナひらがな\n", "shift_jis"),
        ("Jan Novák,Žižkov,Příbram\n", "cp1250"),
        ("Jürgen Müller,Straße\n", "cp1252"),
        ("name,phone\nJan,601123456\n", "ascii"),
    ],
)
def test_the_text_comes_back(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding))[0] == text


def test_a_character_cut_at_the_end_of_the_sample_does_not_mislead() -> None:
    for encoding in ("utf-8", "gb18030"):
        content = SIMPLIFIED.encode(encoding)
        for cut in range(len(content) - 8, len(content)):
            assert detect_encoding(content[:cut]).name == encoding


def test_chinese_after_a_long_beginning_in_ascii_is_found() -> None:
    content = b"id,amount\n" * 20_000 + SIMPLIFIED.encode("gb18030")
    assert decode(content)[1].name == "gb18030"


def test_octets_of_no_character_are_counted() -> None:
    text, found = decode(SIMPLIFIED.encode() + b"\xff\xfe\xff," + SIMPLIFIED.encode())
    assert text
    assert found.doubts


def test_each_province_with_its_counties_is_told_apart_in_both_encodings() -> None:
    """Names of divisions, a province a file; the traditional forms of those that Big5 has."""
    from opencc import OpenCC

    traditional = OpenCC("s2t").convert
    provinces: dict[str, list[str]] = {}
    for code, each in divisions().items():
        provinces.setdefault(code[:2], []).append(each.name)
    for names in provinces.values():
        text = "\n".join(names[:60])
        assert detect_encoding(text.encode("gb18030")).name == "gb18030"
        big5 = traditional(text).encode("big5hkscs", errors="ignore")
        assert detect_encoding(big5).name == "big5hkscs"


@given(st.binary(max_size=200))
def test_nothing_is_raised(content: bytes) -> None:
    decode(content)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff"), max_size=100))
def test_utf_8_with_a_mark_always_comes_back(text: str) -> None:
    assert decode(text.encode("utf-8-sig"))[0] == text
