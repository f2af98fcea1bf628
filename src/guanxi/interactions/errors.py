"""What the timeline refuses.

InteractionsError
└── MonthNotEmpty       a bulk load would replace a month that has interactions
"""

from __future__ import annotations

import datetime as dt

from guanxi.kernel.errors import GuanxiError


class InteractionsError(GuanxiError):
    """The family of the timeline's errors."""

    code = "interactions.error"


class MonthNotEmpty(InteractionsError):
    """A bulk load would replace a month that has interactions."""

    code = "interactions.month_not_empty"

    def __init__(self, month: dt.date) -> None:
        super().__init__(
            f"The timeline has interactions of {month:%B %Y} already.",
            next_step="Load into an empty bank, or another period.",
            month=month.isoformat(),
        )
