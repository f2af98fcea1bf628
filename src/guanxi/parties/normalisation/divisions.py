"""The administrative divisions of China: code and name, now and formerly (GB/T 2260).

The table comes with `python-stdnum` (stdnum/cn/loc.dat), which has every code since 1980 with the years in which it
was in force. Identity numbers begin with the code of the time, so abolished codes stay known.
"""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Final, NamedTuple

from guanxi.parties.normalisation.characters import simplified

_PROVINCE: Final = re.compile(r'^(\d\d) province="([^"]+)"')
_COUNTY: Final = re.compile(r'^\s+(\d{4}) county="([^"]+)"')
_NAME: Final = re.compile(r"(?:\[(\d*)-(\d*)\])?([^,\[]+)")
_FURTHER: Final = {
    "810000": "香港特别行政区",
    "820000": "澳门特别行政区",
    "830000": "台湾居民居住证",  # begins the residence permits of people from Taiwan (2018)
}


class Division(NamedTuple):
    """A code and the name it last had; `current` unless it was abolished."""

    code: str
    name: str
    current: bool


@functools.cache
def divisions() -> dict[str, Division]:
    """All divisions by their six digits."""
    found: dict[str, Division] = {}
    province = ""
    text = resources.files("stdnum.cn").joinpath("loc.dat").read_text(encoding="utf-8")
    for line in text.splitlines():
        if heading := _PROVINCE.match(line):
            province = heading[1]
            found[f"{province}0000"] = Division(f"{province}0000", simplified(heading[2]), current=True)
        elif county := _COUNTY.match(line):
            code = province + county[1]
            found[code] = _division(code, county[2])
    for code, name in _FURTHER.items():
        found[code] = Division(code, name, current=True)
    return found


def _division(code: str, names: str) -> Division:
    """The name in force, or the last one."""
    periods = _NAME.findall(names)
    _, until, name = max(periods, key=lambda period: int(period[1] or 9999))
    return Division(code, simplified(name), current=not until)


def is_division(code: str) -> bool:
    """Whether six digits are or were a division."""
    return code in divisions()


@functools.cache
def province_name(code: str) -> str:
    """The province of a division."""
    found = divisions().get(f"{code[:2]}0000")
    return found.name if found else ""
