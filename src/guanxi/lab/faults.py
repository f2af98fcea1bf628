"""What goes wrong, where and when: a schedule drawn from a seed, so that a run that failed can be made again.

Pairs of victim and fault are dealt from a shuffled deck that holds each of them once, so that a short run meets most of
them and a long one all, several times; the gaps between them are exponential, so that they fall upon each other too.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final


class FaultKind(StrEnum):
    """What may happen to a process, or to a link between two."""

    KILL = "kill"  # SIGKILL, started again after a while
    PAUSE = "pause"  # SIGSTOP, SIGCONT after a while
    RESTART = "restart"  # SIGTERM, started again after a while
    CUT = "cut"  # connections are reset, new ones refused for a while
    SILENCE = "silence"  # nothing gets through for a while, and nobody is told
    TROUBLE = "trouble"  # for a while messages are delayed, dropped, or come twice


TO_PROCESSES: Final = (FaultKind.KILL, FaultKind.PAUSE, FaultKind.RESTART)
TO_LINKS: Final = (FaultKind.CUT, FaultKind.SILENCE, FaultKind.TROUBLE)
TO_STREAMS: Final = (FaultKind.CUT, FaultKind.SILENCE)  # links whose messages we do not know
_SECONDS: Final = {
    FaultKind.KILL: (0.1, 2.5),
    FaultKind.PAUSE: (0.3, 8.0),  # longer than a leg may take, too
    FaultKind.RESTART: (0.1, 1.0),
    FaultKind.CUT: (0.0, 3.0),
    FaultKind.SILENCE: (0.3, 8.0),
    FaultKind.TROUBLE: (3.0, 10.0),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong, `at` seconds after the beginning, for `seconds`."""

    number: int
    at: float
    victim: str
    kind: FaultKind
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class Victims:
    """What can be hit."""

    processes: Sequence[str]
    links: Sequence[str]
    streams: Sequence[str]

    def pairs(self) -> list[tuple[str, FaultKind]]:
        """Every victim with every fault it may have."""
        return [
            *itertools.product(self.processes, TO_PROCESSES),
            *itertools.product(self.links, TO_LINKS),
            *itertools.product(self.streams, TO_STREAMS),
        ]


def draw_schedule(seed: int, number: int, victims: Victims, mean_gap: float) -> list[Fault]:
    """`number` faults; the same seed and victims give the same ones."""
    drawn = random.Random(f"{seed}/faults")  # noqa: S311 - invented, repeatable
    at, schedule = 0.0, []
    for position, (victim, kind) in enumerate(itertools.islice(_dealt(drawn, victims), number)):
        at += drawn.expovariate(1 / mean_gap)
        schedule.append(Fault(position + 1, round(at, 3), victim, kind, round(drawn.uniform(*_SECONDS[kind]), 3)))
    return schedule


def _dealt(drawn: random.Random, victims: Victims) -> Iterator[tuple[str, FaultKind]]:
    while True:
        deck = victims.pairs()
        drawn.shuffle(deck)
        yield from deck
