"""Which encoding a file of text is in: by its mark, by its form, by how usual the characters would be.

A byte order mark decides (Unicode 16, 23.8). What decodes as UTF-8 is UTF-8. UTF-16 without a mark shows by its zero
bytes or by making sense. GB18030 and Big5 share their bytes: each is decoded, and the one whose characters are more
usual in names, addresses and business wins (the characters of GB 2312 level 1 and Big5 level 1, more for those that
nearly every such file has).
"""

from __future__ import annotations

import codecs
import functools
import re
from typing import Final, NamedTuple

from guanxi.parties.normalisation.surnames import FREQUENT, HUNDRED

_SAMPLE: Final = 64 * 1024
_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MULTIBYTE: Final = ("gb18030", "big5hkscs", "shift_jis")
_USUAL_IN_FILES: Final = (
    "的一是不了人我在有中国大上地市区县省路街道号弄栋幢单元室楼层村镇乡东西南北新华民公司有限责任股份集团银行分支科技贸易实业投资"
    "姓名性别男女出生日期身份证件码手机电话地址邮编客户编号账户开卡类型备注先生小姐工程建设发展管理服务商店厂海江山京津沪广深港"
    "地區縣號棟單層樓鎮鄉東華國責團銀貿實業資別證機電話郵編戶賬開類備註發設務廠臺灣龍門灣龜個會長時來們為說這對學經過現動"
    "明伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛超兰霞平刚桂志建文玉红春梅偉靜麗強軍艷傑濤蘭剛紅志家豪怡君俊宏淑雅婷美玲惠雯"
)
_STRANGE: Final = 4.0  # how much a character of no usual kind counts against an encoding
_CERTAIN: Final = 0.5


class Encoding(NamedTuple):
    """A name that Python's codecs know, and what makes it doubtful."""

    name: str
    doubts: tuple[str, ...] = ()


def detect_encoding(start: bytes, *, whole: bool = False) -> Encoding:
    """The encoding of a text that begins with `start`; unless it is the `whole`, a character may be cut at the end."""
    sample, whole = start[:_SAMPLE], whole and len(start) <= _SAMPLE
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return Encoding(name)
    if sideways := _utf_16(sample):
        return Encoding(sideways)
    if sample.isascii() and (further := _NOT_ASCII.search(start)):
        sample = start[further.start() : further.start() + _SAMPLE]
        whole = False
    if _decoded(sample, "utf-8", whole=whole) is not None:
        return Encoding("utf-8")
    return _most_usual(sample, whole=whole)


def decode(content: bytes) -> tuple[str, Encoding]:
    """The text of `content` in the encoding that it seems to have; octets of no character become U+FFFD and a doubt."""
    found = detect_encoding(content, whole=True)
    text = content.decode(found.name, errors="replace")
    if lost := text.count("\ufffd"):
        found = found._replace(doubts=(*found.doubts, f"{lost} characters cannot be read"))
    return text.removeprefix("\ufeff"), found


def _utf_16(sample: bytes) -> str:
    """UTF-16 without a mark: of ASCII every second byte is zero, and Chinese is usual in one byte order alone."""
    pairs = len(sample) // 2
    if not pairs:
        return ""
    if b"\0" in sample:
        if sample[1::2].count(0) > pairs * 0.3 and not sample[::2].count(0):
            return "utf-16-le"
        if sample[::2].count(0) > pairs * 0.3 and not sample[1::2].count(0):
            return "utf-16-be"
    if len(sample) % 2 or not (b"\n\0" in sample or b"\0\n" in sample or b",\0" in sample or b"\0," in sample):
        return ""
    scores = {name: _score(_decoded(sample, name, whole=False)) for name in ("utf-16-le", "utf-16-be")}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > _CERTAIN else ""


def _most_usual(sample: bytes, *, whole: bool) -> Encoding:
    """Of the encodings that the octets allow, the one with the most usual characters."""
    scores = {name: _score(_decoded(sample, name, whole=whole)) for name in _MULTIBYTE}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] <= 0:
        return _european(sample)
    second = max(score for name, score in scores.items() if name != best)
    doubts = () if scores[best] - second > 0.2 else ("it may be another encoding: look at the preview",)
    return Encoding(best, doubts)


def _european(sample: bytes) -> Encoding:
    """Neither Unicode nor East Asian: the code page of Central Europe if its letters are there, else of the West."""
    text = sample.decode("cp1250", errors="replace")
    central = sum(text.count(letter) for letter in "ěščřžůťďňĚŠČŘŽąęłńśźżőűľĺŕ")
    western = sum(sample.decode("cp1252", errors="replace").count(letter) for letter in "äöüßéèêçàñÄÖÜå")
    name = "cp1250" if central > western / 2 else "cp1252"
    return Encoding(name, ("it may be another encoding: look at the preview",))


def _decoded(sample: bytes, encoding: str, *, whole: bool) -> str | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        return decoder.decode(sample, final=whole)
    except UnicodeDecodeError:
        return None


def _score(text: str | None) -> float:
    """From 1 (every character outside ASCII is usual) down; below 0 it makes no sense."""
    if text is None:
        return -_STRANGE
    wide = [character for character in text if not character.isascii()]
    if not wide:
        return 0.0
    return sum(map(_usualness, wide)) / len(wide)


@functools.lru_cache(maxsize=30_000)
def _usualness(character: str) -> float:
    if character in _usual():
        return 1.0
    if character in "，。、；：（）！？《》“”　￥·–—" or "\uff01" <= character <= "\uff5e":
        return 0.5
    for encoding, first, last in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6)):
        try:
            if first <= character.encode(encoding)[0] <= last:
                return 0.45
        except UnicodeEncodeError:
            continue
    if "\u3041" <= character <= "\u30ff":
        return 0.3
    return -0.5 if "\u4e00" <= character <= "\u9fff" else -_STRANGE


@functools.cache
def _usual() -> frozenset[str]:
    return FREQUENT | frozenset(HUNDRED) | frozenset(_USUAL_IN_FILES)
