"""Brokers that events are published to, by the scheme of `GUANXI_BROKER_URL`: NATS (JetStream), RabbitMQ or Kafka.

An event counts as published when the broker has confirmed that it keeps it.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from faststream.nats import NatsBroker
from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange

from guanxi.exchange.events import SUBJECT, CloudEvent
from guanxi.storage.errors import ConfigurationInvalid

STREAM: Final = "guanxi-events"
REPLAYED: Final = "guanxi-replayed"
_CONTENT_TYPE: Final = "application/cloudevents+json"
_SECONDS: Final = 10.0

Publish = Callable[[CloudEvent, bool], Awaitable[None]]


@contextlib.asynccontextmanager
async def open_broker(url: str) -> AsyncIterator[Publish]:
    """The function that publishes one event (and whether it is a replay), and returns when the broker keeps it."""
    scheme = urlsplit(url).scheme
    if scheme in {"nats", "tls"}:
        async with _nats(url) as publish:
            yield publish
    elif scheme in {"amqp", "amqps"}:
        async with _rabbit(url) as publish:
            yield publish
    elif scheme == "kafka":
        async with _kafka(url) as publish:
            yield publish
    else:
        raise ConfigurationInvalid(
            f"GUANXI_BROKER_URL speaks of {scheme!r}.", next_step="Use nats://, amqp:// or kafka://host:port."
        )


def headers_of(event: CloudEvent, *, replayed: bool) -> dict[str, str]:
    """What goes beside the event. NATS leaves out an id that it has seen lately; a replay is meant to come again."""
    headers = {"content-type": _CONTENT_TYPE, "ce-id": event.id, "ce-type": event.type, "ce-subject": event.subject}
    return {**headers, REPLAYED: "true"} if replayed else {**headers, "Nats-Msg-Id": event.id}


@contextlib.asynccontextmanager
async def _nats(url: str) -> AsyncIterator[Publish]:
    broker = NatsBroker(url, allow_reconnect=False, connect_timeout=5, logger=None)
    await broker.start()
    try:
        client = await broker.connect()
        await client.jetstream().add_stream(name=STREAM, subjects=[f"{SUBJECT}.>"])

        async def publish(event: CloudEvent, replayed: bool) -> None:  # noqa: FBT001 - the port's shape
            headers = headers_of(event, replayed=replayed)
            await broker.publish(event.encoded(), event.address, headers=headers, stream=STREAM, timeout=_SECONDS)

        yield publish
    finally:
        await broker.stop()


@contextlib.asynccontextmanager
async def _rabbit(url: str) -> AsyncIterator[Publish]:
    broker = RabbitBroker(url, logger=None)
    exchange = RabbitExchange(STREAM, type=ExchangeType.TOPIC, durable=True)
    await broker.start()
    try:
        await broker.declare_exchange(exchange)

        async def publish(event: CloudEvent, replayed: bool) -> None:  # noqa: FBT001 - the port's shape
            await broker.publish(
                event.encoded(),
                exchange=exchange,
                routing_key=event.address,
                headers=dict[str, Any](headers_of(event, replayed=replayed)),
                message_id=event.id,
                content_type=_CONTENT_TYPE,
                mandatory=False,
                persist=True,
                timeout=_SECONDS,
            )

        yield publish
    finally:
        await broker.stop()


@contextlib.asynccontextmanager
async def _kafka(url: str) -> AsyncIterator[Publish]:
    try:
        from faststream.kafka import KafkaBroker
    except ImportError as error:
        raise ConfigurationInvalid(
            "Kafka needs a library that is not installed.", next_step="Run: pip install 'faststream[kafka]'."
        ) from error
    broker = KafkaBroker(urlsplit(url).netloc, logger=None, acks="all", enable_idempotence=True)
    await broker.start()
    try:

        async def publish(event: CloudEvent, replayed: bool) -> None:  # noqa: FBT001 - the port's shape
            headers = headers_of(event, replayed=replayed)
            await broker.publish(event.encoded(), STREAM, key=event.subject.encode(), headers=headers)

        yield publish
    finally:
        await broker.stop()
