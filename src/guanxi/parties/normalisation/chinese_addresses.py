"""Addresses in Chinese characters, from the province down to the room, in words that compare.

Numbers come in digits, and what a word is in one spelling: 栋 for 幢, 座 and 号楼, 室 for 房 and 户, 层 for 楼.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from guanxi.parties.normalisation.characters import simplified
from guanxi.parties.normalisation.places import Place, leading_place

_COUNTRY: Final = re.compile("^(?:中华人民共和国|中国)")
_POSTCODE: Final = re.compile(r"(?:邮政?编码?[::]?)\s*(\d{6})|^(\d{6})(?=[^\d号弄栋室])|[\s,(](\d{6})\)?$")
_MAY_END_IT: Final = frozenset("0123456789)")
_NOISE: Final = re.compile(r"[\s,,。、;;/|]+|[()\[\]]")
_NUMERAL: Final = re.compile("第?([〇零一二三四五六七八九十百]+)(?=号|弄|栋|幢|座|单元|层|楼|室|房|户|组|队|期)")
_USUAL: Final = re.compile(
    r"(?:(\d+)弄)?(?:(\d+)号)?(?:(\d+)(?:栋|幢|座|号楼))?(?:(\d+)单元)?(?:(\d+)[层楼])?(?:(\d+)[室房户])?"
)
_USUAL_UNITS: Final = ("弄", "号", "栋", "单元", "层", "室")
_DIGITS: Final = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0}
_BEFORE_NUMBERS: Final = re.compile(r"[^\dA-Z]*")
_CHAIN: Final = re.compile(r"(?<!\d)(\d{1,3})[-#](?:(\d{1,2})[-#])?(\d{2,4})室?$")
_BARE_ROOM: Final = re.compile(r"(?<=[号栋幢座元楼层])([A-Z]?\d{2,5}[A-Z]?)$")
_UNITS: Final = {
    "号楼": "栋", "幢": "栋", "座": "栋", "#": "栋", "房": "室", "户": "室", "楼": "层", "号院": "号", "F": "层",
    "号门": "单元",
}  # fmt: skip
_WORD: Final = re.compile(
    r"(?P<number>[A-Z]?\d+[A-Z]?(?:[-之]\d+)*)(?P<unit>号楼|号院|号门|单元|[号弄栋幢座层楼室房户组队期区F#])?"
    r"|(?P<letter>[A-Z])(?P<part>座|栋|幢|单元|区)"
    r"|(?P<name>[^\dA-Z]+?(?:街道|大道|大街|公路|胡同|小区|花园|广场|大厦|公寓|社区|新村|[路街](?!道)"
    r"|[镇乡村巷道苑](?![东西南北中]?[一二三四五]?(?:路|街|大道|大街))))"
    r"|(?P<rest>[^\dA-Z]+|[A-Z]+)"
)


class Address(NamedTuple):
    """An address in parts; `region` is the province, or the state elsewhere."""

    division: str = ""
    region: str = ""
    words: tuple[str, ...] = ()
    postcode: str = ""
    doubts: tuple[str, ...] = ()


def parse_chinese_address(text: str) -> tuple[Place, tuple[str, ...], str]:
    """The division, the words after it and the postcode in a folded Chinese address."""
    plain, postcode = _without_postcode(simplified(text))
    compact = _NOISE.sub("", plain)
    if compact.startswith("中"):
        compact = _COUNTRY.sub("", compact)
    found = _BEFORE_NUMBERS.match(compact)
    above = found[0] if found else ""
    place, words = _above_numbers(above)
    return place, (*words, *_numbers(compact[len(above) :].upper())), postcode


def _numbers(text: str) -> tuple[str, ...]:
    """The words from the house number down; of most addresses they are these."""
    found = _USUAL.fullmatch(text)
    if not found:
        return words_of(text)
    return tuple(number + unit for number, unit in zip(found.groups(), _USUAL_UNITS, strict=True) if number)


@functools.lru_cache(maxsize=200_000)
def _above_numbers(text: str) -> tuple[Place, tuple[str, ...]]:
    """Division and road: what many addresses have alike."""
    place = leading_place(text)
    return place, words_of(text[place.length :])


def words_of(text: str) -> tuple[str, ...]:
    """What comes below the division, word by word: road, number, building, entrance, floor, room."""
    plain = _NUMERAL.sub(lambda found: str(number_of(found[1])), text)
    plain = _CHAIN.sub(_chain, plain)
    plain = _BARE_ROOM.sub(r"\1室", plain)
    return tuple(word for found in _WORD.finditer(plain) if (word := _word(found)))


def number_of(numerals: str) -> int:
    """The value of Chinese numerals below a thousand: 一百二十三, 十二, 二〇一."""
    if not any(character in "十百" for character in numerals):
        return int("".join(str(_DIGITS[character]) for character in numerals))
    total, digit = 0, 0
    for character in numerals:
        if character in "十百":
            total += (digit or (0 if total and character == "百" else 1)) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


def _word(found: re.Match[str]) -> str:
    if number := found["number"]:
        unit = found["unit"] or ""
        return number.replace("之", "-") + _UNITS.get(unit, unit)
    if letter := found["letter"]:
        return letter + _UNITS.get(found["part"], found["part"])
    return str(found["name"] or found["rest"])


def _chain(found: re.Match[str]) -> str:
    """12-3-402: building, entrance and room; 12-402: building and room."""
    entrance = f"{found[2]}单元" if found[2] else ""
    return f"{found[1]}栋{entrance}{found[3]}室"


def _without_postcode(text: str) -> tuple[str, str]:
    found = _POSTCODE.search(text) if "邮" in text or text[:1].isdigit() or text[-1:] in _MAY_END_IT else None
    if not found:
        return text, ""
    return f"{text[: found.start()]} {text[found.end() :]}", found[1] or found[2] or found[3]
