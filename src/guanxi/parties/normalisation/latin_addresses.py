"""Addresses in Latin letters: the English form of Chinese ones, and those of other countries.

`Room 602, No. 88 Zhongshan East 1st Road, Huangpu District, Shanghai` has the words of its Chinese form, in its order,
as far as they are numbers; a road is its reading (`zhongshandong1路`). Elsewhere abbreviations are written out (USPS
Publication 28 for English, the usual ones of German, French and Czech).
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from pypinyin import Style, lazy_pinyin

from guanxi.kernel.names import without_marks
from guanxi.parties.normalisation.characters import folded
from guanxi.parties.normalisation.divisions import divisions
from guanxi.parties.normalisation.places import short_name

_OTHER_NAMES: Final = {
    "610000": "shaanxi", "150000": "innermongolia", "540000": "tibet", "810000": "hongkong", "820000": "macau",
    "150100": "hohhot", "230100": "harbin", "650100": "urumqi", "540100": "lhasa", "440100": "canton",
    "110000": "peking",
}  # fmt: skip
_READINGS: Final = {"朝阳": "chaoyang", "都匀": "duyun", "洪洞": "hongtong", "单县": "shanxian", "黄陂": "huangpi"}
_COUNTRY: Final = re.compile(
    r"\b(?:p\.?\s?r\.?\s?(?:of\s)?china|people'?s republic of china|china|p\.?r\.?c\.?)$", re.IGNORECASE
)
_ENDING: Final = re.compile(
    r"\s+(?:province|sheng|municipality|city|shi|district|qu|new (?:area|district)|xinqu|county|xian|"
    r"autonomous region)$",
    re.IGNORECASE,
)
_POSTCODE: Final = re.compile(r"(?<![\d#])(\d{6})(?!\d)")
_PLACES: Final = (
    (re.compile(r"^(?:room|rm\.?|flat|apt\.?|apartment|suite|ste\.?)\s*#?([a-z]?\d*[a-z]?)$"), "室"),
    (re.compile(r"^(?:unit|entrance|danyuan)\s*#?(\w+)$"), "单元"),
    (re.compile(r"^(?:building|bldg\.?|block|blk\.?|tower)\s*(?:no\.?\s*)?#?(\w+)$"), "栋"),
    (re.compile(r"^(?:(\d+)(?:st|nd|rd|th)?\s*/?\s*(?:floor|fl?\.?))$"), "层"),
    (re.compile(r"^(?:floor|level)\s*(\d+)$"), "层"),
    (re.compile(r"^(?:lane|alley|nong)\s*(\d+)$"), "弄"),
    (re.compile(r"^(?:no\.?|number|#)?\s*(\d+(?:-\d+)?)(?:\s*hao)?$"), "号"),
)
_NUMBERED: Final = re.compile(r"^(?:no\.?|number|#)?\s*(\d+(?:-\d+)?)(?:\s*hao)?\s+(?=[a-z])")
_LANE: Final = re.compile(r"^(lane\s*\d+)\s+(?=[a-z])")
_ROAD: Final = re.compile(
    r"^(?P<name>.+?)\s+(?P<kind>road|rd\.?|lu|street|st\.?|jie|avenue|ave\.?|dajie|"
    r"dadao|da dao|boulevard|blvd\.?|hutong|lane)$"
)
_KINDS: Final = {
    "road": "路", "rd": "路", "lu": "路", "street": "街", "st": "街", "jie": "街", "avenue": "大道", "ave": "大道",
    "dadao": "大道", "da dao": "大道", "boulevard": "大道", "blvd": "大道", "dajie": "大街", "hutong": "胡同",
    "lane": "巷",
}  # fmt: skip
_DIRECTIONS: Final = {
    "east": "dong", "e": "dong", "west": "xi", "w": "xi", "south": "nan", "s": "nan", "north": "bei", "n": "bei",
    "middle": "zhong", "mid": "zhong", "central": "zhong", "first": "1", "1st": "1", "second": "2", "2nd": "2",
    "third": "3", "3rd": "3", "fourth": "4", "4th": "4", "yi": "1", "er": "2", "san": "3", "si": "4",
}  # fmt: skip
_FULL_WORDS: Final = {
    "ST": "STREET", "RD": "ROAD", "AVE": "AVENUE", "AV": "AVENUE", "BLVD": "BOULEVARD", "DR": "DRIVE", "LN": "LANE",
    "CT": "COURT", "PL": "PLACE", "SQ": "SQUARE", "HWY": "HIGHWAY", "PKWY": "PARKWAY", "TER": "TERRACE",
    "CIR": "CIRCLE", "APT": "APARTMENT", "STE": "SUITE", "FL": "FLOOR", "BLDG": "BUILDING", "RM": "ROOM",
    "BLK": "BLOCK", "N": "NORTH", "S": "SOUTH", "E": "EAST", "W": "WEST", "NO": "", "STR": "STRASSE",
    "PLZ": "PLATZ", "NAM": "NAMESTI", "UL": "ULICE", "TR": "TRIDA", "NABR": "NABREZI", "BD": "BOULEVARD",
    "CRES": "CRESCENT", "CL": "CLOSE", "GDNS": "GARDENS",
}  # fmt: skip
_SAINT: Final = re.compile(r"\bST\b(?=\.? [A-Z]+ (?:ST|RD|AVE|STREET|ROAD|AVENUE|LN|LANE)\b)")
_POSTCODES: Final = {
    "US": re.compile(r"\b(\d{5})(?:-\d{4})?$"),
    "GB": re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})$"),
    "CA": re.compile(r"\b([A-Z]\d[A-Z]) ?(\d[A-Z]\d)$"),
    "CZ": re.compile(r"\b(\d{3}) ?(\d{2})\b"),
    "SK": re.compile(r"\b(\d{3}) ?(\d{2})\b"),
    "DE": re.compile(r"\b(\d{5})\b"),
    "FR": re.compile(r"\b(\d{5})\b"),
    "AU": re.compile(r"\b(\d{4})$"),
    "NL": re.compile(r"\b(\d{4}) ?([A-Z]{2})\b"),
    "SG": re.compile(r"\b(\d{6})$"),
    "JP": re.compile(r"\b(\d{3})-?(\d{4})\b"),
}
_STATE: Final = re.compile(r"\b([A-Z]{2,3})$")
_STATES: Final = frozenset(
    re.findall(
        "..",
        "ALAKAZARCACOCTDEFLGAHIIDILINIAKSKYLAMEMDMAMIMNMSMOMTNENVNHNJNMNYNCNDOHOKORPARISCSDTNTXUTVTVAWAWVWIWYDCPR",
    )
)
_AUSTRALIAN: Final = frozenset(("NSW", "VIC", "QLD", "WA", "SA", "TAS", "ACT", "NT"))
_WORDS: Final = re.compile(r"[A-Z0-9]+(?:[-/][A-Z0-9]+)*")


class LatinAddress(NamedTuple):
    """The parts of an address; `division` only in China."""

    division: str = ""
    region: str = ""
    words: tuple[str, ...] = ()
    postcode: str = ""


def parse_english_address_in_china(text: str) -> LatinAddress:
    """The English form of a Chinese address, from the room up or from the province down."""
    plain, postcode = _taken(_POSTCODE, folded(text).lower())
    parts = [part for part in (_COUNTRY.sub("", each.strip(" .")).strip(" .") for each in plain.split(",")) if part]
    division, left = _division(parts)
    upward = bool(left) and any(pattern.match(left[0]) for pattern, _ in _PLACES)
    found = [word for part in (reversed(left) if upward else left) for word in _words_of(part)]
    return LatinAddress(division, "", tuple(found), postcode)


def parse_latin_address(text: str, country: str) -> LatinAddress:
    """An address elsewhere: its words in capitals, written out, without postcode and state."""
    plain = without_marks(folded(text)).upper().strip(" .,")
    plain, postcode = _taken(_POSTCODES[country], plain) if country in _POSTCODES else (plain, "")
    region = ""
    if country in {"US", "AU"}:
        state = _STATE.search(plain.strip(" .,"))
        if state and state[1] in (_STATES if country == "US" else _AUSTRALIAN):
            region, plain = state[1], plain.strip(" .,")[: state.start()]
    plain = _SAINT.sub("SAINT", plain)
    words = (_FULL_WORDS.get(word, word) for word in _WORDS.findall(plain.replace("'", "")))
    return LatinAddress("", region, tuple(filter(None, words)), postcode)


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    """The text without the first hit of `pattern`, and the groups of the hit in one word."""
    found = pattern.search(text)
    if not found:
        return text, ""
    return f"{text[: found.start()]} {text[found.end() :]}".strip(" ,"), "".join(filter(None, found.groups()))


def _division(parts: list[str]) -> tuple[str, list[str]]:
    """The smallest division that the parts name, wherever they stand, and the parts that name none."""
    sounds = [_sound(_ENDING.sub("", part)) for part in parts]
    code, named = "", set[int]()
    for level in (_by_sound("province"), _by_sound("city"), _by_sound("county")):
        for at in reversed(range(len(parts))):
            candidates = level.get(sounds[at], ()) if at not in named and not _ROAD.match(parts[at]) else ()
            inside = [each for each in candidates if _is_inside(each, code)]
            if len(inside) == 1:
                code = inside[0]
                named.add(at)
                break
    repeated = {at for at, sound in enumerate(sounds) if any(sound == sounds[known] for known in named)}
    return code, [part for at, part in enumerate(parts) if at not in repeated]


def _is_inside(code: str, outer: str) -> bool:
    return code.startswith(outer.rstrip("0") if not outer.endswith("0000") else outer[:2]) if outer else True


@functools.cache
def _by_sound(level: str) -> dict[str, tuple[str, ...]]:
    """Present divisions of a level by their readings, and the names that Europe gave them."""
    found: dict[str, list[str]] = {}
    for code, division in divisions().items():
        if division.current and _level(code) == level and code != "830000":
            short = short_name(division.name)
            found.setdefault(_reading(short), []).append(code)
            if code in _OTHER_NAMES:
                found.setdefault(_OTHER_NAMES[code], []).append(code)
    if level == "province":
        found["shanxi"] = ["140000"]
    return {sound: tuple(codes) for sound, codes in found.items()}


def _reading(short: str) -> str:
    """A place's name in pinyin; 长 is read chang in places, and some are read as nothing else is."""
    if short in _READINGS:
        return _READINGS[short]
    head = "chang" if short[0] == "长" else ""
    return head + "".join(lazy_pinyin(short[1:] if head else short, style=Style.NORMAL))


def _level(code: str) -> str:
    if code.endswith("0000"):
        return "province"
    return "city" if code.endswith("00") else "county"


def _sound(text: str) -> str:
    return "".join(filter(str.isalpha, without_marks(text).lower()))


def _words_of(part: str) -> list[str]:
    """The words of one part between commas: room, floor, building, number and road."""
    for pattern, unit in _PLACES:
        if found := pattern.match(part):
            return [found[1].upper() + unit]
    for pattern in (_LANE, _NUMBERED):
        if found := pattern.match(part):
            return [*_words_of(part[found.end() :]), *_words_of(found[1])]
    if road := _ROAD.match(part):
        return [_road(road["name"]) + _KINDS[road["kind"].rstrip(".")]]
    return [_sound(part)] if _sound(part) else []


def _road(name: str) -> str:
    """The reading of a road's name with its direction and number: `zhongshandong1` for Zhongshan East 1st."""
    words = [word.strip(".()") for word in name.split()]
    head, tail = words[:1], words[1:]
    return "".join(_sound(word) for word in head) + "".join(
        _DIRECTIONS.get(word) or "".join(filter(str.isalnum, word)) for word in tail
    )
