"""The circuit breaker of one endpoint: after failures in a row nothing is sent for a while, then one call tries.

The pattern is M. Nygard's (Release It!, 2007, chapter 5). Pure: time is an argument, in seconds of any steady clock.
"""

from __future__ import annotations

from typing import Literal

State = Literal["closed", "open", "half_open"]


class Breaker:
    """`failures` in a row open it for `seconds`; 0 failures means that it never opens."""

    def __init__(self, failures: int, seconds: float) -> None:
        self._most, self._seconds = failures, seconds
        self._in_a_row = 0
        self._opened_at: float | None = None
        self._probing = False

    def state(self, now: float) -> State:
        """Where it stands."""
        if self._opened_at is None:
            return "closed"
        return "open" if now < self._opened_at + self._seconds else "half_open"

    def would_admit(self, now: float) -> bool:
        """Whether a call could go now."""
        state = self.state(now)
        return state == "closed" or (state == "half_open" and not self._probing)

    def admit(self, now: float) -> bool:
        """May a call go? While half open, one at a time may; who was admitted says how it went, or `withdraw`s."""
        if not self.would_admit(now):
            return False
        self._probing = self._opened_at is not None
        return True

    def succeeded(self, now: float) -> None:
        """A call was answered. One that was under way when it opened does not close it."""
        if self.state(now) == "open":
            return
        self._in_a_row, self._opened_at, self._probing = 0, None, False

    def failed(self, now: float) -> None:
        """A call was not answered."""
        self._in_a_row += 1
        state = self.state(now)
        if state == "half_open" or (state == "closed" and 0 < self._most <= self._in_a_row):
            self._opened_at, self._probing = now, False

    def withdraw(self) -> None:
        """A call that was admitted has not been made, or nobody knows how it went: another may try."""
        self._probing = False
