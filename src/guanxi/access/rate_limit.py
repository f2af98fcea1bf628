"""How many requests a machine client may make in a second: a token bucket that holds two seconds' worth."""

from __future__ import annotations

from typing import Final

BURST_SECONDS: Final = 2.0


class RateLimit:
    """One bucket for each client of this process. Times are seconds on any clock that only goes forward."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, client: str, per_second: int, at: float) -> float:
        """0 when one more request may be made; otherwise how many seconds until one may, and nothing is taken."""
        full = per_second * BURST_SECONDS
        held, since = self._buckets.get(client, (full, at))
        held = min(full, held + (at - since) * per_second)
        wait = 0.0 if held >= 1 else (1 - held) / per_second
        self._buckets[client] = (held - 1 if not wait else held, at)
        return wait
