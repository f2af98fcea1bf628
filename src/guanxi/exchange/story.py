"""Everything that is known of one request, for people: what the journal has, what passed on the wire, when."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Final

from guanxi.exchange.messages import Message, of_request
from guanxi.exchange.models import JournalLeg, JournalRequest
from guanxi.exchange.states import OPEN

_SHORTEST: Final = 0.4  # hundredths of the width that a span is drawn with at least


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in the life of a request, and where it stands in the picture (hundredths of its width)."""

    kind: str  # channel, perform, enquire, undo, leg
    message: Message | None
    leg: JournalLeg | None
    at: dt.datetime
    milliseconds: int | None  # None while it is open
    outcome: str
    left: float
    width: float


@dataclasses.dataclass(frozen=True, slots=True)
class Story:
    """A request, its legs, its messages, and the picture of when what happened."""

    request: JournalRequest
    legs: Sequence[JournalLeg]
    messages: Sequence[Message]
    spans: Sequence[Span]
    milliseconds: int
    is_open: bool


def story_of(request_id: uuid.UUID, now: dt.datetime) -> Story | None:
    """The story of the request, as far as it has come by `now`; None when there is no such request."""
    request = JournalRequest.objects.filter(id=request_id).first()
    if request is None:
        return None
    legs = list(JournalLeg.objects.filter(request_id=request_id).order_by("position")[:100])
    messages = of_request(request_id, [leg.id for leg in legs], request.received_at)
    is_open = request.state != "closed" or any(leg.state in OPEN for leg in legs)
    begin, end = _bounds(request, legs, messages, now if is_open else None)
    spans = _spans(request, legs, messages, begin, end)
    return Story(request, legs, messages, spans, round((end - begin).total_seconds() * 1000), is_open)


def request_of_leg(leg_id: uuid.UUID) -> uuid.UUID | None:
    """The request that the leg was made for."""
    return JournalLeg.objects.filter(id=leg_id).values_list("request_id", flat=True).first()


def request_with_key(key: str) -> list[JournalRequest]:
    """The requests under an idempotency key, on whichever channel."""
    return list(JournalRequest.objects.filter(idempotency_key=key).order_by("channel")[:10])


def _bounds(
    request: JournalRequest, legs: Sequence[JournalLeg], messages: Sequence[Message], now: dt.datetime | None
) -> tuple[dt.datetime, dt.datetime]:
    begins = [request.received_at, *(message.at for message in messages)]
    ends = [message.at + dt.timedelta(milliseconds=message.milliseconds) for message in messages]
    ends += [at for at in (request.closed_at, *(leg.closed_at for leg in legs)) if at] + ([now] if now else [])
    begin = min(begins)
    return begin, max([*ends, begin + dt.timedelta(milliseconds=1)])


def _spans(
    request: JournalRequest,
    legs: Sequence[JournalLeg],
    messages: Sequence[Message],
    begin: dt.datetime,
    end: dt.datetime,
) -> list[Span]:
    whole = (end - begin).total_seconds()
    by_id = {leg.id: leg for leg in legs}

    def span(
        kind: str, message: Message | None, leg: JournalLeg | None, at: dt.datetime, until: dt.datetime | None, how: str
    ) -> Span:
        left = max((at - begin).total_seconds() / whole * 100, 0)
        seconds = ((until or end) - at).total_seconds()
        width = min(max(seconds / whole * 100, _SHORTEST), 100 - min(left, 100 - _SHORTEST))
        milliseconds = round(seconds * 1000) if until else None
        return Span(kind, message, leg, at, milliseconds, how, round(min(left, 100 - _SHORTEST), 2), round(width, 2))

    found = []
    for message in messages:
        until = message.at + dt.timedelta(milliseconds=message.milliseconds)
        leg = by_id.get(message.leg_id) if message.leg_id else None
        kind = message.name if message.name in {"enquire", "undo"} else "perform" if leg else "channel"
        found.append(span(kind, message, leg, message.at, until, message.outcome))
    if not any(message.direction == "in" for message in messages):
        outcome = request.outcome or request.state
        found.insert(0, span("channel", None, None, request.received_at, request.closed_at, outcome))
    told = {message.leg_id for message in messages}
    found += [span("leg", None, leg, leg.sent_at, leg.closed_at, leg.state) for leg in legs if leg.id not in told]
    return sorted(found, key=lambda each: (each.kind != "channel", each.at))
