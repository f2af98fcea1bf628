"""What travels between a channel and the services: a channel-neutral request, its legs, and its reply."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, Literal

import msgspec

from guanxi.kernel.vocabulary import Channel, Outcome, Reason


class Actor(msgspec.Struct, frozen=True):
    """Who asks: a party signed in on a channel, a terminal with a card in it, a member of staff, a system."""

    kind: Literal["party", "terminal", "staff", "system"]
    name: str  # party id, terminal id, staff user name, system name
    party_id: uuid.UUID | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class ServiceRequest(msgspec.Struct, frozen=True):
    """One ask for a catalogue service. `arguments` is the service's own struct."""

    id: uuid.UUID
    channel: Channel
    service: str
    idempotency_key: str
    actor: Actor
    arguments: msgspec.Struct
    received_at: dt.datetime


class ServiceReply(msgspec.Struct, frozen=True):
    """The answer. When it is sent, what it says is durable."""

    request_id: uuid.UUID
    outcome: Outcome
    reason: Reason | None = None
    result: dict[str, Any] = msgspec.field(default_factory=dict)  # amounts as decimal text
    replayed: bool = False  # the stored answer to an earlier, equal request


class Leg(msgspec.Struct, frozen=True):
    """One call to make to one business system. `id` is its idempotency key there."""

    id: uuid.UUID
    system: str  # savings, integrated, loans, cards, intermediary
    operation: str
    content: dict[str, Any]  # amounts as decimal text
    undo: str = "reversal"  # what undoes it at that system, declared where the leg is planned
    endpoint: str = ""  # where it goes, once the exchange has decided; enquiries and reversals follow it there
    fail_over: tuple[str, ...] = ()  # where it may go instead while it has not left


class Wire(msgspec.Struct, frozen=True):
    """What passed between us and a peer, in the fields of its own protocol; kept only masked."""

    format: Literal["iso8583", "json", "xml", "csv", "fixed"]
    said: dict[Any, Any]
    answered: dict[Any, Any] | None = None  # None when no answer came


class LegReply(msgspec.Struct, frozen=True):
    """What a business system said, or that it said nothing."""

    state: Literal["confirmed", "pending", "failed", "unknown", "reversed"]
    reason: Reason | None = None
    reference: str | None = None
    content: dict[str, Any] = msgspec.field(default_factory=dict)
    wire: Wire | None = None  # where the protocol has other words than the leg's content and this reply
