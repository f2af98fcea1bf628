"""When things happen: a trend over the months, a week, a day; in the bank's time zone, answered in UTC."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

import numpy as np
import numpy.typing as npt

DAY: Final = 86_400_000_000  # microseconds
_EAST: Final = 8 * 3_600_000_000  # China Standard Time is UTC+8 all year
_EPOCH: Final = dt.date(2000, 1, 1)

Numbers = npt.NDArray[np.int64]

# Share of each hour, midnight first.
HOURS: Final[dict[str, tuple[int, ...]]] = {
    "spending": (2, 1, 0, 0, 0, 1, 3, 8, 12, 11, 12, 17, 22, 16, 12, 13, 15, 20, 28, 30, 25, 16, 8, 4),
    "machine": (2, 1, 1, 0, 0, 2, 5, 10, 16, 20, 21, 20, 17, 15, 16, 18, 20, 22, 18, 13, 9, 6, 4, 3),
    "online": (6, 3, 1, 1, 1, 2, 6, 14, 19, 20, 19, 18, 22, 17, 15, 15, 16, 17, 18, 21, 25, 27, 21, 12),
    "office": (0, 0, 0, 0, 0, 0, 0, 0, 4, 20, 24, 20, 8, 12, 20, 19, 14, 3, 0, 0, 0, 0, 0, 0),
    "night": (0, 3, 8, 5, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
}
_WEEK: Final[dict[str, tuple[float, ...]]] = {  # Monday first
    "spending": (0.85, 0.85, 0.9, 0.9, 1.1, 1.35, 1.25),
    "machine": (1.0, 0.95, 0.95, 1.0, 1.2, 1.1, 0.8),
    "online": (1.1, 1.05, 1.05, 1.0, 1.0, 0.9, 0.9),
    "office": (1.25, 1.1, 1.0, 1.0, 1.05, 0.4, 0.1),
    "night": (1, 1, 1, 1, 1, 1, 1),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    """From the first day to the instant `until` (microseconds from 2000-01-01 UTC)."""

    first: dt.date
    until: int

    @property
    def days(self) -> int:
        """Days begun."""
        return -(-(self.until + _EAST - _day(self.first)) // DAY)

    @property
    def last(self) -> dt.date:
        """The day, in UTC, in which the window ends."""
        return _EPOCH + dt.timedelta(microseconds=self.until)

    def month_starts(self) -> list[dt.date]:
        """The first days of its months."""
        months, month = [], self.first
        while month <= self.last:
            months.append(month)
            month = (month + dt.timedelta(days=31)).replace(day=1)
        return months


def window_until(until: dt.datetime) -> Window:
    """The present month and the twelve before it."""
    first = (until.date().replace(day=1) - dt.timedelta(days=360)).replace(day=1)
    return Window(first, to_microseconds(until))


def to_microseconds(moment: dt.datetime) -> int:
    """An aware time as PostgreSQL counts."""
    return (moment - dt.datetime(2000, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def local_day(day: dt.date) -> int:
    """The instant at which `day` begins in the bank's time zone."""
    return _day(day) - _EAST


def moments(generator: np.random.Generator, count: int, window: Window, rhythm: str) -> Numbers:
    """`count` instants that follow the rhythm; some may lie past the end and are to be dropped."""
    days = np.arange(window.days)
    week = np.array(_WEEK[rhythm])[(window.first.weekday() + days) % 7]
    weights = np.cumsum(week * (1 + 0.25 * days / max(window.days, 1)))
    day = np.searchsorted(weights, generator.random(count) * weights[-1], side="right")
    result: Numbers = local_day(window.first) + day * DAY + _of_day(generator, count, rhythm)
    return result


def on_day(generator: np.random.Generator, day: dt.date, count: int, rhythm: str, spread: int = 1) -> Numbers:
    """`count` instants on `day` or, with a `spread`, within so many days from it."""
    later = generator.integers(0, spread, count) * DAY if spread > 1 else 0
    return local_day(day) + later + _of_day(generator, count, rhythm)


def _of_day(generator: np.random.Generator, count: int, rhythm: str) -> Numbers:
    hours = np.cumsum(np.array(HOURS[rhythm], dtype=float))
    hour = np.searchsorted(hours, generator.random(count) * hours[-1], side="right")
    result: Numbers = hour * 3_600_000_000 + generator.integers(0, 3_600_000, count) * 1000
    return result


def _day(day: dt.date) -> int:
    return (day - _EPOCH).days * DAY
