"""What services need from the world: the business systems that keep the money."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from guanxi.services.request import Leg, LegReply


class BusinessSystem(Protocol):
    """One back-end behind an adapter. Every call is idempotent by `leg.id`."""

    async def open(self) -> None:
        """Begin to connect. Legs are refused as unavailable until that has succeeded."""

    async def perform(self, leg: Leg) -> LegReply:
        """Do what the leg says. `unknown` when no answer came."""

    async def enquire(self, leg: Leg) -> LegReply:
        """What became of the leg. One that never arrived is `failed`; `unknown` when no answer came."""

    async def undo(self, leg: Leg) -> LegReply:
        """Take the leg back: `reversed`, or `unknown` when no answer came. If it arrives later it is refused."""

    async def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class SignOfLife(Protocol):
    """What an adapter offers besides where its peer can be asked whether it is there."""

    async def ping(self) -> bool:
        """Does the peer answer? May be asked at any time once the adapter has been opened."""
