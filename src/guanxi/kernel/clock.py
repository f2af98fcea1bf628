"""The one place that reads the wall clock. Interfaces call `now()`; everything below takes time as an argument."""

from __future__ import annotations

import datetime as dt


def now() -> dt.datetime:
    """The present instant, aware, in UTC."""
    return dt.datetime.now(tz=dt.UTC)  # noqa: TID251 - this is the interface to the clock
