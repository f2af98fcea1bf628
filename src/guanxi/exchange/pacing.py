"""How fast a peer may be called, and how long to wait before a call is repeated. Pure: time and chance are given."""

from __future__ import annotations


class TokenBucket:
    """So many calls a second on average, and so many at once (Turner, New Directions in Communications, 1986).

    Whoever comes takes a token, if need be one that has yet to fall into the bucket, and is told how long that takes.
    """

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second, self._burst = per_second, burst
        self._tokens, self._at = float(burst), 0.0

    def take(self, now: float, patience: float) -> float | None:
        """Seconds to wait before going; None, with nothing taken, when that is more than `patience`."""
        tokens = min(self._burst, self._tokens + max(0.0, now - self._at) * self._per_second)
        wait = max(0.0, (1 - tokens) / self._per_second)
        if wait > patience:
            return None
        self._tokens, self._at = tokens - 1, max(now, self._at)
        return wait


def backoff(attempt: int, first: float, chance: float) -> float:
    """Seconds before attempt number `attempt` + 1: anything up to a bound that doubles each time.

    "Full jitter" (M. Brooker, Exponential Backoff and Jitter, AWS Architecture Blog, 2015); `chance` is from [0, 1).
    """
    return chance * first * 2.0 ** (attempt - 1)
