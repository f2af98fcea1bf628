"""What a service is: pure functions from a request, and what is known, to legs; and from their replies to a result."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec

from guanxi.kernel.vocabulary import Channel, InteractionKind, Reason
from guanxi.services.request import Leg, LegReply, ServiceRequest


class KnownAccount(msgspec.Struct, frozen=True):
    """An account that the request concerns, as our own record has it."""

    id: uuid.UUID
    number: str
    system: str
    product: str
    currency: str
    status: str  # open, blocked, closed
    ledger_balance: Decimal
    available_balance: Decimal
    owner_id: uuid.UUID | None
    holders: tuple[uuid.UUID, ...]  # the owner and everybody authorised
    balance_at: dt.datetime | None = None  # when its system told the balances


class KnownCard(msgspec.Struct, frozen=True):
    """A card that the request concerns; `account_number` names its account."""

    id: uuid.UUID
    number_hash: str  # hexadecimal
    masked_number: str
    kind: str  # debit, credit
    product: str
    status: str  # active, blocked, expired
    expires_on: dt.date
    party_id: uuid.UUID
    account_number: str


@dataclasses.dataclass(frozen=True, slots=True)
class Names:
    """What a request names, to be looked up before planning. `party` asks for all that this party holds."""

    accounts: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()  # number hash (64 hexadecimal digits) or card id
    party: uuid.UUID | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """What was found of it. Cards are found under both their id and their number hash."""

    accounts: Mapping[str, KnownAccount] = dataclasses.field(default_factory=dict)
    cards: Mapping[str, KnownCard] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """How the request will stand on one party's timeline. `amount` is signed: negative leaves the party."""

    party_id: uuid.UUID
    account_id: uuid.UUID | None = None
    amount: Decimal | None = None
    currency: str | None = None
    detail: Mapping[str, Any] = dataclasses.field(default_factory=dict)


LocalChange = Callable[[asyncpg.Connection], Awaitable[dict[str, Any]]]


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What to do for a request: decline it, make legs in order, change our own record, or just answer.

    `entries` are what the timeline keeps; the first is the asking party's, and the only one kept of what is not done.
    `change` runs in the transaction that closes the request, and what it returns is added to the result; beside legs it
    runs only when all of them are confirmed. A request that is taken up again is planned again: its entries are the
    same even if an account has been blocked meanwhile.
    """

    entries: tuple[Entry, ...] = ()
    declined: Reason | None = None
    legs: tuple[Leg, ...] = ()
    change: LocalChange | None = None
    result: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def _results_of(replies: Sequence[LegReply]) -> dict[str, Any]:
    """The usual conclusion: what the first leg's system said, with its reference."""
    first = replies[0]
    return {"reference": first.reference, **first.content}


@dataclasses.dataclass(frozen=True, slots=True)
class Service:
    """One entry of the catalogue. `plan` and `conclude` are pure and give the same for the same input."""

    name: str
    kind: InteractionKind
    arguments: type[msgspec.Struct]
    channels: frozenset[Channel]
    names: Callable[[ServiceRequest], Names]
    plan: Callable[[ServiceRequest, Known], Plan]
    conclude: Callable[[Sequence[LegReply]], dict[str, Any]] = _results_of


def leg(
    request: ServiceRequest,
    position: int,
    system: str,
    operation: str,
    content: dict[str, Any],
    *,
    undo: str = "reversal",
) -> Leg:
    """The leg of `request` at `position` (from 0), and what undoes it. Its id follows from the request's."""
    return Leg(uuid.UUID(int=request.id.int ^ (position + 1)), system, operation, content, undo)
