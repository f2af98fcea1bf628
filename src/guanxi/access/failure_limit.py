"""How many failed sign-ins one network address may make in a minute before it has to wait."""

from __future__ import annotations

import collections
from typing import Final

FAILURES_ALLOWED: Final = 30
WINDOW_SECONDS: Final = 60.0
_ADDRESSES_KEPT: Final = 10_000


class FailureLimit:
    """Counts failures by address in a sliding window. Times are seconds on any clock that only goes forward."""

    def __init__(self) -> None:
        self._failures: collections.OrderedDict[str, collections.deque[float]] = collections.OrderedDict()

    def seconds_to_wait(self, address: str, at: float) -> float:
        """0 when `address` may try; otherwise how long until it may."""
        times = self._failures.get(address)
        if times is None:
            return 0.0
        while times and at - times[0] >= WINDOW_SECONDS:
            times.popleft()
        if not times:
            del self._failures[address]
        return 0.0 if len(times) < FAILURES_ALLOWED else times[0] + WINDOW_SECONDS - at

    def count(self, address: str, at: float) -> None:
        """One more failure came from `address`."""
        times = self._failures.setdefault(address, collections.deque(maxlen=FAILURES_ALLOWED))
        times.append(at)
        self._failures.move_to_end(address)
        if len(self._failures) > _ADDRESSES_KEPT:
            self._failures.popitem(last=False)
