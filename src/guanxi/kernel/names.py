"""Chinese names: where the surname ends, and how a name is read.

A character that is a surname is often read otherwise than in a text (单 is Shàn, not dān). The readings follow
"Names of persons in Chinese phonetic alphabet" (GB/T 28039-2011): surname first, given name in one word.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

from pypinyin import Style, pinyin

SURNAME_READINGS: Final[dict[str, str]] = {
    "单": "shan",
    "曾": "zeng",
    "解": "xie",
    "仇": "qiu",
    "区": "ou",
    "查": "zha",
    "盖": "ge",
    "朴": "piao",
    "翟": "zhai",
    "任": "ren",
    "乐": "yue",
    "宁": "ning",
    "缪": "miao",
    "种": "chong",
    "冼": "xian",
    "员": "yun",
    "繁": "po",
    "那": "na",
    "尹": "yin",
    "覃": "qin",
    "万": "wan",
    "召": "shao",
    "洗": "xian",
    "秘": "bi",
    "折": "she",
    "句": "gou",
    "华": "hua",
    "纪": "ji",
    "尉迟": "yuchi",
    "万俟": "moqi",
    "单于": "chanyu",
    "令狐": "linghu",
    "长孙": "zhangsun",
    "澹台": "tantai",
}
COMPOUND_SURNAMES: Final = frozenset(
    re.findall(
        "..",
        "欧阳司马上官诸葛慕容令狐尉迟万俟单于长孙澹台皇甫东方夏侯公孙宇文司徒司空轩辕端木独孤南宫西门",
    )
)


def is_chinese(character: str) -> bool:
    """Whether `character` is a CJK ideograph (the unified blocks and extensions A to H)."""
    point = ord(character)
    return 0x4E00 <= point <= 0x9FFF or 0x3400 <= point <= 0x4DBF or 0x20000 <= point <= 0x323AF or point == 0x3007


def split_name(name: str) -> tuple[str, str]:
    """Surname and given name of a person's name in simplified characters."""
    length = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1
    return name[:length], name[length:]


@functools.lru_cache(maxsize=30_000)
def syllable(character: str) -> str:
    """The most usual reading of a character, without tone; ü is written v as on a keyboard."""
    return pinyin(character, style=Style.NORMAL, errors="default", v_to_u=False)[0][0]


def surname_reading(surname: str) -> str:
    """How `surname` is read when it is one: `shan` for 单."""
    return SURNAME_READINGS.get(surname) or "".join(map(syllable, surname))


def given_reading(given: str) -> str:
    """The given name in one word: `xiaoming`."""
    return "".join(map(syllable, given))


def romanised(name: str) -> str:
    """A person's name in pinyin as a passport has it: `Wang Xiaoming` for 王小明."""
    surname, given = split_name(name)
    return f"{surname_reading(surname)} {given_reading(given)}".title().strip()


def without_marks(text: str) -> str:
    """Latin text without diacritics: `Novak` for `Novák`."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return plain.translate(_LETTERS)


_LETTERS: Final = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "œ": "oe"}
)
