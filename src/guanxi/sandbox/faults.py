"""Faults that can be switched on, per system, to see what the other side makes of them."""

from __future__ import annotations

import asyncio
import random
from typing import Annotated, Final, Literal

import msgspec

from guanxi.sandbox.errors import RequestInvalid

FAULTY: Final = ("savings", "integrated", "loans", "intermediary", "cards")
_REPEATING: Final = ("intermediary", "cards")  # its callbacks, its answers


class Fault(msgspec.Struct, frozen=True):
    """What goes wrong, how often (`rate`, 0 to 1), and for `slow` by how much."""

    kind: Literal["slow", "drop_reply_after_commit", "refuse", "duplicate_reply"]
    milliseconds: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 1000
    rate: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0


class Faults:
    """The faults switched on at the moment, one a system."""

    def __init__(self) -> None:
        self.on: dict[str, Fault] = {}
        self._chance = random.Random(8583)  # noqa: S311 - nothing secret, and the same each time

    def strikes(self, system: str, kind: str) -> bool:
        """Does this fault happen to the message at hand?"""
        fault = self.on.get(system)
        return fault is not None and fault.kind == kind and self._chance.random() < fault.rate

    async def before_reply(self, system: str) -> bool:
        """Be slow if told so; False when there must be no reply at all."""
        if self.strikes(system, "slow"):
            await asyncio.sleep(self.on[system].milliseconds / 1000)
        return not self.strikes(system, "drop_reply_after_commit")


def check_fault(system: str, fault: Fault) -> None:
    """`RequestInvalid` for a fault that this system cannot have."""
    if system not in FAULTY:
        raise RequestInvalid(
            f"There are no faults for {system!r}.", next_step=f"One of {', '.join(FAULTY)}.", field="system"
        )
    if fault.kind == "duplicate_reply" and system not in _REPEATING:
        raise RequestInvalid(
            f"{system} answers each call once: HTTP has no second reply.",
            next_step=f"One of {', '.join(_REPEATING)} can repeat itself.",
            field="kind",
        )
