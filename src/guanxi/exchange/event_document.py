"""The AsyncAPI document of the events, as FastStream writes it."""

from __future__ import annotations

from faststream.nats import NatsBroker
from faststream.specification import AsyncAPI

from guanxi.exchange.events import SUBJECT, TYPES, CloudEvent

VERSION = "1"
_MEANINGS = {
    "interaction.recorded": "Something happened between a party and the bank, on any channel: every interaction.",
    "party.changed": "A party has other contact details.",
    "card.blocked": "A card has been blocked at its holder's wish.",
    "case.opened": "A complaint has become a case.",
}


def asyncapi_document() -> str:
    """AsyncAPI 3.0, as YAML: one channel for each type of event."""
    broker = NatsBroker("nats://broker:4222", logger=None)
    for each in TYPES:
        broker.publisher(
            f"{SUBJECT}.{each.replace('.', '-')}.*", title=each, description=_MEANINGS[each], schema=CloudEvent
        )
    description = "Events of Guanxi: CloudEvents 1.0 in JSON, at least once, in order for each party."
    document = AsyncAPI(broker, title="Guanxi events", version=VERSION, description=description)
    return document.to_specification().to_yaml()
