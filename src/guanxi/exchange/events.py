"""The events that go out: what an interaction means to the world outside, in the envelope of CloudEvents 1.0.

Each event has one subject, the party it is about, and an id that is the same however often it is sent: whoever keeps
the ids it has seen gets each event once. Nothing secret goes out: no card numbers, no texts that people have written.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from guanxi.kernel.vocabulary import Outcome

SOURCE: Final = "/guanxi"
SUBJECT: Final = "guanxi.events"  # followed by the type and the party
TYPES: Final = ("interaction.recorded", "party.changed", "card.blocked", "case.opened")
# Services that, when they have been done, are also news of another kind.
_MEANS: Final[Mapping[str, str]] = {
    "change_contact_details": "party.changed",
    "block_card": "card.blocked",
    "submit_complaint": "case.opened",
}
_encode: Final = msgspec.json.Encoder(decimal_format="string").encode


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """One thing that happened between a party and the bank. `amount` is a signed decimal; negative leaves the party."""

    interaction: str
    channel: str
    kind: str
    service: str
    outcome: str
    account: str | None
    request: str | None
    amount: str | None
    currency: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class CloudEvent:
    """The envelope (CloudEvents 1.0, JSON format), in version 1 of our own types."""

    id: str
    type: Literal["interaction.recorded", "party.changed", "card.blocked", "case.opened"]
    subject: str  # the party's id
    time: dt.datetime
    data: Recorded
    source: str = SOURCE
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    dataschema: str = "urn:guanxi:events:1"

    def encoded(self) -> bytes:
        """As JSON."""
        return _encode(self)

    @property
    def address(self) -> str:
        """Where it is published: `guanxi.events.<type>.<party>`; the dot of the type becomes a dash."""
        return f"{SUBJECT}.{self.type.replace('.', '-')}.{self.subject}"


def events_of(row: Mapping[str, Any]) -> list[CloudEvent]:
    """What the interaction in `row` is news of."""
    interaction = str(row["id"])
    data = Recorded(
        interaction=interaction,
        channel=row["channel"],
        kind=row["kind"],
        service=row["service"],
        outcome=row["outcome"],
        account=_text(row["account_id"]),
        request=_text(row["request_id"]),
        amount=_text(row["amount"]),
        currency=row["currency"],
    )
    types = ["interaction.recorded"]
    if row["outcome"] == Outcome.COMPLETED and row["service"] in _MEANS:
        types.append(_MEANS[row["service"]])
    return [
        CloudEvent(_id_of(interaction, each), each, str(row["party_id"]), row["occurred_at"], data)  # type: ignore[arg-type]
        for each in types
    ]


def _id_of(interaction: str, kind: str) -> str:
    """The interaction's own id for the event of its recording; one that follows from it (RFC 9562, version 5) else."""
    return interaction if kind == TYPES[0] else str(uuid.uuid5(uuid.UUID(interaction), kind))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
