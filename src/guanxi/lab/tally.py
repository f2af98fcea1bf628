"""What traffic has done so far: counts and latencies by channel, drawn as a table."""

from __future__ import annotations

import collections
import dataclasses
import statistics
import time

from rich.table import Table

_WINDOW = 10.0  # seconds over which the present rate is taken


@dataclasses.dataclass(slots=True)
class ChannelTally:
    """One channel."""

    outcomes: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    milliseconds: collections.deque[float] = dataclasses.field(default_factory=lambda: collections.deque(maxlen=2000))
    ended_at: collections.deque[float] = dataclasses.field(default_factory=collections.deque)
    in_flight: int = 0

    def add(self, outcome: str, seconds: float) -> None:
        """One more act has ended."""
        self.outcomes[outcome] += 1
        self.milliseconds.append(seconds * 1000)
        self.ended_at.append(time.monotonic())

    def rate(self, since: float) -> float:
        """Acts ended a second, lately."""
        now = time.monotonic()
        while self.ended_at and now - self.ended_at[0] > _WINDOW:
            self.ended_at.popleft()
        return len(self.ended_at) / max(min(_WINDOW, now - since), 0.1)


class Tally:
    """All channels."""

    def __init__(self, channels: tuple[str, ...]) -> None:
        self.channels = {channel: ChannelTally() for channel in channels}
        self.began = time.monotonic()
        self.not_begun = 0  # arrivals that found too many before them

    @property
    def outcomes(self) -> collections.Counter[str]:
        """Over all channels."""
        return sum((channel.outcomes for channel in self.channels.values()), collections.Counter())

    def table(self, heading: str) -> Table:
        """As people read it."""
        table = Table(title=heading, title_justify="left", expand=False)
        for name in ("channel", "a second", "in flight", "p50 ms", "p99 ms"):
            table.add_column(name, justify="left" if name == "channel" else "right")
        table.add_column("outcomes")
        for name, channel in self.channels.items():
            table.add_row(name, *self._cells(channel), _told(channel.outcomes))
        if self.not_begun:
            table.caption = f"{self.not_begun:,} arrivals were turned away: the bank answers too slowly for this rate."
        return table

    def _cells(self, channel: ChannelTally) -> list[str]:
        median, highest = _quantiles(list(channel.milliseconds))
        return [f"{channel.rate(self.began):.1f}", str(channel.in_flight), f"{median:.0f}", f"{highest:.0f}"]


def _quantiles(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return (values or [0.0])[0], (values or [0.0])[0]
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[98]


def _told(outcomes: collections.Counter[str]) -> str:
    return "  ".join(f"{outcome} {count:,}" for outcome, count in outcomes.most_common())
