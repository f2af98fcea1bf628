"""What services need from the world: the business systems that keep the money."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable

import msgspec

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


class BookedOperation(msgspec.Struct, frozen=True):
    """One operation as a business system has it in its books. `id` is its name there."""

    id: str
    status: str  # posted, confirmed, accepted, refused, rejected, reversed
    operation: str = ""
    account: str | None = None
    amount: str | None = None  # decimal text
    currency: str | None = None
    reference: str | None = None
    reason: str | None = None
    at: str | None = None


@runtime_checkable
class Reconcilable(Protocol):
    """A business system whose books of a day can be held against the journal."""

    def name_of(self, leg_id: uuid.UUID) -> str:
        """What the system calls the operation that this leg is."""

    def booked(self, day: dt.date) -> AsyncIterator[BookedOperation]:
        """What it did on `day` (UTC), in the order of the names there. Raises `OSError` when it cannot be asked."""

    async def find_booked(self, name: str) -> BookedOperation | None:
        """The operation of that name, whenever it was. Raises `OSError` when the system cannot be asked."""
