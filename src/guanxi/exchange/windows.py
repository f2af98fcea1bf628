"""Windows of time as people write them: `daily 02:00-02:30`, `Mon-Fri 09:00-17:00`, `Sat,Sun 00:00-24:00`,
`2026-12-01 22:00-02:00`. A window that ends before it begins goes past midnight, and belongs to the day it begins on.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import Final

from guanxi.kernel.errors import InvalidValue

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TEXT: Final = re.compile(r"(\S+)\s+(\d\d):(\d\d)-(\d\d):(\d\d)")
_A_DAY: Final = 24 * 60
_EXAMPLES: Final = "Write it as daily 02:00-02:30, Mon-Fri 09:00-17:00 or 2026-12-01 22:00-02:00."


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """From minute `begins` to before minute `ends` of the days (0 = Monday), or of one date."""

    days: frozenset[int]
    date: dt.date | None
    begins: int
    ends: int

    def covers(self, at: dt.datetime) -> bool:
        """Whether it is open at `at`, a time of the clock on the wall."""
        minute = at.hour * 60 + at.minute
        if self.begins < self.ends:
            return self._begins_on(at.date()) and self.begins <= minute < self.ends
        yesterday = at.date() - dt.timedelta(days=1)
        return (self._begins_on(at.date()) and minute >= self.begins) or (
            self._begins_on(yesterday) and minute < self.ends
        )

    def _begins_on(self, date: dt.date) -> bool:
        return date == self.date if self.date else date.weekday() in self.days


def read_window(text: str) -> Window:
    """The window that `text` describes; `InvalidValue` when it describes none."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise _no_window(text)
    first, *clock = found.groups()
    hour, minute, end_hour, end_minute = map(int, clock)
    begins, ends = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or begins >= _A_DAY or ends > _A_DAY or begins == ends:
        raise _no_window(text)
    days, date = _days(first, text)
    return Window(days, date, begins, ends)


def any_covers(windows: tuple[Window, ...], at: dt.datetime) -> bool:
    """Whether one of them is open."""
    return any(window.covers(at) for window in windows)


def _days(first: str, text: str) -> tuple[frozenset[int], dt.date | None]:
    if first == "daily":
        return frozenset(range(7)), None
    if first[:1].isdigit():
        try:
            return frozenset(), dt.date.fromisoformat(first)
        except ValueError:
            raise _no_window(text) from None
    days: set[int] = set()
    for part in first.split(","):
        name, _, last = part.partition("-")
        if name not in DAYS or (last or name) not in DAYS:
            raise _no_window(text)
        begin, end = DAYS.index(name), DAYS.index(last or name)
        days.update(day % 7 for day in range(begin, end + 1 if end >= begin else end + 8))
    return frozenset(days), None


def _no_window(text: str) -> InvalidValue:
    return InvalidValue(f"{text!r} is no window of time.", field="window", next_step=_EXAMPLES)
