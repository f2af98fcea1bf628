"""Divisions by their names at the beginning of a text, in full or without 省, 市, 区, 县."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from guanxi.parties.normalisation.characters import words
from guanxi.parties.normalisation.divisions import divisions

_LONG_ENDINGS: Final = words(
    "维吾尔自治区 壮族自治区 回族自治区 特别行政区 自治区 土家族苗族自治州 布依族苗族自治州 苗族侗族自治州 "
    "藏族羌族自治州 傣族景颇族自治州 哈尼族彝族自治州 壮族苗族自治州 蒙古族藏族自治州 哈萨克自治州 柯尔克孜自治州 "
    "蒙古自治州 朝鲜族自治州 藏族自治州 彝族自治州 傣族自治州 白族自治州 回族自治州 傈僳族自治州 自治州 地区 新区 "
    "自治县 自治旗"
)
_SHORT_ENDINGS: Final = "省市区县盟州旗"
_MUNICIPALITIES: Final = frozenset(["11", "12", "31", "50"])
_NONE: Final = frozenset(("市辖区", "县", "直辖县", "省直辖县级行政区划", "自治区直辖县级行政区划"))
_ROAD: Final = re.compile(
    "[市区县]|[东西南北中上下内外新老寺江湖山桥]?[一二三四五六七八九十]?(?:路|街|大道|大街|道|巷|弄|里|村|镇|乡)"
)
_LONGEST: Final = 15


class Place(NamedTuple):
    """A division found at the beginning of a text, and how many characters name it."""

    code: str = ""
    length: int = 0


NOWHERE: Final = Place()
Names = Mapping[str, str]


def leading_place(text: str) -> Place:
    """The smallest division that `text` begins with: 上海市浦东新区世纪大道 begins with 310115, in seven characters."""
    province = _longest(text, _provinces())
    start = _after(text, 0, province, _provinces())
    cities = _cities(province.code[:2]) if province.code else _all_cities()
    city = _longest(text[start:], cities)
    county = _county(text[start:], province.code)
    if county.length <= city.length:  # else 承德县, which is not in the city of 承德
        county = NOWHERE
        if city.code:
            start = _after(text, start, city, cities)
            county = _county(text[start:], city.code)
    last = next((found for found in (county, city, province) if found.code), NOWHERE)
    return Place(last.code, start + county.length)


def _after(text: str, start: int, found: Place, names: Names) -> int:
    """Where the text goes on; 上海上海市徐汇区 says the same twice, as columns for province and city do."""
    end = start + found.length
    again = _longest(text[end:], names) if found.code else NOWHERE
    twice = again.code == found.code != "" and text.startswith(divisions()[found.code].name, end)
    return end + again.length if twice else end


def _county(rest: str, within: str) -> Place:
    """A county, of the city or province found before it; with neither, one whose name is the only one of its kind."""
    if not within:
        return _longest(rest, _unique_counties())
    if within.endswith("0000"):
        rest_after = rest.removeprefix("市辖区")
        found = _longest(rest_after, _counties(within[:2]))
    else:
        found = _longest(rest, _counties(within[:4]))
        found = found if found.code else _longest(rest, _counties(within[:2]))
    return found


def _longest(text: str, names: Names) -> Place:
    """The longest name of `names` that `text` begins with. 长宁路 is a road, 吉林市 no province."""
    for length in range(min(len(text), _LONGEST), 1, -1):
        code = names.get(text[:length])
        if code and (not _ROAD.match(text, length) or divisions()[code].name == text[:length]):
            return Place(code, length)
    return NOWHERE


@functools.cache
def _provinces() -> Names:
    return _named((code, name) for code, name in _current() if code.endswith("0000") and code != "830000")


@functools.cache
def _cities(province: str) -> Names:
    """Prefectures of a province; of a municipality there are none between it and its districts."""
    if province in _MUNICIPALITIES:
        return {}
    return _named((code, name) for code, name in _current() if code.startswith(province) and _is_city(code))


@functools.cache
def _all_cities() -> Names:
    return _named((code, name) for code, name in _current() if _is_city(code) and code[:2] not in _MUNICIPALITIES)


@functools.cache
def _counties(prefix: str) -> Names:
    """Counties and districts under a prefecture (four digits) or a province (two); former ones after present ones.

    Of a whole province only names that one present county has: there are two 桥西区 in Hebei.
    """
    inside = [(code, name) for code, name in _within().get(prefix, ()) if not code.endswith("00")]
    if len(prefix) > 2:
        return _named(inside)
    present = Counter(name for code, name in inside if divisions()[code].current)
    return _named((code, name) for code, name in inside if present[name] < 2)


@functools.cache
def _unique_counties() -> Names:
    """Present counties that can be told by their full name alone; county-level cities also by the short one."""
    seen: dict[str, set[str]] = {}
    for code, name in _current():
        if not code.endswith("00") and name not in _NONE and len(name) > 2:
            seen.setdefault(name, set()).add(code)
    return {name: next(iter(codes)) for name, codes in seen.items() if len(codes) == 1}


def _is_city(code: str) -> bool:
    return code.endswith("00") and not code.endswith("0000")


def _named(pairs: Iterable[tuple[str, str]]) -> Names:
    """Codes by full and short names; the first code of a name stays."""
    found: dict[str, str] = {}
    listed = [(code, name) for code, name in pairs if name not in _NONE]
    for code, name in listed:
        found.setdefault(name, code)
    for code, name in listed:
        if len(short := short_name(name)) >= 2:
            found.setdefault(short, code)
    return found


def short_name(name: str) -> str:
    """A division's name without what it is: 内蒙古 for 内蒙古自治区, 浦东 for 浦东新区."""
    for ending in _LONG_ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name.removesuffix(ending)
    return name[:-1] if name[-1] in _SHORT_ENDINGS and len(name) > 2 else name


@functools.cache
def _current() -> tuple[tuple[str, str], ...]:
    return tuple((code, each.name) for code, each in divisions().items() if each.current)


@functools.cache
def _within() -> Mapping[str, list[tuple[str, str]]]:
    """Divisions by the first two and the first four digits of their codes: present ones, then former ones."""
    former = ((code, each.name) for code, each in divisions().items() if not each.current)
    found: dict[str, list[tuple[str, str]]] = {}
    for code, name in (*_current(), *former):
        for prefix in (code[:2], code[:4]):
            found.setdefault(prefix, []).append((code, name))
    return found
