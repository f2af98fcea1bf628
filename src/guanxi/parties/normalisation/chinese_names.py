"""Names of persons in Chinese characters: order, titles, dots, former and married names, pinyin.

Pinyin follows GB/T 28039-2011; a surname is read as one (单 shan). Names with a middle dot are a given name and the
father's without a surname: the dot is dropped, as half of all systems cannot write it, and no surname is claimed.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from guanxi.kernel.names import COMPOUND_SURNAMES, given_reading, surname_reading
from guanxi.parties.normalisation.characters import folded, has_chinese, simplified
from guanxi.parties.normalisation.record import FEMALE, MALE
from guanxi.parties.normalisation.surnames import SINGLE, is_double, surname_length

_TITLES: Final = {
    "先生": MALE, "女士": FEMALE, "小姐": FEMALE, "太太": FEMALE, "夫人": FEMALE, "女生": FEMALE, "男士": MALE,
    "同志": "", "博士": "", "教授": "", "经理": "", "总经理": "", "主任": "", "老师": "", "医生": "", "律师": "",
    "董事长": "",
}  # fmt: skip
_TITLE: Final = re.compile(f"(?P<name>.+?)(?P<title>{'|'.join(sorted(_TITLES, key=len, reverse=True))})$")
_FORMER: Final = re.compile(r"[(\[]?(?:曾用名|原名|又名|别名|婚前姓名|本名)[:：]?\s*([^)\]\s]+)[)\]]?")
_BRACKETED: Final = re.compile(r"[(\[]([^)\]]*)[)\]]")
_USUAL: Final = re.compile("[\u4e00-\u9fff]{2,4}")
_SEPARATORS: Final = re.compile(r"[\s,，、]+")
_SEVERAL: Final = re.compile("[/、;&+]")
_NOT_NAME: Final = re.compile(r"[^\u3007\u3400-\u9fff\U00020000-\U000323af]")
_LONGEST_WITHOUT_SEPARATOR: Final = 4


class ChineseName(NamedTuple):
    """A name in simplified characters with its parts, and what was left beside it."""

    name: str = ""
    surname: str = ""
    given_name: str = ""
    surname_pinyin: str = ""
    given_pinyin: str = ""
    former_names: tuple[str, ...] = ()
    gender: str = ""
    latin: str = ""  # what stood in brackets or behind the characters in Latin letters
    doubts: tuple[str, ...] = ()


@functools.lru_cache(maxsize=100_000)
def parse_chinese_name(text: str) -> ChineseName:
    """The name in `text`, which has a Chinese character."""
    if _USUAL.fullmatch(text) and text[-2:] not in _TITLES:
        return _with_parts(simplified(text))
    plain = simplified(folded(text))
    plain, former = _taken_out(plain)
    plain, latin = _without_latin(plain)
    plain, more = _first_of_several(plain)
    plain, gender, doubts = _without_title(plain)
    doubts += more
    name = _in_order(plain)
    if not name:
        return ChineseName(latin=latin, doubts=("no Chinese name in it",))
    if len(name) == 1 and not doubts:
        doubts = ("one character only",)
    return _with_parts(name, former, gender, latin, doubts, dotted="\u00b7" in plain)


def parse_parts(surname: str, given_name: str) -> ChineseName:
    """A name whose parts the source keeps apart."""
    family, personal = (_NOT_NAME.sub("", simplified(folded(part))) for part in (surname, given_name))
    if not family or not personal:
        return parse_chinese_name(surname + given_name)
    if personal in SINGLE and family not in SINGLE and family not in COMPOUND_SURNAMES:
        family, personal = personal, family
    name = family + personal
    married = is_double(name) and len(family) == 2
    return ChineseName(
        name=name,
        surname=family,
        given_name=personal,
        surname_pinyin=surname_reading(family) if not married else "".join(map(surname_reading, family)),
        given_pinyin=given_reading(personal),
        former_names=(name[1:],) if married else (),
    )


def _taken_out(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without the former names it tells, and those."""
    if "名" not in text:
        return text, ()
    former = tuple(_NOT_NAME.sub("", each) for each in _FORMER.findall(text))
    return _FORMER.sub(" ", text), tuple(filter(None, former))


def _without_latin(text: str) -> tuple[str, str]:
    """The Chinese part and the Latin one: brackets are opened, letters put aside."""
    if not any(character.isascii() for character in text):
        return text, ""
    latin = " ".join(re.findall(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f.' -]*", text)).strip()
    outside = _BRACKETED.sub(" ", text)
    return (outside if has_chinese(outside) else text), latin


def _first_of_several(text: str) -> tuple[str, tuple[str, ...]]:
    """The first of the names of a joint account: 王小明/李娜."""
    parts = [part for part in _SEVERAL.split(text) if len(_NOT_NAME.sub("", part)) > 1]
    return (parts[0], ("more than one name",)) if len(parts) > 1 else (text, ())


def _without_title(text: str) -> tuple[str, str, tuple[str, ...]]:
    found = _TITLE.fullmatch(text.strip(" ,"))
    if not found:
        return text, "", ()
    name, title = found["name"].strip(), found["title"]
    if len(name) == 1 or name in COMPOUND_SURNAMES:
        return name, _TITLES[title], ("a surname and a title only",)
    return name, _TITLES[title], ()


def _in_order(text: str) -> str:
    """Surname first. Parts apart (小明 王) are turned about when only the last can be the surname."""
    parts = [part for part in (_NOT_NAME.sub("", each) for each in _SEPARATORS.split(text)) if part]
    if len(parts) == 2 and len(parts[0]) == 2 and _is_surname(parts[1]) and not _is_surname(parts[0]):
        parts.reverse()
    return "".join(parts)


def _is_surname(part: str) -> bool:
    return part in SINGLE or part in COMPOUND_SURNAMES


def _with_parts(
    name: str,
    former: tuple[str, ...] = (),
    gender: str = "",
    latin: str = "",
    doubts: tuple[str, ...] = (),
    *,
    dotted: bool = False,
) -> ChineseName:
    double = is_double(name) and not dotted
    length = 0 if dotted and len(name) > _LONGEST_WITHOUT_SEPARATOR else surname_length(name)
    surname, given = (name[:1], name[2:]) if double else (name[:length], name[length:])
    return ChineseName(
        name=name,
        surname=surname,
        given_name=given,
        surname_pinyin=surname_reading(surname),
        given_pinyin=given_reading(given),
        former_names=(*former, name[1:]) if double else former,
        gender=gender,
        latin=latin,
        doubts=doubts,
    )
